// INFORMATION-REQUEST → REPLY with options only: the client has its addresses from elsewhere (RFC 8415 §18.3.6).
import { messageType6 } from '../../wire/v6/message.ts';
import type { StepResult } from '../pipeline.ts';
import type { Transaction6 } from './transaction.ts';

export function informationRequest(t: Transaction6): StepResult {
  t.answer = messageType6.REPLY;
  return 'continue';
}
