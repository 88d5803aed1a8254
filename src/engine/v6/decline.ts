// DECLINE → REPLY: the client found addresses in use; they are set aside (RFC 8415 §18.3.8).
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { Lease6 } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import type { Status6 } from '../../wire/v6/status.ts';
import { hooksAt } from '../hook-step.ts';
import type { StepResult } from '../pipeline.ts';
import { leaseFields, leaseText } from './describe.ts';
import { giveBack, noBinding } from './give-back.ts';
import { isInForce } from './grant.ts';
import { queryOf } from './hook-packets.ts';
import type { Hint6, IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

/** Prefixes are on no link where somebody else could be found using them: IA_PD is left out. */
export function decline(t: Transaction6): Promise<StepResult> {
  return giveBack(t, ({ leaseType }) => leaseType === 0, declineOne);
}

async function declineOne(
  s: IaSearch,
  { address }: Hint6,
  lease: Lease6 | null,
): Promise<Status6 | null | 'drop'> {
  const { t } = s;
  const { leases, usage, log } = s.engine;
  const named = formatIpv6(address);
  if (!lease || !s.client || !ownedBy(lease, s.client) || !isInForce(lease, s.now)) {
    log.debug('DHCP6_DECLINE_FAIL_NO_LEASE', `${named} is not leased to this client`);
    return noBinding(`${named} is not leased to this client`);
  }
  const hooks = hooksAt(s, 'lease6_decline');
  if (hooks) {
    const { status } = await hooks.call('lease6_decline', { query6: queryOf(t), lease6: { ...lease } });
    if (status === 'drop') return 'drop';
    if (status === 'skip') {
      log.debug('DHCP6_HOOK_DECLINE_SKIP', `${leaseText(lease)} is not set aside: a callout said so`);
      return null;
    }
  }
  const probation = t.snapshot.globals.declineProbationPeriod;
  const outcome = await leases.write({ verb: 'decline', client: s.client, address, probation });
  if (outcome.result !== 'done' || !outcome.before)
    return noBinding(`${named} went to another client meanwhile`);
  usage.declined(outcome.before);
  if (outcome.after) t.committed.push(outcome.after);
  log.info('DHCP6_DECLINE_LEASE', `${named} was declined and is set aside`, leaseFields(t, outcome.before));
  return null;
}
