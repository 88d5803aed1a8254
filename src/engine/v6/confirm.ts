// CONFIRM → REPLY: do the client's addresses still fit its link (RFC 8415 §18.3.3)?
import { formatIpv6 } from '../../addr/ipv6.ts';
import { messageOf } from '../../errors.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { searchesOf } from './ia-search.ts';
import { isOnLink } from './on-link.ts';
import type { Transaction6 } from './transaction.ts';

/** Nothing is looked up: which lease it is does not matter, and another server may know of it. */
export function confirm(t: Transaction6): StepResult {
  let addresses: bigint[];
  try {
    const named = searchesOf(t).filter(({ leaseType }) => leaseType === 0);
    addresses = named.flatMap(({ hints }) => hints.map(({ address }) => address));
  } catch (error) {
    return drop('parse-failed', messageOf(error));
  }
  if (addresses.length === 0) return drop('rfc-violation', 'CONFIRM names no address');
  t.answer = messageType6.REPLY;
  const stray = addresses.find((address) => !isOnLink(t, address));
  t.status =
    stray === undefined
      ? { code: statusCode6.Success, message: 'All addresses are on link.' }
      : { code: statusCode6.NotOnLink, message: `Address ${formatIpv6(stray)} is not on link.` };
  return 'continue';
}
