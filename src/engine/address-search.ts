// One search for an address or prefix: what the store said of the client's leases and of who holds what. DHCPv4: one per packet; DHCPv6: one per IA.
import type { Draw } from '../alloc/allocator.ts';
import type { Family } from '../addr/family.ts';
import type { Subnet } from '../config/snapshot.ts';
import { FlotillaError } from '../errors.ts';
import { isClaimable } from '../store/judge.ts';
import { ownedBy } from '../store/lease-owner.ts';
import { isExpired, leaseState, type Lease } from '../store/lease.ts';
import type { ClientKey, LeaseFindings, OfferHold } from '../store/lease-store.ts';
import { findPoolSubnet, isEligible, poolOf, type LeaseType } from './eligible.ts';
import { reusableLifetime } from './lease-cache.ts';
import type { EngineServices, PacketContext } from './packet-context.ts';

/** Set aside by an offer: for this client, for another, or `later` while servers agree (LeaseFindings.hold). */
export type OfferState = 'mine' | 'other' | 'later';

export interface AddressSearch<L extends Lease> extends PacketContext {
  readonly engine: EngineServices<Family, L>;
  readonly leaseType: LeaseType;
  /** Null without a subnet. */
  readonly client: ClientKey | null;
  /** Not only this server may be asked for what it offers. */
  readonly isOfferPublic: boolean;
  /** The client's rows in the subnets it may use; `now` is the store's clock. */
  own: readonly L[];
  /** `own` is what this server remembers, not what it looked up: only a write `onlyAsSeen` can tell whether it is so. */
  isRecalled: boolean;
  /** What the store said of addresses: their row, or null where there is none. */
  readonly held: Map<L['address'], L | null>;
  offers: ReadonlyMap<L['address'], OfferState>;
  now: number;
  /** Addresses set aside for this client; what was used is told when the packet is done. */
  readonly draws: { readonly subnet: Subnet; readonly draw: Draw }[];
}

export const noOffers: ReadonlyMap<never, OfferState> = new Map<never, OfferState>();

/** In every subnet of the network: which of them admit the client is known only with its reservation. */
export async function findLeases<L extends Lease>(
  s: AddressSearch<L>,
  addresses: readonly L['address'][],
  hold: OfferHold<L> | null,
): Promise<void> {
  const { networkName, id } = s.subnet!;
  const members = networkName === null ? undefined : s.snapshot.networks.get(networkName)?.subnets;
  // A network of many subnets is searched by client alone.
  const subnetIds = !members ? [id] : members.length > 8 ? null : members.map((subnet) => subnet.id);
  const delegatedLength = unitOf(s, hold ? [hold.address, ...addresses] : addresses);
  const { client } = s;
  const found = await s.engine.leases.find({
    client,
    subnetIds,
    addresses,
    delegatedLength,
    hold: hold ?? undefined,
  });
  s.own = found.own;
  rememberHeld(s, addresses, found, hold);
}

/** Makes the holders of these addresses known, asking only for those that are not yet. Null: all are. */
export function askHolders<L extends Lease>(
  s: AddressSearch<L>,
  addresses: readonly L['address'][],
): Promise<void> | null {
  const unknown = addresses.filter((address) => !s.held.has(address));
  return unknown.length === 0 ? null : askForHolders(s, unknown);
}

async function askForHolders<L extends Lease>(
  s: AddressSearch<L>,
  unknown: readonly L['address'][],
): Promise<void> {
  const delegatedLength = unitOf(s, unknown);
  const { client } = s;
  const found = await s.engine.leases.find({ client, subnetIds: [], addresses: unknown, delegatedLength });
  rememberHeld(s, unknown, found, null);
}

/** Of prefixes, how long they are, as the pool of the first says that is in one. */
function unitOf<L extends Lease>(
  s: AddressSearch<L>,
  addresses: readonly L['address'][],
): number | undefined {
  if (s.leaseType === 0) return undefined;
  for (const address of addresses) {
    const subnet = findPoolSubnet(s, address, s.leaseType);
    const pool = subnet && poolOf(subnet.pdPools, address, s.classes);
    if (pool) return pool.delegatedLength;
  }
  return undefined;
}

function rememberHeld<L extends Lease>(
  s: AddressSearch<L>,
  addresses: readonly L['address'][],
  found: LeaseFindings<L>,
  hold: OfferHold<L> | null,
): void {
  s.now = found.now;
  for (const address of addresses) s.held.set(address, null);
  for (const lease of found.held) s.held.set(lease.address, lease);
  const { offered = [] } = found;
  if (offered.length === 0 && !hold) return;
  const offers = new Map(s.offers);
  for (const address of offered) offers.set(address, 'other');
  if (hold)
    offers.set(hold.address, found.hold === 'later' ? 'later' : found.hold === 'taken' ? 'other' : 'mine');
  s.offers = offers;
}

/**
 * What the client will most likely be offered is set aside with the lookup, which saves a round trip. Not in a pool
 * where that guess is often wrong: an address set aside in vain is withheld from others.
 */
export function likelyOffer<L extends Lease>(
  s: AddressSearch<L>,
  requested: L['address'] | null,
): OfferHold<L> | null {
  const [first] = s.draws;
  if (!first || !first.draw.isLikely) return null;
  const wished = requested === null ? undefined : findPoolSubnet(s, requested, s.leaseType);
  if (requested !== null && wished && !s.engine.allocator.isOfferedToOther(requested, s.client!))
    return holdOf(s, wished.id, requested);
  const candidate = first.draw.candidates[0];
  return candidate ? holdOf(s, first.subnet.id, candidate.address as L['address']) : null;
}

const holdOf = <L extends Lease>(
  s: AddressSearch<L>,
  subnetId: number,
  address: L['address'],
): OfferHold<L> => ({
  address,
  subnetId,
  seconds: s.engine.allocator.holdSeconds,
  ...(s.isOfferPublic && { isPublic: true }),
});

/**
 * Sets the address aside for the client, whatever server others ask. False: another client was offered it, or has it.
 * Throws STORE_BUSY while the servers of the subnet agree on how to keep offers apart.
 */
export async function setAside<L extends Lease>(
  s: AddressSearch<L>,
  subnetId: number,
  address: L['address'],
  /** By a reservation it is the client's also where fresh ones are another server's to offer. */
  isReserved: boolean,
): Promise<boolean> {
  if (!s.offers.has(address) || (isReserved && s.offers.get(address) === 'other')) {
    const hold = { ...holdOf(s, subnetId, address), ...(isReserved && { isReserved }) };
    const delegatedLength = unitOf(s, [address]);
    const query = { client: s.client, subnetIds: [], addresses: [address], delegatedLength, hold };
    rememberHeld(s, [address], await s.engine.leases.find(query), hold);
  }
  const offer = s.offers.get(address);
  if (offer === 'later')
    throw new FlotillaError('STORE_BUSY', `the servers of subnet ${subnetId} agree on their offers just now`);
  return offer === 'mine' && isFreeForClient(s, address);
}

/** The client holds a valid lease of it: nobody else can be given the address, so nothing needs to be set aside. */
export function isHolder<L extends Lease>(s: AddressSearch<L>, address: L['address']): boolean {
  const row = s.held.get(address) ?? s.own.find((lease) => lease.address === address);
  if (!row || !s.client) return false;
  return row.state === leaseState.default && !isExpired(row, s.now) && ownedBy(row, s.client);
}

/** Nobody has the address, as far as the store said. A declined one is free only after its probation. */
export function isFree<L extends Lease>(s: AddressSearch<L>, address: L['address']): boolean {
  const row = s.held.get(address);
  return !row || isClaimable(row, s.now);
}

/** Nobody else has it: free, or the client's own. */
export function isFreeForClient<L extends Lease>(s: AddressSearch<L>, address: L['address']): boolean {
  const row = s.held.get(address);
  if (!row || isClaimable(row, s.now)) return true;
  return row.state === leaseState.default && s.client !== null && ownedBy(row, s.client);
}

/** The client's rows in subnets that it may use; declined ones are nobody's. */
export function ownLeases<L extends Lease>(s: AddressSearch<L>): L[] {
  const { client, snapshot } = s;
  if (!client || !s.subnet) return [];
  return s.own.filter((lease) => {
    const home = snapshot.subnets.get(lease.subnetId);
    const isUsable = lease.state !== leaseState.declined && lease.state !== leaseState.registered;
    return home !== undefined && isEligible(s, home) && isUsable && ownedBy(lease, client);
  });
}

/** The network that offers are remembered for: its name, else the id of the subnet. */
const linkOf = ({ subnet }: PacketContext): string | number => subnet!.networkName ?? subnet!.id;

/**
 * What this server offered a moment ago and the client asks for now: the leases are as that lookup found them, or the
 * claim fails. False: they have to be looked up.
 */
export function recallOffer<L extends Lease>(s: AddressSearch<L>, requested: L['address'] | null): boolean {
  const offer = s.client ? s.engine.recentOffers.take(s.client) : null;
  if (!offer || offer.address !== requested || offer.snapshot !== s.snapshot || offer.link !== linkOf(s))
    return false;
  s.now = offer.now;
  s.held.set(offer.address, offer.row);
  return true;
}

/** After an offer that wrote nothing to a client without a lease. */
export function rememberOffer<L extends Lease>(s: AddressSearch<L>, address: L['address']): void {
  const row = s.held.get(address);
  if (row === undefined || s.own.length > 0 || !s.client) return;
  const { snapshot, now } = s;
  s.engine.recentOffers.remember(s.client, { snapshot, link: linkOf(s), address, row, now });
}

/**
 * The client's lease as this server wrote it last. False: it has to be looked up, also where it might be reused without
 * the write that proves it.
 */
export function recallLease<L extends Lease>(s: AddressSearch<L>, requested: L['address'] | null): boolean {
  const { knownLeases } = s.engine;
  // Callouts see a lease once, and the right one.
  if (!knownLeases || !s.client || requested === null || s.hooks) return false;
  const known = knownLeases.get(s.client, requested);
  const parameters = known && s.snapshot.subnets.get(known.lease.subnetId)?.parameters;
  if (!parameters || reusableLifetime(known.lease, parameters, known.now) !== null) return false;
  s.own = [known.lease];
  s.held.set(known.lease.address, known.lease);
  s.now = known.now;
  s.isRecalled = true;
  return true;
}

/** After the commit of `lease`, which is all that the client has. */
export function rememberLease<L extends Lease>(s: AddressSearch<L>, lease: L): void {
  if (s.isRecalled) s.engine.knownLeases?.wasRight();
  if (s.client && s.own.every(({ address }) => address === lease.address))
    s.engine.knownLeases?.remember(s.client, lease);
}

/** A write `onlyAsSeen` found that what was remembered is no longer so. */
export const wasMisled = <L extends Lease>(s: AddressSearch<L>): void => s.engine.knownLeases?.wasWrong();

/** In place of what was remembered: looked up after all. */
export async function findInstead<L extends Lease>(
  s: AddressSearch<L>,
  requested: L['address'],
): Promise<void> {
  s.isRecalled = false;
  s.held.clear();
  await findLeases(s, [requested], null);
}
