// SOLICIT → ADVERTISE, or REPLY with Rapid Commit (RFC 8415 §18.3.1).
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { goOn, type StepResult } from '../pipeline.ts';
import { assignAll } from './assign.ts';
import { refuseAll } from './refusal.ts';
import type { Transaction6 } from './transaction.ts';

/** A client that can be given nothing is told so: it may wait, or go to another server (RFC 8415 §18.3.9). */
export function solicit(t: Transaction6): StepResult | Promise<StepResult> {
  const { subnet } = t;
  t.isRapidCommit =
    t.query.options.has(option6.rapidCommit) && subnet !== null && subnet.parameters.rapidCommit;
  t.answer = t.isRapidCommit ? messageType6.REPLY : messageType6.ADVERTISE;
  if (subnet) return assignAll(t)?.then(goOn) ?? 'continue';
  refuseAll(t);
  return 'continue';
}
