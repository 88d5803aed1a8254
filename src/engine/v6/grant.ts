// From a chosen address or prefix to a lease: lifetimes, name, the row, and (unless this is a mere offer) the committed write.
import { sameBytes } from '../../addr/hex.ts';
import type { Lifetime, Subnet } from '../../config/snapshot.ts';
import { infiniteLifetime, isExpired, leaseState, type Lease6 } from '../../store/lease.ts';
import { rememberLease } from '../address-search.ts';
import { poolOf, poolsOf } from '../eligible.ts';
import { reusableLifetime } from '../lease-cache.ts';
import { reclaimForReuse } from '../lease-reuse.ts';
import { chooseLifetime, remaining } from '../lifetime.ts';
import { memberClasses } from '../reply-scopes.ts';
import { isOffer } from './assign.ts';
import { chooseName } from './client-name.ts';
import { clientFields, leaseText } from './describe.ts';
import { extendedInfo } from './extended-info.ts';
import type { ChosenLease } from './hints.ts';
import { isReviewed, reviewLease } from './hook-leases.ts';
import { hardwareAddressOf } from './hardware-address.ts';
import type { IaGrant, IaSearch } from './ia-search.ts';
import { reclaimCallouts6 } from './reclaim-callouts.ts';

/**
 * The lease as the answer announces it: offered, or written and committed, or reused as it stands (`cache-threshold`).
 * False: somebody else got it meanwhile, or a callout refused it (`isRefused`). `previous`: the client's own row there.
 */
export function grantLease(
  s: IaSearch,
  chosen: ChosenLease,
  previous: Lease6 | null,
): boolean | Promise<boolean> {
  const lease = buildLease(s, chosen, previous);
  if (!isReviewed(s)) return settle(s, chosen, previous, lease);
  return reviewLease(s, lease, chosen.subnet, previous).then((review) => {
    if (!review) {
      s.isRefused = true;
      return false;
    }
    if (!review.leave) return settle(s, chosen, previous, review.lease);
    announce(s, previous!, remaining(previous!, s.now));
    return true;
  });
}

/** Announces the lease; before that it is written, unless it is only offered or was written before. */
function settle(
  s: IaSearch,
  { subnet }: ChosenLease,
  previous: Lease6 | null,
  lease: Lease6,
): boolean | Promise<boolean> {
  if (isOffer(s.t)) {
    s.grants.push(announced(lease));
    return true;
  }
  const reused = previous && reusable(s, previous, lease);
  if (previous && reused !== null) {
    announce(s, previous, reused);
    s.engine.usage.reused(subnet.id, s.leaseType);
    return true;
  }
  return claim(s, lease, previous).then((isClaimed) => {
    if (!isClaimed) return false;
    s.grants.push(announced(lease));
    s.engine.preference.succeeded(subnet, s.classes);
    return true;
  });
}

const announced = (lease: Lease6): IaGrant => ({
  lease,
  preferred: lease.preferredLifetime,
  valid: lease.validLifetime,
  isReused: false,
});

/** The stored lease, of which so many seconds are left. */
function announce(s: IaSearch, lease: Lease6, valid: number): void {
  const age = Math.max(0, s.now - lease.cltt);
  const preferred =
    lease.preferredLifetime === infiniteLifetime
      ? infiniteLifetime
      : Math.min(valid, Math.max(0, lease.preferredLifetime - age));
  s.grants.push({ lease, preferred, valid, isReused: true });
}

/** Seconds left of a lease in which nothing changed; null: it has to be written. */
function reusable(s: IaSearch, previous: Lease6, lease: Lease6): number | null {
  if (previous.state !== leaseState.default || !isUnchanged(previous, lease)) return null;
  return reusableLifetime(previous, s.snapshot.subnets.get(lease.subnetId)!.parameters, s.now);
}

async function claim(s: IaSearch, lease: Lease6, previous: Lease6 | null): Promise<boolean> {
  const { address } = lease;
  const seen = s.held.get(address) ?? previous;
  if (s.hooks && !(await reclaimForReuse(s.hooks, reclaimCallouts6, seen, { now: s.now, log: s.engine.log })))
    return false;
  const outcome = await s.engine.leases.write({
    verb: 'claim',
    client: s.client!,
    lease,
    // What was never looked up may be anything.
    ...((previous || s.held.has(address)) && { seen }),
    ...(s.isRecalled && { onlyAsSeen: true }),
  });
  if (outcome.result !== 'done') return false;
  s.engine.usage.claimed(outcome, s.now);
  s.t.committed.push(outcome.after ?? lease);
  if (outcome.after) rememberLease(s, outcome.after);
  return true;
}

/** The client has to leave what it holds: another's, out of every pool, or besides its reservation. */
export async function giveUp(s: IaSearch, lease: Lease6): Promise<void> {
  if (isOffer(s.t)) return;
  s.withdrawn.push({ address: lease.address, length: lease.prefixLength });
  const outcome = await s.engine.leases.write({ verb: 'remove', client: s.client, address: lease.address });
  if (outcome.result !== 'done' || !outcome.before) return;
  s.engine.usage.removed(outcome.before);
  s.t.deleted.push(outcome.before);
  s.engine.log.debug('ALLOC_ENGINE_V6_REVOKED_ADDR_LEASE', leaseText(lease), clientFields(s.t));
}

/** Settles the subnet (options and names follow the final one) and makes the row. */
function buildLease(s: IaSearch, { subnet, address, length }: ChosenLease, previous: Lease6 | null): Lease6 {
  const { t } = s;
  t.subnet = subnet;
  const pool = poolOf(poolsOf(subnet, s.leaseType), address, t.classes);
  // Names belong to addresses: a delegated prefix has none.
  if (s.leaseType === 0) {
    const ofPool = subnet.pools.find((each) => each === pool);
    t.name ??= chooseName(t, address, (ofPool ?? subnet).parameters);
  }
  const name = s.leaseType === 0 ? t.name : null;
  const hardware = hardwareAddressOf(t);
  const { preferred, valid } = lifetimesFor(s, subnet);
  return {
    family: 6,
    address,
    prefixLength: length,
    type: s.leaseType,
    duid: s.client!.duid,
    iaid: s.ia.iaid,
    preferredLifetime: preferred,
    validLifetime: valid,
    cltt: s.now,
    subnetId: subnet.id,
    poolId: pool?.poolId ?? 0,
    fqdnFwd: name?.forward ?? false,
    fqdnRev: name?.reverse ?? false,
    hostname: name?.hostname ?? '',
    state: leaseState.default,
    hwaddr: hardware?.address ?? null,
    hwaddrType: hardware?.htype ?? null,
    hwaddrSource: hardware?.source ?? null,
    userContext: extendedInfo(t, subnet, previous),
  };
}

/** What is preferred unless it is configured, as part of the valid lifetime. */
const preferredPart = 0.625;

/** RFC 8415 §7.7, §21.6: the client's first wish within the configured bounds; preferred never above valid. */
function lifetimesFor(s: IaSearch, subnet: Subnet): { readonly preferred: number; readonly valid: number } {
  const { validLifetime, preferredLifetime } = subnet.parameters;
  const classes = memberClasses(s);
  const [hint] = s.hints;
  if (classes.length === 0 && !hint && !preferredLifetime) {
    const valid = validLifetime.value;
    return { preferred: preferredPartOf(valid), valid };
  }
  const valid = chooseLifetime(validLifetime, classes, hint?.valid || undefined);
  const scope = preferredLifetime ?? partOf(validLifetime, valid);
  const preferred = chooseLifetime(scope, classes, hint?.preferred || undefined, 'preferredLifetime');
  return { preferred: Math.min(preferred, valid), valid };
}

function partOf({ min, max }: Lifetime, valid: number): Lifetime {
  const value = preferredPartOf(valid);
  return { min: Math.min(preferredPartOf(min), value), value, max: Math.max(preferredPartOf(max), value) };
}

const preferredPartOf = (lifetime: number): number =>
  lifetime === infiniteLifetime ? lifetime : Math.floor(lifetime * preferredPart);

/** Everything the database would hold is the same, save the time. */
function isUnchanged(before: Lease6, after: Lease6): boolean {
  return (
    before.address === after.address &&
    before.prefixLength === after.prefixLength &&
    before.subnetId === after.subnetId &&
    before.validLifetime === after.validLifetime &&
    before.preferredLifetime === after.preferredLifetime &&
    before.fqdnFwd === after.fqdnFwd &&
    before.fqdnRev === after.fqdnRev &&
    before.hostname === after.hostname &&
    sameBytes(before.hwaddr, after.hwaddr) &&
    JSON.stringify(before.userContext) === JSON.stringify(after.userContext)
  );
}

/** The lease is in force: in its state, and not over. */
export const isInForce = (lease: Lease6, now: number): boolean =>
  lease.state === leaseState.default && !isExpired(lease, now);
