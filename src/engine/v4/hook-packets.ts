// The packet as callouts see it: the transaction's own message and classes, never the transaction.
import type { Message4 } from '../../wire/v4/message.ts';
import type { Query4, Response4 } from './hook-arguments.ts';
import type { Transaction4 } from './transaction.ts';

/** The same object at every point of one packet. */
export function queryOf(t: Transaction4): Query4 {
  t.hookQuery ??= {
    get bytes() {
      return t.datagram.bytes;
    },
    set bytes(bytes: Uint8Array) {
      t.datagram = { ...t.datagram, bytes };
    },
    get message() {
      return t.query;
    },
    classes: t.classes,
    iface: t.datagram.iface,
    source: t.datagram.source,
    destination: t.datagram.destination,
    receivedAt: t.datagram.receivedAt,
  };
  return t.hookQuery;
}

/** Option values come from the configuration, which is shared: callouts get copies. */
export function responseOf(t: Transaction4): Response4 {
  if (t.hookResponse) return t.hookResponse;
  const message = t.response!;
  for (const [code, value] of message.options) message.options.set(code, value.slice());
  t.hookResponse = {
    message,
    get bytes() {
      return t.bytes;
    },
    set bytes(bytes: Uint8Array | null) {
      t.bytes = bytes;
    },
  };
  return t.hookResponse;
}

/** An answer that is only begun. */
export const begunResponse = (message: Message4): Response4 => ({ message, bytes: null });
