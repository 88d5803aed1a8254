// The packet as callouts see it: the transaction's own message and classes, never the transaction.
import type { Message6 } from '../../wire/v6/message.ts';
import type { Query6, Response6 } from './hook-arguments.ts';
import type { Transaction6 } from './transaction.ts';

/** The same object at every point of one packet. */
export function queryOf(t: Transaction6): Query6 {
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
    get relays() {
      return t.relays;
    },
    classes: t.classes,
    iface: t.datagram.iface,
    source: t.datagram.source,
    sourcePort: t.datagram.sourcePort,
    destination: t.datagram.destination,
    receivedAt: t.datagram.receivedAt,
  };
  return t.hookQuery;
}

/** Option values come from the configuration, which is shared: callouts get copies. */
export function responseOf(t: Transaction6): Response6 {
  if (t.hookResponse) return t.hookResponse;
  const message = t.response!;
  const { values } = message.options;
  for (let i = 0; i < values.length; i++) values[i] = values[i]!.slice();
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
export const begunResponse = (message: Message6): Response6 => ({ message, bytes: null });
