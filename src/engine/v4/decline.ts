// DECLINE: the client found its address in use; it is set aside, and the client is not answered (RFC 2131 §4.3.3).
import { formatIpv4 } from '../../addr/ipv4.ts';
import { isExpired, leaseState } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { leaseFields } from './describe.ts';
import { hooksAt } from '../hook-step.ts';
import { queryOf } from './hook-packets.ts';
import { tellCommitted } from './hook-steps.ts';
import { clientOf } from './lookup.ts';
import { option4, uint32Of } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/** One write: the store itself judges whether the address is this client's, assigned and not expired. */
export async function decline(t: Transaction4): Promise<StepResult> {
  const address = uint32Of(t.query.options.get(option4.requestedAddress));
  const { leases, usage, log } = t.engine;
  if (await isKeptByHook(t, address)) {
    log.debug('DHCP4_HOOK_DECLINE_SKIP', `${formatIpv4(address)} is not set aside: a callout said so`);
    return 'done';
  }
  const outcome = await leases.write({
    verb: 'decline',
    client: clientOf(t),
    address,
    probation: t.snapshot.globals.declineProbationPeriod,
  });
  if (outcome.result === 'absent') {
    log.debug('DHCP4_DECLINE_LEASE_NOT_FOUND', `${formatIpv4(address)} is not leased`);
    return drop('not-leased', `DECLINE of ${formatIpv4(address)}, which is not leased`);
  }
  if (outcome.result === 'conflict' || !outcome.before) {
    log.debug('DHCP4_DECLINE_LEASE_MISMATCH', `${formatIpv4(address)} is not leased to this client`);
    return drop('not-leased', `DECLINE of ${formatIpv4(address)}, which is not leased to this client`);
  }
  usage.declined(outcome.before);
  log.info(
    'DHCP4_DECLINE_LEASE',
    `${formatIpv4(address)} was declined and is set aside`,
    leaseFields(t, outcome.before),
  );
  const told = await tellCommitted(t, outcome.after ? [outcome.after] : [], []);
  return told === 'continue' ? 'done' : told;
}

/** The lease4_decline callouts see a lease that the DECLINE is right about; any other is left to the store's verdict. */
async function isKeptByHook(t: Transaction4, address: number): Promise<boolean> {
  const hooks = hooksAt(t, 'lease4_decline');
  if (!hooks) return false;
  const found = await t.engine.leases.find({ client: null, subnetIds: [], addresses: [address] });
  const [lease] = found.held;
  if (!lease || lease.state !== leaseState.default || isExpired(lease, found.now)) return false;
  if (!ownedBy(lease, clientOf(t))) return false;
  const args = { query4: queryOf(t), lease4: { ...lease } };
  return (await hooks.call('lease4_decline', args)).status !== 'continue';
}
