// RENEW and REBIND → REPLY with the leases extended, new ones in place of lost ones, lifetimes 0 for the others.
import { formatIpv6 } from '../../addr/ipv6.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { assignAll } from './assign.ts';
import type { Transaction6 } from './transaction.ts';

/** RFC 8415 §18.3.4: the client has chosen this server. */
export async function renew(t: Transaction6): Promise<StepResult> {
  t.answer = messageType6.REPLY;
  if (t.subnet) await assignAll(t);
  else noBindings(t);
  return 'continue';
}

/** RFC 8415 §18.3.5: every server is asked; one that knows nothing of the client's link must not disturb it. */
export async function rebind(t: Transaction6): Promise<StepResult> {
  if (!t.subnet && t.ias.some(({ leaseType }) => leaseType === 2))
    return drop('no-subnet', 'REBIND of a prefix, and no subnet for it');
  return await renew(t);
}

function noBindings(t: Transaction6): void {
  for (const s of t.ias) {
    const named = s.hints.map(({ address }) => formatIpv6(address)).join(', ');
    s.status = { code: statusCode6.NoBinding, message: `No binding known here${named && `: ${named}`}.` };
  }
}
