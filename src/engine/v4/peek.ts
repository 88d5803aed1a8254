// What the queue needs to know of a datagram, read from the raw bytes in one pass without decoding them.
import type { QueuedPacket } from '../queue-types.ts';

/** Never throws: bytes that are no DHCP message name nobody and are of type 0. */
export function peekPacket4(bytes: Uint8Array): Omit<QueuedPacket, 'receivedAt'> {
  if (bytes.length < headerSize) return { bytes, ...nobody };
  let messageType = 0;
  let client = '';
  let agentStart = 0;
  let agentEnd = 0;
  let offset = optionsStart;
  while (offset + 1 < bytes.length) {
    const code = bytes[offset]!;
    if (code === option.end) break;
    if (code === option.pad) {
      offset++;
      continue;
    }
    const start = offset + 2;
    const end = start + bytes[offset + 1]!;
    if (end > bytes.length) break;
    if (code === option.messageType && end > start) messageType = bytes[start]!;
    else if (code === option.clientIdentifier && client === '') client = `c${latin1(bytes, start, end)}`;
    else if (code === option.relayAgent) [agentStart, agentEnd] = [start, end];
    offset = end;
  }
  if (client === '') {
    const length = Math.min(bytes[2]!, 16);
    if (length > 0) client = `h${bytes[1]!}/${latin1(bytes, chaddrStart, chaddrStart + length)}`;
  }
  const circuit = circuitOf(bytes, agentStart, agentEnd);
  const relay = latin1(bytes, giaddrStart, giaddrStart + 4);
  return {
    bytes,
    client,
    source: relay === noRelay && circuit === '' ? '' : `${relay}${circuit}`,
    isCircuit: circuit !== '',
    messageType,
    isCompleting: completing.has(messageType),
  };
}

/** Sub-option 1 of option 82 (RFC 3046 §2.0). */
function circuitOf(bytes: Uint8Array, from: number, to: number): string {
  let offset = from;
  while (offset + 1 < to) {
    const start = offset + 2;
    const end = start + bytes[offset + 1]!;
    if (end > to) break;
    if (bytes[offset] === circuitId) return latin1(bytes, start, end);
    offset = end;
  }
  return '';
}

const nobody = { client: '', source: '', isCircuit: false, messageType: 0, isCompleting: false } as const;
const headerSize = 236;
const optionsStart = 240;
const giaddrStart = 24;
const chaddrStart = 28;
const circuitId = 1;
const option = { pad: 0, messageType: 53, clientIdentifier: 61, relayAgent: 82, end: 255 } as const;
const noRelay = '\0\0\0\0';
/** REQUEST, DECLINE, RELEASE, INFORM. */
const completing: ReadonlySet<number> = new Set([3, 4, 7, 8]);

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
