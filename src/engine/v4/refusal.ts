// When there is no address: the failure is counted, and answered with NAK or with silence.
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { OptionSet } from '../../wire/option-data.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { permits } from '../class-list.ts';
import { countAllocationFailure } from '../allocation-failure.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { clientFields } from './describe.ts';
import { option4 } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/** A DISCOVER that found nothing: silence. `conflicts`: addresses that others took at the last moment. */
export function allocationFailed(t: Transaction4, conflicts: readonly number[] = []): StepResult {
  countAllocationFailure(t, clientFields(t));
  const lost = conflicts.length > 0 ? ` (taken meanwhile: ${conflicts.map(formatIpv4).join(', ')})` : '';
  return drop('allocation-failed', `no address for this client${lost}`);
}

/** Answers NAK. */
export function refuse(t: Transaction4, id: string, reason: string): StepResult {
  t.answer = messageType4.NAK;
  t.grant = null;
  t.engine.log.info(id, reason, { ...clientFields(t), ...(t.subnet && { subnet: t.subnet.id }) });
  return 'continue';
}

/** RFC 8925 §3.3: the client asked for option 108 and its link is configured to be IPv6-only. */
export function wantsNoAddress(t: Transaction4): boolean {
  const { subnet } = t;
  if (!subnet) return false;
  if (!t.query.options.get(option4.parameterRequestList)?.includes(option4.v6OnlyPreferred)) return false;
  const network = subnet.networkName === null ? undefined : t.snapshot.networks.get(subnet.networkName);
  const configured = (options: OptionSet | undefined): boolean =>
    options
      ?.get('dhcp4')
      ?.get(option4.v6OnlyPreferred)
      ?.some((value) => permits(value.clientClasses, t.classes)) ?? false;
  return configured(subnet.options) || configured(network?.options);
}
