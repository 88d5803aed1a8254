// Server unicast (RFC 8415 §18.4): only clients that were sent a Server Unicast option may use it.
import { isMulticastIpv6 } from '../../addr/ipv6.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import { replyScopes } from '../reply-scopes.ts';
import type { Transaction6 } from './transaction.ts';

/** True: the answer is the status UseMulticast, and nothing else is done. */
export function requireMulticast(t: Transaction6): boolean {
  const isUnicast = t.relays.length === 0 && !isMulticastIpv6(t.datagram.destination);
  if (!isUnicast || !bound.has(t.type)) return false;
  const from = replyScopes(t, [], t.engine.options);
  if (t.engine.options.first(from, 'dhcp6', option6.unicast)) return false;
  t.answer = messageType6.REPLY;
  t.ias = [];
  t.status = { code: statusCode6.UseMulticast, message: 'This client was not allowed to use unicast.' };
  return true;
}

/** The messages that §18.2 lets a client send by unicast. */
const bound: ReadonlySet<number> = new Set([
  messageType6.REQUEST,
  messageType6.RENEW,
  messageType6.RELEASE,
  messageType6.DECLINE,
]);
