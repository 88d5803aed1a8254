// What hook libraries say of a DHCPv6 lease before it is written: lease6_select, lease6_renew or lease6_rebind, names.
import type { Subnet } from '../../config/snapshot.ts';
import { infiniteLifetime, type Lease6 } from '../../store/lease.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { hooksAt } from '../hook-step.ts';
import { contextGiven, offeredLease } from '../hook-values.ts';
import { remaining } from '../lifetime.ts';
import { isOffer } from './assign.ts';
import { leaseText } from './describe.ts';
import { begunResponse, queryOf } from './hook-packets.ts';
import type { IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

/** `leave`: the stored lease stays as it is and is what the answer carries; null: the IA gets no lease. */
export type Review = { readonly lease: Lease6; readonly leave: boolean } | null;

/** Whether a lease has to be reviewed at all. */
export function isReviewed({ hooks }: IaSearch): boolean {
  return hooks !== null && points.some((point) => hooks.has(point));
}

const points = ['lease6_select', 'lease6_renew', 'lease6_rebind', 'ddns6_update'] as const;

export async function reviewLease(
  s: IaSearch,
  given: Lease6,
  subnet: Subnet,
  existing: Lease6 | null,
): Promise<Review> {
  const lease = offeredLease(given);
  const query6 = queryOf(s.t);
  if (existing && remaining(existing, s.now) > 0) {
    const point = s.t.type === messageType6.REBIND ? 'lease6_rebind' : 'lease6_renew';
    const { ia, leaseType } = s;
    const args = {
      query6,
      lease6: lease,
      ia_na: leaseType === 0 ? ia : null,
      ia_pd: leaseType === 2 ? ia : null,
    };
    const outcome = await hooksAt(s, point)?.call(point, args);
    if (outcome?.status === 'skip') {
      s.engine.log.debug('DHCPSRV_HOOK_LEASE6_EXTEND_SKIP', `${leaseText(lease)} is left as it is`);
      return { lease: existing, leave: true };
    }
  } else {
    const outcome = await hooksAt(s, 'lease6_select')?.call('lease6_select', {
      query6,
      subnet6: subnet,
      fake_allocation: isOffer(s.t),
      lease6: lease,
    });
    if (outcome && outcome.status !== 'continue') {
      s.engine.log.debug('DHCPSRV_HOOK_LEASE6_SELECT_SKIP', `${leaseText(lease)} is not assigned`);
      return null;
    }
  }
  const changed = accepted(s, given, lease);
  if (!s.t.name || s.leaseType !== 0) return { lease: changed, leave: false };
  return { lease: await reviewName(s.t, changed, subnet), leave: false };
}

const isLifetime = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= infiniteLifetime;

/** Whose lease it is and where is the server's business; the rest is taken where it is well formed. */
function accepted(s: IaSearch, given: Lease6, lease: Lease6): Lease6 {
  const { validLifetime, preferredLifetime, hostname, fqdnFwd, fqdnRev } = lease;
  const userContext = contextGiven(lease.userContext);
  const isFit =
    isLifetime(validLifetime) &&
    isLifetime(preferredLifetime) &&
    typeof hostname === 'string' &&
    typeof fqdnFwd === 'boolean' &&
    typeof fqdnRev === 'boolean' &&
    userContext !== undefined;
  if (!isFit) {
    const text = `a callout gave the lease of ${leaseText(given)} values that no lease has: ignored`;
    s.engine.log.error('HOOKS_CALLOUT_ERROR', text);
    return given;
  }
  return { ...given, validLifetime, preferredLifetime, hostname, fqdnFwd, fqdnRev, userContext };
}

/** ddns6_update: the callouts may choose another name for the lease, and who updates what. */
export async function reviewName(t: Transaction6, lease: Lease6, subnet: Subnet): Promise<Lease6> {
  const hooks = hooksAt(t, 'ddns6_update');
  if (!hooks || !t.name) return lease;
  const { type, transactionId } = t.query;
  const args = {
    query6: queryOf(t),
    response6: begunResponse({ type: t.answer || type, transactionId, options: new Options6() }),
    subnet6: subnet,
    hostname: lease.hostname,
    'fwd-update': t.name.forward,
    'rev-update': t.name.reverse,
    'ddns-params': subnet.parameters.ddns,
  };
  await hooks.call('ddns6_update', args);
  const { hostname, 'fwd-update': forward, 'rev-update': reverse } = args;
  if (typeof hostname !== 'string' || typeof forward !== 'boolean' || typeof reverse !== 'boolean') {
    t.engine.log.error('HOOKS_CALLOUT_ERROR', 'a ddns6_update callout gave values that are none: ignored');
    return lease;
  }
  const { fqdn } = t.name;
  const noUpdates = !forward && !reverse;
  // RFC 4704 §4.1: O tells the client that its S was not followed.
  const overridden = forward !== (fqdn.serverUpdates !== fqdn.overridden);
  t.name = {
    hostname,
    forward,
    reverse,
    fqdn: { name: hostname, serverUpdates: forward, noUpdates, overridden },
  };
  return { ...lease, hostname, fqdnFwd: forward, fqdnRev: reverse };
}
