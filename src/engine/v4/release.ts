// RELEASE: the client gives its address back; never answered (RFC 2131 §4.3.4).
import { formatIpv4 } from '../../addr/ipv4.ts';
import { infiniteLifetime, isExpired, leaseState } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { leaseFields } from './describe.ts';
import { clientOf } from './lookup.ts';
import { hooksAt } from '../hook-step.ts';
import { queryOf } from './hook-packets.ts';
import { tellCommitted } from './hook-steps.ts';
import type { Transaction4 } from './transaction.ts';

export async function release(t: Transaction4): Promise<StepResult> {
  const address = t.query.ciaddr;
  const { leases, usage, log } = t.engine;
  const client = clientOf(t);
  const found = await leases.find({ client: null, subnetIds: [], addresses: [address] });
  const lease = found.held[0];
  if (!lease) {
    log.debug('DHCP4_RELEASE_FAIL_NO_LEASE', `${formatIpv4(address)} is not leased`);
    return drop('not-leased', `RELEASE of ${formatIpv4(address)}, which is not leased`);
  }
  if (!ownedBy(lease, client)) {
    log.debug('DHCP4_RELEASE_FAIL_WRONG_CLIENT', `${formatIpv4(address)} belongs to another client`);
    return drop('not-leased', `RELEASE of ${formatIpv4(address)}, which belongs to another client`);
  }
  if (lease.state !== leaseState.default) {
    log.debug('DHCP4_RELEASE_FAIL_NOT_ASSIGNED', `${formatIpv4(address)} is not assigned`);
    return drop('not-leased', `RELEASE of ${formatIpv4(address)}, which is not assigned`);
  }

  const hooks = hooksAt(t, 'lease4_release');
  if (hooks) {
    const { status } = await hooks.call('lease4_release', { query4: queryOf(t), lease4: { ...lease } });
    if (status !== 'continue') {
      log.debug('DHCP4_HOOK_LEASE4_RELEASE_SKIP', `${formatIpv4(address)} is kept: a callout said so`);
      return 'done';
    }
  }

  // Kept for affinity only where a flush will delete it some day.
  const { flushReclaimedTimerWaitTime, holdReclaimedTime } = t.snapshot.globals.expiredLeases;
  const keep =
    flushReclaimedTimerWaitTime > 0 && holdReclaimedTime > 0 && lease.validLifetime !== infiniteLifetime;
  const outcome = await leases.write({ verb: 'release', client, address, keep });
  if (outcome.result !== 'done' || !outcome.before) {
    return drop('not-leased', `RELEASE of ${formatIpv4(address)}, which went to another client meanwhile`);
  }
  if (isExpired(outcome.before, found.now)) {
    log.debug('DHCP4_RELEASE_EXPIRED', `${formatIpv4(address)} had expired`);
  }
  usage.removed(outcome.before);
  // Set aside for this client since its offer: that would keep it from others for some seconds more.
  if (found.now - lease.cltt <= t.engine.allocator.holdSeconds) leases.withdraw(address, client);
  const id = keep ? 'DHCP4_RELEASE' : 'DHCP4_RELEASE_DELETED';
  log.info(id, `${formatIpv4(address)} was released`, leaseFields(t, outcome.before));
  const told = await tellCommitted(t, [], [outcome.before]);
  return told === 'continue' ? 'done' : told;
}
