// What the queue needs to know of a DHCPv6 datagram, read from the raw bytes in one pass without decoding them.
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { QueuedPacket } from '../queue-types.ts';

/** Never throws: bytes that are no DHCP message name nobody and are of type 0. */
export function peekPacket6(bytes: Uint8Array): Omit<QueuedPacket, 'receivedAt'> {
  let start = 0;
  let end = bytes.length;
  let source = '';
  let isCircuit = false;
  for (let hops = 0; hops <= maxHops && isRelay(bytes[start]) && end - start >= relayHeader; hops++) {
    const link = latin1(bytes, start + 2, start + 18);
    let carried = -1;
    let carriedEnd = -1;
    let circuit = '';
    for (let at = start + relayHeader; at + 4 <= end;) {
      const code = uint16(bytes, at);
      const from = at + 4;
      at = from + uint16(bytes, at + 2);
      if (at > end) break;
      if (code === option6.relayMessage) [carried, carriedEnd] = [from, at];
      else if (code === option6.interfaceId) circuit = latin1(bytes, from, at);
    }
    // Of the relay next to the client, which is read last.
    source = `${link}${circuit}`;
    isCircuit = circuit !== '';
    if (carried < 0) return { bytes, ...nobody };
    [start, end] = [carried, carriedEnd];
  }
  if (end - start < 4 || isRelay(bytes[start])) return { bytes, ...nobody };
  const messageType = bytes[start]!;
  return {
    bytes,
    client: clientOf(bytes, start + 4, end),
    source,
    isCircuit,
    messageType,
    isCompleting: completing.has(messageType),
  };
}

function clientOf(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at + 4 <= end;) {
    const code = uint16(bytes, at);
    const from = at + 4;
    at = from + uint16(bytes, at + 2);
    if (at > end) break;
    if (code === option6.clientId) return latin1(bytes, from, at);
  }
  return '';
}

const nobody = { client: '', source: '', isCircuit: false, messageType: 0, isCompleting: false } as const;
const maxHops = 32;
const relayHeader = 34;
const isRelay = (type: number | undefined): boolean => type === messageType6.RELAY_FORW;

/** All but SOLICIT, and what asks for options or leases of others. */
const completing: ReadonlySet<number> = new Set([
  messageType6.REQUEST,
  messageType6.CONFIRM,
  messageType6.RENEW,
  messageType6.REBIND,
  messageType6.RELEASE,
  messageType6.DECLINE,
]);

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
