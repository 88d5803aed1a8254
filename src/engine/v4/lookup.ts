// What the stores know: the client's leases and the wanted addresses in one query, reservations beside it.
import { sameBytes } from '../../addr/hex.ts';
import { FlotillaError } from '../../errors.ts';
import { isExpired, leaseState, type Lease4 } from '../../store/lease.ts';
import { isClaimable } from '../../store/judge.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import type { LeaseFindings, OfferHold } from '../../store/lease-store.ts';
import type { StepResult } from '../pipeline.ts';
import { eligibleSubnets, findPoolSubnet, isEligible } from './eligible.ts';
import { option4, uint32Of } from './option-codes.ts';
import { drawCandidates } from './fresh-address.ts';
import { wantsNoAddress } from './refusal.ts';
import { findReservations, ownReservation } from './reservations.ts';
import { mayAskAnyServer } from './server-identifiers.ts';
import type { ClientKey4, Transaction4 } from './transaction.ts';

/** One round trip to each store, both at once. Later steps ask again only for addresses that nobody could foresee. */
export async function lookUp(t: Transaction4): Promise<StepResult> {
  const subnets = eligibleSubnets(t);
  if (!t.subnet || subnets.length === 0) return 'continue';
  const needsLease = t.type === messageType4.DISCOVER || t.type === messageType4.REQUEST;
  if (!needsLease) {
    await findReservations(t, subnets, []);
    return 'continue';
  }
  const requested = requestedAddress(t);
  if (recallOffer(t, requested)) {
    await findReservations(t, subnets, [requested]);
    return 'continue';
  }
  // Candidates ride along: where the lookup shows a free one, allocation needs no further round trip.
  const choosesAddress = t.type === messageType4.DISCOVER || requested === 0;
  const candidates = choosesAddress ? drawCandidates(t, subnets) : [];
  const addresses = requested === 0 ? candidates : [requested, ...candidates];
  const offers = t.type === messageType4.DISCOVER && !wantsNoAddress(t);
  const hold = offers ? likelyOffer(t, requested) : null;
  const reservations = findReservations(t, subnets, addresses);
  if (reservations) await Promise.all([findLeases(t, addresses, hold), reservations]);
  else await findLeases(t, addresses, hold);
  return 'continue';
}

/** SELECTING (RFC 2131 §4.3.2) what was offered a moment ago: the leases are as its DISCOVER found them, or the claim fails. */
function recallOffer(t: Transaction4, requested: number): boolean {
  const isSelecting = t.type === messageType4.REQUEST && t.query.options.has(option4.serverIdentifier);
  const offer = isSelecting && t.client ? t.engine.recentOffers.take(t.client) : null;
  if (!offer || offer.address !== requested || offer.snapshot !== t.snapshot || offer.link !== linkOf(t))
    return false;
  t.now = offer.now;
  t.held.set(requested, offer.row);
  return true;
}

/** After an OFFER that wrote nothing to a client without a lease. */
export function rememberOffer(t: Transaction4): void {
  const address = t.grant!.lease.address;
  const row = t.held.get(address);
  if (row === undefined || t.own.length > 0 || t.offerLifetime > 0 || !t.client) return;
  const { snapshot, now } = t;
  t.engine.recentOffers.remember(t.client, { snapshot, link: linkOf(t), address, row, now });
}

const linkOf = ({ subnet }: Transaction4): string | number => subnet!.networkName ?? subnet!.id;

/** RFC 2131 §4.3.2: option 50, else ciaddr; 0 = none. */
export function requestedAddress(t: Transaction4): number {
  return uint32Of(t.query.options.get(option4.requestedAddress)) || t.query.ciaddr;
}

/**
 * What the client will most likely be offered is set aside with the lookup, which saves a round trip. Not in a pool
 * where that guess is often wrong: an address set aside in vain is withheld from others.
 */
function likelyOffer(t: Transaction4, requested: number): OfferHold<Lease4> | null {
  const [first] = t.draws;
  if (!first || !first.draw.isLikely) return null;
  const wished = requested === 0 ? undefined : findPoolSubnet(t, requested);
  if (wished && !t.engine.allocator.isOfferedToOther(requested, t.client!))
    return holdOf(t, wished.id, requested);
  const candidate = first.draw.candidates[0];
  return candidate ? holdOf(t, first.subnet.id, Number(candidate.address)) : null;
}

const holdOf = (t: Transaction4, subnetId: number, address: number): OfferHold<Lease4> => ({
  address,
  subnetId,
  seconds: t.engine.allocator.holdSeconds,
  ...(mayAskAnyServer(t) && { isPublic: true }),
});

/**
 * Sets the address aside for the client, whatever server others ask. False: another client was offered it, or has it.
 * Throws STORE_BUSY while the servers of the subnet agree on how to keep offers apart.
 */
export async function setAside(t: Transaction4, subnetId: number, address: number): Promise<boolean> {
  const isReserved = ownReservation(t, eligibleSubnets(t))?.address === address;
  // Reserved addresses are the client's also where fresh ones are another server's to offer.
  if (!t.offers.has(address) || (isReserved && t.offers.get(address) === 'other')) {
    const hold = { ...holdOf(t, subnetId, address), ...(isReserved && { isReserved }) };
    const found = await t.engine.leases.find({
      client: t.client,
      subnetIds: [],
      addresses: [address],
      hold,
    });
    rememberHeld(t, [address], found, hold);
  }
  const offer = t.offers.get(address);
  if (offer === 'later')
    throw new FlotillaError('STORE_BUSY', `the servers of subnet ${subnetId} agree on their offers just now`);
  return offer === 'mine' && isFreeForClient(t, address);
}

/** The client holds a valid lease of it: nobody else can be given the address, so nothing needs to be set aside. */
export function isHolder(t: Transaction4, address: number): boolean {
  const row = t.held.get(address) ?? t.own.find((lease) => lease.address === address);
  if (!row || !t.client) return false;
  return row.state === leaseState.default && !isExpired(row, t.now) && ownedBy(row, t.client);
}

/** In every subnet of the network: which of them admit the client is known only with its reservation. */
async function findLeases(
  t: Transaction4,
  addresses: readonly number[],
  hold: OfferHold<Lease4> | null,
): Promise<void> {
  const { networkName, id } = t.subnet!;
  const members = networkName === null ? undefined : t.snapshot.networks.get(networkName)?.subnets;
  // A network of many subnets is searched by client alone.
  const subnetIds = !members ? [id] : members.length > 8 ? null : members.map((subnet) => subnet.id);
  const found = await t.engine.leases.find({ client: t.client, subnetIds, addresses, ...(hold && { hold }) });
  t.own = found.own;
  rememberHeld(t, addresses, found, hold);
}

/** Makes the holders of these addresses known, asking only for those that are not yet. */
export async function askHolders(t: Transaction4, addresses: readonly number[]): Promise<void> {
  const unknown = addresses.filter((address) => !t.held.has(address));
  if (unknown.length === 0) return;
  const found = await t.engine.leases.find({ client: t.client, subnetIds: [], addresses: unknown });
  rememberHeld(t, unknown, found, null);
}

function rememberHeld(
  t: Transaction4,
  addresses: readonly number[],
  found: LeaseFindings<Lease4>,
  hold: OfferHold<Lease4> | null,
): void {
  t.now = found.now;
  for (const address of addresses) t.held.set(address, null);
  for (const lease of found.held) t.held.set(lease.address, lease);
  const { offered = [] } = found;
  if (offered.length === 0 && !hold) return;
  const offers = new Map(t.offers);
  for (const address of offered) offers.set(address, 'other');
  if (hold)
    offers.set(hold.address, found.hold === 'later' ? 'later' : found.hold === 'taken' ? 'other' : 'mine');
  t.offers = offers;
}

/** Nobody has the address, as far as the store said. A declined one is free only after its probation. */
export function isFree(t: Transaction4, address: number): boolean {
  const row = t.held.get(address);
  return !row || isClaimable(row, t.now);
}

/** Nobody else has it: free, or the client's own. */
export function isFreeForClient(t: Transaction4, address: number): boolean {
  const row = t.held.get(address);
  if (!row || isClaimable(row, t.now)) return true;
  return row.state === leaseState.default && t.client !== null && ownedBy(row, t.client);
}

/** The client's lease: found by client identifier first, then by hardware address; the selected subnet first. */
export function ownLease(t: Transaction4): Lease4 | null {
  const { client, subnet } = t;
  if (!client || !subnet) return null;
  const mine = t.own.filter((lease) => {
    const home = t.snapshot.subnets.get(lease.subnetId);
    return (
      home !== undefined &&
      isEligible(t, home) &&
      lease.state !== leaseState.declined &&
      ownedBy(lease, client)
    );
  });
  if (mine.length === 0) return null;
  const byClientId = mine.filter((lease) => client.clientId && sameBytes(lease.clientId, client.clientId));
  const list = byClientId.length > 0 ? byClientId : mine;
  return (
    list.find((lease) => lease.subnetId === subnet.id && lease.state === leaseState.default) ??
    list.find((lease) => lease.state === leaseState.default) ??
    list.find((lease) => lease.subnetId === subnet.id) ??
    list[0]!
  );
}

/** Who the client is to the lease store; without a subnet every identifier counts. */
export function clientOf(t: Transaction4): ClientKey4 {
  return t.client ?? { family: 4, clientId: t.clientId, hwaddr: t.query.chaddr };
}
