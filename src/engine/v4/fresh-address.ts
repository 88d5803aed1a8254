// New addresses for a client: drawn candidates that rode along with the lookup, then what the store knows to be free.
import type { Draw } from '../../alloc/allocator.ts';
import type { Pool, Subnet } from '../../config/snapshot.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { permits } from '../class-list.ts';
import { poolOf } from './eligible.ts';
import { clientOf, isFree } from './lookup.ts';
import { askOwners, isReservedForOther } from './reservations.ts';
import { mayAskAnyServer } from './server-identifiers.ts';
import type { Transaction4 } from './transaction.ts';

/** Candidates of the subnet that is tried first, to be looked up together with everything else. */
export function drawCandidates(t: Transaction4, subnets: readonly Subnet[]): number[] {
  for (const subnet of t.engine.preference.order(subnets, t.classes)) {
    const pools = permittedPools(t, subnet);
    if (pools.length === 0 || !t.client) continue;
    const reserve = mayAskAnyServer(t) ? undefined : () => t.engine.leases.takeReserved(subnet.id, pools);
    const draw = t.engine.allocator.draw(requestFor(t, subnet, pools), reserve);
    t.draws.push({ subnet, draw });
    return draw.candidates.map(({ address }) => Number(address));
  }
  return [];
}

export interface FreshAddress {
  readonly subnet: Subnet;
  readonly address: number;
}

/**
 * Free addresses the client may have, best first. The second round trip happens only when every candidate was taken,
 * and asks for free addresses, so a nearly full pool costs no more than an empty one.
 */
export async function* freshAddresses(
  t: Transaction4,
  subnets: readonly Subnet[],
): AsyncGenerator<FreshAddress> {
  for (const { subnet, draw } of [...t.draws]) {
    if (subnets.includes(subnet)) yield* usable(t, subnet, draw);
  }
  for (const subnet of t.engine.preference.order(subnets, t.classes)) {
    const pools = permittedPools(t, subnet);
    if (pools.length === 0 || !t.client) continue;
    // Addresses that only a reservation's owner may have look free to the store: look on, but not for ever.
    for (let round = 0; round < freeRounds; round++) {
      const draw = await t.engine.allocator.drawFree(t.engine.leases, requestFor(t, subnet, pools));
      t.draws.push({ subnet, draw });
      if (draw.candidates.length === 0) break;
      const addresses = draw.candidates.map(({ address }) => Number(address));
      // The store has just said that they are free; setting one aside looks once more.
      for (const address of addresses) if (!t.held.has(address)) t.held.set(address, null);
      await askOwners(t, addresses);
      yield* usable(t, subnet, draw);
    }
  }
}

/** Whether any pool at all could serve the client: decides which failure is counted. */
export function hasPermittedPool(t: Transaction4, subnets: readonly Subnet[]): boolean {
  return subnets.some((subnet) => permittedPools(t, subnet).length > 0);
}

/** Tells the allocator what became of everything it set aside. Once, when the packet is done. */
export function settleDraws(t: Transaction4): void {
  const used = t.grant?.lease.address ?? null;
  if (t.client) withdrawUnused(t, used);
  // What is leased need not be set aside.
  if (used !== null && t.client && t.answer === messageType4.ACK) t.engine.allocator.declined(t.client);
  let told = false;
  for (const { draw } of t.draws) {
    const here = used !== null && draw.candidates.some(({ address }) => address === used);
    draw.keep(here ? used : null);
    told ||= here;
  }
  if (used !== null && !told && t.client && t.answer === messageType4.OFFER)
    t.engine.allocator.offered(used, t.client);
}

/** What was set aside in vain, and what the store had reserved and was not even tried: the next client may have it. */
function withdrawUnused(t: Transaction4, used: number | null): void {
  const reserved = t.draws.filter(({ draw }) => draw.reserved !== null);
  // What only a certain host may have nobody needs to try again.
  const isSpoiled = (address: number): boolean =>
    reserved.some(({ subnet, draw }) => draw.reserved === address && isReservedForOther(t, subnet, address));
  const withdraw = (address: number): void => {
    if (address !== used && !isSpoiled(address)) t.engine.leases.withdraw(address, t.client!);
  };
  for (const [address, offer] of t.offers) if (offer === 'mine') withdraw(address);
  for (const { draw } of reserved) {
    const address = Number(draw.reserved);
    if (!t.offers.has(address) && !t.held.get(address)) withdraw(address);
  }
}

/** The client does not want what this server offered it last, or no longer: others may have it at once. */
export function endOffer(t: Transaction4): void {
  const client = clientOf(t);
  const address = t.engine.allocator.declined(client);
  if (address !== null) t.engine.leases.withdraw(Number(address), client);
}

const candidatesPerDraw = 8;
const freeRounds = 8;

function requestFor(t: Transaction4, subnet: Subnet, pools: readonly Pool[]) {
  return {
    subnet,
    pools,
    client: t.client!,
    count: candidatesPerDraw,
    excludeFirstLast24: t.snapshot.globals.compatibility.excludeFirstLast24,
  };
}

const permittedPools = (t: Transaction4, subnet: Subnet): readonly Pool[] =>
  subnet.pools.filter((pool) => permits(pool.clientClasses, t.classes));

/** The first candidate that is still to be had. */
export function bestOf(t: Transaction4, subnet: Subnet, draw: Draw): FreshAddress | null {
  for (const found of usable(t, subnet, draw)) return found;
  return null;
}

function* usable(t: Transaction4, subnet: Subnet, draw: Draw): Generator<FreshAddress> {
  for (const candidate of draw.candidates) {
    const address = Number(candidate.address);
    // The classes may have changed since the draw: KNOWN and reserved classes come with the lookup.
    if (!poolOf(subnet, address, t.classes)) continue;
    if (t.offers.get(address) === 'other') continue;
    if (isFree(t, address) && !isReservedForOther(t, subnet, address)) yield { subnet, address };
  }
}
