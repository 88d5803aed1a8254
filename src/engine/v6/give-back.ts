// What RELEASE and DECLINE have in common: the leases that a client names, judged one by one, and a REPLY with the verdicts.
import { messageOf } from '../../errors.ts';
import type { Lease6 } from '../../store/lease.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { statusCode6, type Status6 } from '../../wire/v6/status.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { searchesOf, type Hint6, type IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

/** `row`: what the store has at the address; null when it has nothing. Null is Success. */
export type Verdict = (s: IaSearch, hint: Hint6, row: Lease6 | null) => Promise<Status6 | null | 'drop'>;

/**
 * RFC 8415 §18.3.7, §18.3.8: an IA whose leases are not this client's is answered NoBinding, the others are not repeated;
 * the message as a whole succeeds.
 */
export async function giveBack(
  t: Transaction6,
  takes: (s: IaSearch) => boolean,
  judge: Verdict,
): Promise<StepResult> {
  try {
    t.ias = searchesOf(t).filter(takes);
  } catch (error) {
    return drop('parse-failed', messageOf(error));
  }
  t.answer = messageType6.REPLY;
  t.status = { code: statusCode6.Success, message: 'Summary status for all processed IAs' };
  const results = await Promise.all(t.ias.map((s) => judgeIa(s, judge)));
  return results.includes(false) ? drop('hook-dropped', 'a callout dropped the packet') : 'continue';
}

async function judgeIa(s: IaSearch, judge: Verdict): Promise<boolean> {
  if (s.hints.length === 0) {
    s.status = noBinding('no lease is named in this IA');
    return true;
  }
  const addresses = s.hints.map(({ address }) => address);
  const found = await s.engine.leases.find({ client: null, subnetIds: [], addresses });
  s.now = found.now;
  for (const hint of s.hints) {
    const row = found.held.find(({ address }) => address === hint.address) ?? null;
    const verdict = await judge(s, hint, row);
    if (verdict === 'drop') return false;
    if (verdict) s.status = verdict;
  }
  return true;
}

export const noBinding = (why: string): Status6 => ({
  code: statusCode6.NoBinding,
  message: `No binding: ${why}.`,
});
