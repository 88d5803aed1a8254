// Callouts about one lease before it is written: names, selection, renewal, and reclaiming what was there before.
import { formatIpv4 } from '../../addr/ipv4.ts';
import { infiniteLifetime, type Lease4 } from '../../store/lease.ts';
import { remaining } from '../lifetime.ts';
import type { ChosenAddress } from './grant.ts';
import { hooksAt } from '../hook-step.ts';
import { contextGiven, isBytesOrNull, offeredLease } from '../hook-values.ts';
import { begunResponse, queryOf } from './hook-packets.ts';
import { replyHeader } from './reply-header.ts';
import type { ClientName, Transaction4 } from './transaction.ts';

/** A DISCOVER only tries; `offerLifetime` says whether its lease is stored all the same. */
export interface LeaseAttempt {
  readonly isOffer: boolean;
  readonly offerLifetime: number;
}

/**
 * lease4_select or lease4_renew, then ddns4_update, when somebody waits there. `leave`: the stored lease stays as it is
 * and is what the answer carries; null: the client gets no lease.
 */
export type Review = { readonly lease: Lease4; readonly leave: boolean } | null;

/** Whether a lease has to be reviewed at all. */
export function isReviewed(t: Transaction4): boolean {
  const { hooks } = t;
  return (
    hooks !== null && (hooks.has('lease4_select') || hooks.has('lease4_renew') || hooks.has('ddns4_update'))
  );
}

export async function reviewLease(
  t: Transaction4,
  given: Lease4,
  { subnet }: ChosenAddress,
  previous: Lease4 | null,
  attempt: LeaseAttempt,
): Promise<Review> {
  const lease = offeredLease(given);
  const query4 = queryOf(t);
  const existing = previous?.address === lease.address ? previous : null;
  if (existing) {
    const { clientId: clientid, hwaddr } = t.client!;
    const args = { query4, subnet4: subnet, clientid, hwaddr, lease4: lease };
    const outcome = await hooksAt(t, 'lease4_renew')?.call('lease4_renew', args);
    if (outcome?.status === 'skip') {
      t.engine.log.debug('DHCPSRV_HOOK_LEASE4_RENEW_SKIP', `${formatIpv4(lease.address)} is left as it is`);
      return remaining(existing, t.now) > 0 ? { lease: existing, leave: true } : null;
    }
  } else {
    const outcome = await hooksAt(t, 'lease4_select')?.call('lease4_select', {
      query4,
      subnet4: subnet,
      fake_allocation: attempt.isOffer,
      offer_lft: attempt.offerLifetime,
      lease4: lease,
    });
    if (outcome && outcome.status !== 'continue') {
      t.engine.log.debug('DHCPSRV_HOOK_LEASE4_SELECT_SKIP', `${formatIpv4(lease.address)} is not assigned`);
      return null;
    }
  }
  const changed = accepted(t, given, lease);
  if (t.name.answer !== 'none') {
    const name = await updateNames(t, changed, subnet);
    if (name) {
      t.name = name;
      return {
        lease: { ...changed, hostname: name.hostname, fqdnFwd: name.forward, fqdnRev: name.reverse },
        leave: false,
      };
    }
  }
  return { lease: changed, leave: false };
}

/** Whose lease it is and where is the server's business; the rest is taken where it is well formed. */
function accepted(t: Transaction4, given: Lease4, lease: Lease4): Lease4 {
  const { validLifetime, hostname, fqdnFwd, fqdnRev, relayId, remoteId } = lease;
  const userContext = contextGiven(lease.userContext);
  const isLifetime =
    Number.isInteger(validLifetime) && validLifetime >= 0 && validLifetime <= infiniteLifetime;
  const isFit =
    isLifetime &&
    typeof hostname === 'string' &&
    typeof fqdnFwd === 'boolean' &&
    typeof fqdnRev === 'boolean' &&
    userContext !== undefined &&
    isBytesOrNull(relayId) &&
    isBytesOrNull(remoteId);
  if (!isFit) {
    const text = `a callout gave the lease of ${formatIpv4(given.address)} values that no lease has: ignored`;
    t.engine.log.error('HOOKS_CALLOUT_ERROR', text);
    return given;
  }
  return { ...given, validLifetime, hostname, fqdnFwd, fqdnRev, userContext, relayId, remoteId };
}

async function updateNames(
  t: Transaction4,
  lease: Lease4,
  subnet: ChosenAddress['subnet'],
): Promise<ClientName | null> {
  const hooks = hooksAt(t, 'ddns4_update');
  if (!hooks) return null;
  const { name } = t;
  const args = {
    query4: queryOf(t),
    response4: begunResponse(replyHeader(t, lease.address)),
    subnet4: subnet,
    hostname: lease.hostname,
    'fwd-update': name.forward,
    'rev-update': name.reverse,
    'ddns-params': subnet.parameters.ddns,
  };
  await hooks.call('ddns4_update', args);
  const { hostname, 'fwd-update': forward, 'rev-update': reverse } = args;
  if (hostname === name.hostname && forward === name.forward && reverse === name.reverse) return null;
  if (typeof hostname !== 'string' || typeof forward !== 'boolean' || typeof reverse !== 'boolean') {
    t.engine.log.error('HOOKS_CALLOUT_ERROR', 'a ddns4_update callout gave values that are none: ignored');
    return null;
  }
  t.engine.log.debug('DHCP4_HOOK_DDNS_UPDATE', `the client's name is now '${hostname}'`);
  const { fqdn } = name;
  return {
    ...name,
    hostname,
    forward,
    reverse,
    fqdn: fqdn && {
      ...fqdn,
      name: hostname,
      serverUpdates: forward,
      noUpdates: !forward && !reverse,
      // RFC 4702 §4: O tells the client that its S was not followed.
      overridden: forward !== (fqdn.serverUpdates !== fqdn.overridden),
    },
  };
}
