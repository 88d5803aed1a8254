// New addresses or prefixes for a client: drawn candidates that rode along with the lookup, then what the store knows to be free.
import type { Draw } from '../alloc/allocator.ts';
import type { PoolBase, Subnet } from '../config/snapshot.ts';
import type { Lease } from '../store/lease.ts';
import { isFree, type AddressSearch } from './address-search.ts';
import { permits } from './class-list.ts';
import { poolOf, poolsOf } from './eligible.ts';
import { askOwners, isReservedForOther } from './reservations.ts';

/** Which of a subnet's pools may serve, best first; without: those that admit the client's classes. */
export type PoolChoice = (subnet: Subnet) => readonly PoolBase[];

/** Candidates of the subnet that is tried first, to be looked up together with everything else. */
export function drawCandidates<L extends Lease>(
  s: AddressSearch<L>,
  subnets: readonly Subnet[],
  choose: PoolChoice = (subnet) => permittedPools(s, subnet),
): L['address'][] {
  for (const subnet of s.engine.preference.order(subnets, s.classes)) {
    const pools = choose(subnet);
    if (pools.length === 0 || !s.client) continue;
    const reserve = s.isOfferPublic ? undefined : () => s.engine.leases.takeReserved(subnet.id, pools);
    const draw = s.engine.allocator.draw(requestFor(s, subnet, pools), { store: s.engine.leases, reserve });
    s.draws.push({ subnet, draw });
    return draw.candidates.map(({ address }) => address);
  }
  return [];
}

export interface FreshAddress<L extends Lease> {
  readonly subnet: Subnet;
  readonly address: L['address'];
}

/**
 * Free addresses the client may have, best first. The second round trip happens only when every candidate was taken,
 * and asks for free addresses, so a nearly full pool costs no more than an empty one.
 */
export async function* freshAddresses<L extends Lease>(
  s: AddressSearch<L>,
  subnets: readonly Subnet[],
  choose: PoolChoice = (subnet) => permittedPools(s, subnet),
): AsyncGenerator<FreshAddress<L>> {
  for (const drawn of [...s.draws]) {
    if (!subnets.includes(drawn.subnet)) continue;
    yield* usable(s, drawn.subnet, drawn.draw);
    giveUp(s, drawn);
  }
  for (const subnet of s.engine.preference.order(subnets, s.classes)) {
    const pools = choose(subnet);
    if (pools.length === 0 || !s.client) continue;
    // Addresses that only a reservation's owner may have look free to the store: look on, but not for ever.
    for (let round = 0; round < freeRounds; round++) {
      const request = { ...requestFor(s, subnet, pools), count: candidatesOfList << round };
      const draw = await s.engine.allocator.drawFree(s.engine.leases, request);
      if (draw.candidates.length === 0) break;
      const drawn = { subnet, draw };
      s.draws.push(drawn);
      const addresses: L['address'][] = draw.candidates.map(({ address }) => address);
      // The store has just said that they are free; setting one aside looks once more.
      for (const address of addresses) if (!s.held.has(address)) s.held.set(address, null);
      await askOwners(s, addresses, s.leaseType);
      yield* usable(s, subnet, draw);
      giveUp(s, drawn);
    }
  }
}

/** None of it could be used: the next draw is of others. What the store had reserved is given back in the end. */
function giveUp<L extends Lease>(s: AddressSearch<L>, drawn: AddressSearch<L>['draws'][number]): void {
  if (drawn.draw.reserved !== null) return;
  s.draws.splice(s.draws.indexOf(drawn), 1);
  drawn.draw.failed();
}

/** Whether any pool at all could serve the client: decides which failure is counted. */
export function hasPermittedPool<L extends Lease>(s: AddressSearch<L>, subnets: readonly Subnet[]): boolean {
  return subnets.some((subnet) => permittedPools(s, subnet).length > 0);
}

/** What became of a search: nothing, an offer, or a lease that is written. */
export interface SearchEnd<L extends Lease> {
  readonly address: L['address'] | null;
  readonly isLeased: boolean;
}

/** Tells the allocator what became of everything it set aside. Once, when the packet is done. */
export function settleDraws<L extends Lease>(
  s: AddressSearch<L>,
  { address: used, isLeased }: SearchEnd<L>,
): void {
  const { allocator } = s.engine;
  if (s.client) withdrawUnused(s, used);
  // What is leased need not be set aside.
  if (used !== null && s.client && isLeased) allocator.declined(s.client);
  let told = false;
  for (const { draw } of s.draws) {
    const here = used !== null && draw.candidates.some(({ address }) => address === used);
    draw.keep(here ? used : null);
    told ||= here;
  }
  if (used !== null && !told && s.client && !isLeased) allocator.offered(used, s.client);
}

/** What was set aside in vain, and what the store had reserved and was not even tried: the next client may have it. */
function withdrawUnused<L extends Lease>(s: AddressSearch<L>, used: L['address'] | null): void {
  if (!hasUnused(s, used)) return;
  const reserved = s.draws.filter(({ draw }) => draw.reserved !== null);
  // What only a certain host may have nobody needs to try again.
  const isSpoiled = (address: L['address']): boolean =>
    reserved.some(
      ({ subnet, draw }) => draw.reserved === address && isReservedForOther(s, subnet, address, s.leaseType),
    );
  const withdraw = (address: L['address']): void => {
    if (address !== used && !isSpoiled(address)) s.engine.leases.withdraw(address, s.client!);
  };
  for (const [address, offer] of s.offers) if (offer === 'mine') withdraw(address);
  for (const { draw } of reserved) {
    const address: L['address'] = draw.reserved!;
    if (!s.offers.has(address) && !s.held.get(address)) withdraw(address);
  }
}

/** Mostly there is nothing but what is used. */
function hasUnused<L extends Lease>(s: AddressSearch<L>, used: L['address'] | null): boolean {
  for (const { draw } of s.draws) if (draw.reserved !== null && draw.reserved !== used) return true;
  for (const [address, offer] of s.offers) if (offer === 'mine' && address !== used) return true;
  return false;
}

const candidatesPerDraw = 8;
/** In the first round, then twice as many as before: some may be gone since, all may be reserved. */
const candidatesOfList = 4;
const freeRounds = 8;

function requestFor<L extends Lease>(s: AddressSearch<L>, subnet: Subnet, pools: readonly PoolBase[]) {
  return {
    subnet,
    pools,
    client: s.client!,
    count: candidatesPerDraw,
    isAlone: s.engine.leases.isAlone(subnet.id),
    excludeFirstLast24: s.snapshot.globals.compatibility.excludeFirstLast24,
  };
}

export const permittedPools = <L extends Lease>(
  s: Pick<AddressSearch<L>, 'leaseType' | 'classes'>,
  subnet: Subnet,
): readonly PoolBase[] => {
  const pools = poolsOf(subnet, s.leaseType);
  const isPermitted = (pool: PoolBase): boolean => permits(pool.clientClasses, s.classes);
  // The list itself where it can be: what is known of it is found again.
  return pools.every(isPermitted) ? pools : pools.filter(isPermitted);
};

/** The first candidate that is still to be had. */
export function bestOf<L extends Lease>(
  s: AddressSearch<L>,
  subnet: Subnet,
  draw: Draw,
): FreshAddress<L> | null {
  for (const found of usable(s, subnet, draw)) return found;
  return null;
}

function* usable<L extends Lease>(
  s: AddressSearch<L>,
  subnet: Subnet,
  draw: Draw,
): Generator<FreshAddress<L>> {
  for (const candidate of draw.candidates) {
    const address: L['address'] = candidate.address;
    // The classes may have changed since the draw: KNOWN and reserved classes come with the lookup.
    if (!poolOf(poolsOf(subnet, s.leaseType), address, s.classes)) continue;
    if (s.offers.get(address) === 'other') continue;
    if (isFree(s, address) && !isReservedForOther(s, subnet, address, s.leaseType)) yield { subnet, address };
  }
}
