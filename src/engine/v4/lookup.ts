// What the stores know: the client's leases and the wanted addresses in one query, reservations beside it.
import { sameBytes } from '../../addr/hex.ts';
import { leaseState, type Lease4 } from '../../store/lease.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { findLeases, likelyOffer, ownLeases, recallLease, recallOffer } from '../address-search.ts';
import { eligibleSubnets } from '../eligible.ts';
import { drawCandidates } from '../fresh-address.ts';
import { goOn, type StepResult } from '../pipeline.ts';
import { findReservations } from '../reservations.ts';
import { collectIdentifiers } from './identifiers.ts';
import { option4, uint32Of } from './option-codes.ts';
import { wantsNoAddress } from './refusal.ts';
import type { ClientKey4, Transaction4 } from './transaction.ts';

/** One round trip to each store, both at once. Later steps ask again only for addresses that nobody could foresee. */
export function lookUp(t: Transaction4): StepResult | Promise<StepResult> {
  const subnets = eligibleSubnets(t);
  if (!t.subnet || subnets.length === 0) return 'continue';
  const needsLease = t.type === messageType4.DISCOVER || t.type === messageType4.REQUEST;
  const requested = requestedAddress(t);
  if (!needsLease || (t.type === messageType4.REQUEST && recall(t, requested))) {
    const asked = needsLease ? [requested] : [];
    return findReservations(t, subnets, asked, collectIdentifiers)?.then(goOn) ?? 'continue';
  }
  // Candidates ride along: where the lookup shows a free one, allocation needs no further round trip.
  const choosesAddress = t.type === messageType4.DISCOVER || requested === 0;
  const candidates = choosesAddress ? drawCandidates(t, subnets) : [];
  const addresses = requested === 0 ? candidates : [requested, ...candidates];
  const offers = t.type === messageType4.DISCOVER && !wantsNoAddress(t);
  const hold = offers ? likelyOffer(t, requested || null) : null;
  const reservations = findReservations(t, subnets, addresses, collectIdentifiers);
  const leases = findLeases(t, addresses, hold);
  return (reservations ? Promise.all([leases, reservations]) : leases).then(goOn);
}

/** What a REQUEST is about, where this server knows it: its own offer, or the client's lease. */
const recall = (t: Transaction4, requested: number): boolean =>
  (isSelecting(t) && recallOffer(t, requested)) || recallLease(t, requested);

/** RFC 2131 §4.3.2, SELECTING: the REQUEST that follows an OFFER. */
const isSelecting = (t: Transaction4): boolean => t.query.options.has(option4.serverIdentifier);

/** RFC 2131 §4.3.2: option 50, else ciaddr; 0 = none. */
export function requestedAddress(t: Transaction4): number {
  return uint32Of(t.query.options.get(option4.requestedAddress)) || t.query.ciaddr;
}

/** The client's lease: found by client identifier first, then by hardware address; the selected subnet first. */
export function ownLease(t: Transaction4): Lease4 | null {
  const { client, subnet } = t;
  const mine = ownLeases(t);
  if (!client || !subnet || mine.length === 0) return null;
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
