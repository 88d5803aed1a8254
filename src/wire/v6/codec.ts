// DHCPv6 packets from and to bytes: the message and the relays around it (RFC 8415 §8, §9, §19).
import { readIpv6, writeIpv6 } from '../../addr/ipv6.ts';
import { FlotillaError } from '../../errors.ts';
import { putUint16, putUint24, uint24At, viewOf } from '../big-endian.ts';
import { WireError } from '../cursor.ts';
import { messageType6, type Message6, type Packet6, type RelayMessage6 } from './message.ts';
import { option6 } from './option-codes.ts';
import { decodeOptions6, encodedLength6, optionHeaderSize6, putOption6 } from './options.ts';

export interface DecodePacketOptions6 {
  /** An option that runs past the end of a message is left out instead of refused, as Kea always does. */
  readonly lenient?: boolean;
}

/** How many relays a packet may come through, as in Kea; RFC 8415 §7.6 has relays stop at 8, RFC 3315 at 32. */
export const maxRelays6 = 32;

/**
 * Decodes one UDP payload, or one message of a TCP stream. Throws WireError (WIRE_TRUNCATED or WIRE_MALFORMED with a
 * reason) and nothing else; its text says in which relay's options and at which byte.
 *
 * Payloads of options are views over `bytes`: whoever reuses a receive buffer must copy it first. They are not looked
 * into: an IA, for one, is decoded when it is asked for.
 */
export function decodePacket6(bytes: Uint8Array, options: DecodePacketOptions6 = {}): Packet6 {
  const lenient = options.lenient === true;
  const relays: RelayMessage6[] = [];
  let rest = bytes;
  while (isRelayType(rest[0])) {
    if (relays.length === maxRelays6) {
      throw new WireError('WIRE_MALFORMED', 'relay-depth', `more than ${maxRelays6} relays`);
    }
    const relay = decodeRelay(rest, relays.length, lenient);
    if (relays.length > 0 && relay.type !== relays[0]!.type) {
      throw relayError(relays.length, 'its type is not that of the relay around it');
    }
    relays.push(relay);
    rest = relay.options.get(option6.relayMessage)!;
  }
  return { relays, message: decodeMessage(rest, relays.length, lenient) };
}

/**
 * Encodes a packet; the options keep their order. What a relay carries goes where its Relay Message option stands, else
 * behind its options. Throws WIRE_VALUE for more than 32 relays and for an option that 65,535 bytes cannot hold.
 */
export function encodePacket6({ relays, message }: Packet6): Uint8Array {
  if (relays.length > maxRelays6) {
    throw new FlotillaError('WIRE_VALUE', `${relays.length} relays, at most ${maxRelays6} are allowed`);
  }
  let size = headerSize + message.options.encodedLength;
  const carried: number[] = [];
  for (let level = relays.length - 1; level >= 0; level--) {
    carried[level] = size;
    size = relayHeaderSize + ownLength(relays[level]!) + encodedLength6(option6.relayMessage, size);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (let level = 0; level < relays.length; level++) {
    offset = putRelay(bytes, offset, relays[level]!, carried[level]!);
  }
  bytes[offset] = message.type;
  putUint24(bytes, offset + 1, message.transactionId);
  message.options.write(bytes, offset + headerSize);
  return bytes;
}

/** Message type and transaction id. */
const headerSize = 4;
/** Message type, hop count, two addresses. */
const relayHeaderSize = 34;

function isRelayType(type: number | undefined): type is RelayMessage6['type'] {
  return type === messageType6.RELAY_FORW || type === messageType6.RELAY_REPL;
}

function decodeMessage(bytes: Uint8Array, level: number, lenient: boolean): Message6 {
  if (bytes.length < headerSize) {
    const where = level === 0 ? '' : `, inside ${relayName(level - 1)}`;
    throw new WireError(
      'WIRE_TRUNCATED',
      'truncated-header',
      `${bytes.length} bytes are too few for a DHCPv6 header of ${headerSize}${where}`,
    );
  }
  const type = bytes[0]!;
  // IANA keeps the type 0 reserved.
  if (type === 0) throw new WireError('WIRE_MALFORMED', 'message-type', 'there is no message type 0');
  return {
    type,
    transactionId: uint24At(bytes, 1),
    options: decodeOptions6(bytes, headerSize, 'message', lenient),
  };
}

function decodeRelay(bytes: Uint8Array, level: number, lenient: boolean): RelayMessage6 {
  if (bytes.length < relayHeaderSize) {
    throw new WireError(
      'WIRE_TRUNCATED',
      'truncated-header',
      `${relayName(level)}: ${bytes.length} bytes are too few for a header of ${relayHeaderSize}`,
    );
  }
  const options = decodeOptions6(bytes, relayHeaderSize, relayName(level), lenient);
  const first = options.codes.indexOf(option6.relayMessage);
  if (first < 0) throw relayError(level, 'there is no Relay Message option');
  if (options.codes.includes(option6.relayMessage, first + 1)) {
    throw relayError(level, 'there are several Relay Message options');
  }
  const view = viewOf(bytes);
  return {
    type: bytes[0] as RelayMessage6['type'],
    hopCount: bytes[1]!,
    linkAddress: readIpv6(view, 2),
    peerAddress: readIpv6(view, 18),
    options,
  };
}

/** Bytes of a relay's options without its Relay Message. */
function ownLength({ options }: RelayMessage6): number {
  let length = 0;
  for (let i = 0; i < options.size; i++) {
    const code = options.codes[i]!;
    if (code !== option6.relayMessage) length += encodedLength6(code, options.values[i]!.length);
  }
  return length;
}

/** Writes everything but what the relay carries, and returns where that begins. */
function putRelay(bytes: Uint8Array, start: number, relay: RelayMessage6, carried: number): number {
  const { options } = relay;
  bytes[start] = relay.type;
  bytes[start + 1] = relay.hopCount;
  const view = viewOf(bytes);
  writeIpv6(view, start + 2, relay.linkAddress);
  writeIpv6(view, start + 18, relay.peerAddress);
  let offset = start + relayHeaderSize;
  let inside = -1;
  for (let i = 0; i < options.size; i++) {
    const code = options.codes[i]!;
    if (code !== option6.relayMessage) {
      offset = putOption6(bytes, offset, code, options.values[i]!);
    } else if (inside < 0) {
      inside = putRelayMessageHeader(bytes, offset, carried);
      offset = inside + carried;
    }
  }
  return inside < 0 ? putRelayMessageHeader(bytes, offset, carried) : inside;
}

function putRelayMessageHeader(bytes: Uint8Array, offset: number, length: number): number {
  putUint16(bytes, offset, option6.relayMessage);
  putUint16(bytes, offset + 2, length);
  return offset + optionHeaderSize6;
}

const relayName = (level: number): string => `relay ${level}`;

function relayError(level: number, problem: string): WireError {
  return new WireError('WIRE_MALFORMED', 'relay-message', `${relayName(level)}: ${problem}`);
}
