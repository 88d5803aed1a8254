// From a chosen address to a lease: lifetime, name, the row, and (unless this is a mere offer) the committed write.
import { sameBytes } from '../../addr/hex.ts';
import type { Subnet } from '../../config/snapshot.ts';
import { infiniteLifetime, isExpired, leaseState, type Lease4 } from '../../store/lease.ts';
import { rememberLease, setAside } from '../address-search.ts';
import { eligibleSubnets, poolOf } from '../eligible.ts';
import { reusableLifetime } from '../lease-cache.ts';
import { reclaimForReuse } from '../lease-reuse.ts';
import { chooseLifetime, remaining, shortestLifetime } from '../lifetime.ts';
import { memberClasses } from '../reply-scopes.ts';
import { chooseName } from './client-name.ts';
import { extendedInfo } from './extended-info.ts';
import { isReviewed, reviewLease, type Review } from './hook-leases.ts';
import { ownReservation } from './identifiers.ts';
import { option4, uint32Of } from './option-codes.ts';
import { reclaimCallouts4 } from './reclaim-callouts.ts';
import type { Transaction4 } from './transaction.ts';

export interface ChosenAddress {
  readonly subnet: Subnet;
  readonly address: number;
}

/** See {@link setAside}. */
export function setAsideChosen(t: Transaction4, { subnet, address }: ChosenAddress): Promise<boolean> {
  const isReserved = ownReservation(t, eligibleSubnets(t))?.address === address;
  return setAside(t, subnet.id, address, isReserved);
}

/** The lease as a DISCOVER announces it: nothing is written. False: a callout refused it. */
export function offerLease(
  t: Transaction4,
  chosen: ChosenAddress,
  previous: Lease4 | null,
): boolean | Promise<boolean> {
  const lease = buildLease(t, chosen, previous);
  if (isReviewed(t)) {
    const attempt = { isOffer: true, offerLifetime: 0 };
    return reviewLease(t, lease, chosen, previous, attempt).then((review) => take(t, review));
  }
  t.grant = { lease, lifetime: lease.validLifetime };
  return true;
}

/** What the callouts left of it. */
function take(t: Transaction4, review: Review): boolean {
  if (!review) {
    t.isRefused = true;
    return false;
  }
  const { lease, leave } = review;
  t.grant = { lease, lifetime: leave ? remaining(lease, t.now) : lease.validLifetime };
  t.reused = leave;
  return true;
}

/** `offer-lifetime`: the offered lease is written for that long; the client hears of the normal lifetime. False: taken. */
export async function writeOffer(
  t: Transaction4,
  chosen: ChosenAddress,
  previous: Lease4 | null,
  offerLifetime: number,
): Promise<boolean> {
  let lease = buildLease(t, chosen, previous);
  t.offerLifetime = offerLifetime;
  if (isReviewed(t)) {
    const review = await reviewLease(t, lease, chosen, previous, { isOffer: true, offerLifetime });
    if (!review || review.leave) return take(t, review);
    lease = review.lease;
  }
  const active =
    previous?.address === lease.address &&
    previous.state === leaseState.default &&
    !isExpired(previous, t.now);
  // An offer never shortens what the client holds.
  const granted =
    active ||
    (await claimLease(t, { ...lease, validLifetime: offerLifetime, fqdnFwd: false, fqdnRev: false }, null));
  if (granted) t.grant = { lease, lifetime: lease.validLifetime };
  return granted;
}

/**
 * The lease as an ACK announces it: written and committed, or reused as it stands (`cache-threshold`).
 * False: somebody else got the address meanwhile. The client's lease elsewhere goes in the same transaction.
 */
export async function commitLease(
  t: Transaction4,
  chosen: ChosenAddress,
  previous: Lease4 | null,
): Promise<boolean> {
  let lease = buildLease(t, chosen, previous);
  if (isReviewed(t)) {
    const attempt = { isOffer: false, offerLifetime: 0 };
    const review = await reviewLease(t, lease, chosen, previous, attempt);
    if (!review || review.leave) return take(t, review);
    lease = review.lease;
  }
  if (previous && previous.state === leaseState.default && isUnchanged(previous, lease)) {
    const lifetime = reusableLifetime(previous, chosen.subnet.parameters, t.now);
    if (lifetime !== null) {
      t.grant = { lease: previous, lifetime };
      t.reused = true;
      t.engine.usage.reused(chosen.subnet.id);
      return true;
    }
  }
  if (!(await claimLease(t, lease, previous))) return false;
  t.grant = { lease, lifetime: lease.validLifetime };
  t.engine.preference.succeeded(chosen.subnet, t.classes);
  return true;
}

/** Writes the lease where nobody else got the address meanwhile; the client's lease elsewhere goes with it. */
export async function claimLease(t: Transaction4, lease: Lease4, previous: Lease4 | null): Promise<boolean> {
  const own = previous?.address === lease.address ? previous : null;
  const seen = t.held.get(lease.address) ?? own;
  if (t.hooks && !(await reclaimForReuse(t.hooks, reclaimCallouts4, seen, { now: t.now, log: t.engine.log })))
    return false;
  const moved = previous !== null && previous.address !== lease.address;
  const outcome = await t.engine.leases.write({
    verb: 'claim',
    client: t.client!,
    lease,
    // What was never looked up may be anything.
    ...((own || t.held.has(lease.address)) && { seen }),
    ...(moved && { alsoRemove: previous.address }),
    ...(t.isRecalled && { onlyAsSeen: true }),
  });
  if (outcome.result !== 'done') return false;
  t.engine.usage.claimed(outcome, t.now);
  t.written = outcome;
  if (outcome.after) rememberLease(t, outcome.after);
  return true;
}

/** Settles the subnet (options and names follow the final one) and makes the row. */
function buildLease(t: Transaction4, { subnet, address }: ChosenAddress, previous: Lease4 | null): Lease4 {
  t.subnet = subnet;
  const pool = poolOf(subnet.pools, address, t.classes);
  t.name = chooseName(t, address, (pool ?? subnet).parameters);
  const existing = previous?.address === address ? previous : null;
  return {
    family: 4,
    address,
    hwaddr: t.client!.hwaddr,
    clientId: t.client!.clientId,
    validLifetime: lifetimeFor(t, subnet, pool?.poolId ?? 0, existing),
    cltt: t.now,
    subnetId: subnet.id,
    poolId: pool?.poolId ?? 0,
    fqdnFwd: t.name.forward,
    fqdnRev: t.name.reverse,
    hostname: t.name.hostname,
    state: leaseState.default,
    ...extendedInfo(t, previous),
  };
}

function lifetimeFor(t: Transaction4, subnet: Subnet, poolId: number, existing: Lease4 | null): number {
  // RFC 2131 §1.5: BOOTP clients know no lifetimes.
  if (t.classes.has('BOOTP')) return infiniteLifetime;
  const classes = memberClasses(t);
  const { validLifetime, adaptiveLeaseTimeThreshold, allocator } = subnet.parameters;
  const wished = t.query.options.get(option4.leaseTime);
  const wish = wished?.length === 4 ? uint32Of(wished) : undefined;
  const lifetime = chooseLifetime(validLifetime, classes, wish);
  if (allocator !== 'flq' || adaptiveLeaseTimeThreshold === undefined) return lifetime;
  if (t.engine.usage.occupancy(subnet.id, poolId) < adaptiveLeaseTimeThreshold) return lifetime;
  // What the client was promised before is kept.
  const promised =
    existing && existing.state === leaseState.default ? existing.cltt + existing.validLifetime - t.now : 0;
  return Math.max(shortestLifetime(validLifetime, classes), promised);
}

/** Everything the database would hold is the same, save the time. */
function isUnchanged(before: Lease4, after: Lease4): boolean {
  return (
    before.address === after.address &&
    before.subnetId === after.subnetId &&
    before.validLifetime === after.validLifetime &&
    before.fqdnFwd === after.fqdnFwd &&
    before.fqdnRev === after.fqdnRev &&
    before.hostname === after.hostname &&
    sameBytes(before.hwaddr, after.hwaddr) &&
    sameBytes(before.clientId, after.clientId) &&
    sameBytes(before.relayId, after.relayId) &&
    sameBytes(before.remoteId, after.remoteId) &&
    JSON.stringify(before.userContext) === JSON.stringify(after.userContext)
  );
}
