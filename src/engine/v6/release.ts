// RELEASE → REPLY: the client gives its leases back (RFC 8415 §18.3.7).
import { formatIpv6 } from '../../addr/ipv6.ts';
import { infiniteLifetime, isExpired, leaseState, type Lease6 } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import type { Status6 } from '../../wire/v6/status.ts';
import { hooksAt } from '../hook-step.ts';
import type { StepResult } from '../pipeline.ts';
import { leaseFields, leaseText } from './describe.ts';
import { giveBack, noBinding } from './give-back.ts';
import { queryOf } from './hook-packets.ts';
import type { Hint6, IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

export function release(t: Transaction6): Promise<StepResult> {
  return giveBack(t, () => true, releaseOne);
}

async function releaseOne(s: IaSearch, { address }: Hint6, lease: Lease6 | null): Promise<Status6 | null> {
  const { t } = s;
  const { leases, usage, log, allocator } = s.engine;
  const named = formatIpv6(address);
  if (!lease || !s.client || !ownedBy(lease, s.client) || lease.state !== leaseState.default) {
    log.debug('DHCP6_RELEASE_FAIL_NO_LEASE', `${named} is not leased to this client`);
    return noBinding(`${named} is not leased to this client`);
  }
  const hooks = hooksAt(s, 'lease6_release');
  if (hooks) {
    const { status } = await hooks.call('lease6_release', { query6: queryOf(t), lease6: { ...lease } });
    if (status !== 'continue') {
      const id = `DHCP6_HOOK_LEASE6_RELEASE_${s.leaseType === 2 ? 'PD' : 'NA'}_SKIP`;
      log.debug(id, `${leaseText(lease)} is kept: a callout said so`);
      return null;
    }
  }
  // Kept for affinity only where a flush will delete it some day.
  const { flushReclaimedTimerWaitTime, holdReclaimedTime } = t.snapshot.globals.expiredLeases;
  const keep =
    flushReclaimedTimerWaitTime > 0 && holdReclaimedTime > 0 && lease.validLifetime !== infiniteLifetime;
  const outcome = await leases.write({ verb: 'release', client: s.client, address, keep });
  if (outcome.result !== 'done' || !outcome.before)
    return noBinding(`${named} went to another client meanwhile`);
  if (isExpired(outcome.before, s.now)) log.debug('DHCP6_RELEASE_EXPIRED', `${named} had expired`);
  usage.removed(outcome.before);
  t.deleted.push(outcome.before);
  // Set aside for this client since its offer: that would keep it from others for some seconds more.
  if (s.now - lease.cltt <= allocator.holdSeconds) leases.withdraw(address, s.client);
  const id = `DHCP6_RELEASE_${s.leaseType === 2 ? 'PD' : 'NA'}${keep ? '' : '_DELETED'}`;
  log.info(id, `${leaseText(lease)} was released`, leaseFields(t, outcome.before));
  return null;
}
