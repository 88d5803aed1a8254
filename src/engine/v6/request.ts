// REQUEST → REPLY with leases, or with the reason why there are none (RFC 8415 §18.3.2).
import { formatIpv6 } from '../../addr/ipv6.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import type { StepResult } from '../pipeline.ts';
import { assignAll } from './assign.ts';
import type { IaSearch } from './ia-search.ts';
import { isOnLink } from './on-link.ts';
import { refuseAll } from './refusal.ts';
import type { Transaction6 } from './transaction.ts';

export async function request(t: Transaction6): Promise<StepResult> {
  t.answer = messageType6.REPLY;
  if (!t.subnet) {
    refuseAll(t);
    return 'continue';
  }
  await assignAll(
    t,
    t.ias.filter((s) => !isOfOtherLink(s)),
  );
  return 'continue';
}

/** An address of another link: the client moved, and has to start again. */
function isOfOtherLink(s: IaSearch): boolean {
  if (s.leaseType !== 0) return false;
  const stray = s.hints.find(({ address }) => address !== 0n && !isOnLink(s.t, address));
  if (!stray) return false;
  s.status = { code: statusCode6.NotOnLink, message: `${formatIpv6(stray.address)} is not on this link.` };
  return true;
}
