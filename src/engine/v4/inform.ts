// INFORM → ACK with options only: the client has an address from elsewhere (RFC 2131 §4.3.5).
import { messageType4 } from '../../wire/v4/message.ts';
import type { StepResult } from '../pipeline.ts';
import type { Transaction4 } from './transaction.ts';

export function inform(t: Transaction4): StepResult {
  t.answer = messageType4.ACK;
  return 'continue';
}
