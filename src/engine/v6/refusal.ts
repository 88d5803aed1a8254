// What an IA is answered that gets nothing (RFC 8415 §18.3, §21.13).
import { statusCode6, type Status6 } from '../../wire/v6/status.ts';
import type { IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

export const nothingAvailable = ({ leaseType }: IaSearch, why: string): Status6 =>
  leaseType === 2
    ? { code: statusCode6.NoPrefixAvail, message: `No prefix: ${why}.` }
    : { code: statusCode6.NoAddrsAvail, message: `No address: ${why}.` };

/** No subnet is configured for the client. */
export function refuseAll(t: Transaction6): void {
  for (const s of t.ias) s.status = nothingAvailable(s, 'no subnet is configured for this client');
}
