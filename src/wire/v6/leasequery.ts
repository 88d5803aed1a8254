// Options of DHCPv6 leasequery (RFC 5007 §4.1.2, RFC 5460): what is asked, and by which relay a client came.
import { ipv6Bytes, ipv6FromBytes } from '../../addr/ipv6.ts';
import { Reader } from '../cursor.ts';
import { messageType6, type RelayMessage6 } from './message.ts';
import { option6 } from './option-codes.ts';
import { decodeOptions6, Options6 } from './options.ts';

/** RFC 5007 §4.1.2.1, from BY_RELAY_ID on RFC 5460 §5.3. */
export const leaseQueryType6 = {
  BY_ADDRESS: 1,
  BY_CLIENTID: 2,
  BY_RELAY_ID: 3,
  BY_LINK_ADDRESS: 4,
  BY_REMOTE_ID: 5,
} as const;

/** LQ_QUERY, option 44. */
export interface LeaseQuery6 {
  readonly queryType: number;
  /** The link asked about; 0n: all links. */
  readonly linkAddress: bigint;
  /** What is looked for (IA Address, Client Identifier, Relay-ID …), Option Request. */
  readonly options: Options6;
}

/** LQ_RELAY_DATA, option 47. */
export interface LqRelayData6 {
  /** The relay that the message came from. */
  readonly peerAddress: bigint;
  /** The last RELAY-FORW of the client, without the message in it. */
  readonly message: Uint8Array;
}

/** Throws WireError. */
export function decodeLeaseQuery6(bytes: Uint8Array): LeaseQuery6 {
  const reader = new Reader(bytes);
  const queryType = reader.uint8();
  const linkAddress = ipv6FromBytes(reader.take(16));
  return { queryType, linkAddress, options: decodeOptions6(bytes, 17, 'lease query') };
}

export function encodeLeaseQuery6({ queryType, linkAddress, options }: LeaseQuery6): Uint8Array {
  const bytes = new Uint8Array(17 + options.encodedLength);
  bytes[0] = queryType;
  bytes.set(ipv6Bytes(linkAddress), 1);
  options.write(bytes, 17);
  return bytes;
}

/**
 * The RELAY-FORW for LQ_RELAY_DATA (RFC 5007 §4.1.2.4): these relays, outermost first, and no message inside the
 * innermost. Their options are without Relay Message. Throws WIRE_VALUE.
 */
export function encodeRelaysAlone6(relays: readonly Omit<RelayMessage6, 'type'>[]): Uint8Array {
  let inside: Uint8Array | null = null;
  for (const { hopCount, linkAddress, peerAddress, options } of [...relays].reverse()) {
    const all = new Options6();
    for (const [code, value] of options) all.add(code, value);
    if (inside) all.add(option6.relayMessage, inside);
    const bytes: Uint8Array = new Uint8Array(34 + all.encodedLength);
    bytes[0] = messageType6.RELAY_FORW;
    bytes[1] = hopCount;
    bytes.set(ipv6Bytes(linkAddress), 2);
    bytes.set(ipv6Bytes(peerAddress), 18);
    all.write(bytes, 34);
    inside = bytes;
  }
  return inside ?? new Uint8Array(0);
}

/** CLIENT_DATA, option 45: options about one client. Its inverse is `Options6.encode`. Throws WireError. */
export function decodeClientData6(bytes: Uint8Array): Options6 {
  return decodeOptions6(bytes, 0, 'client data');
}

/** Throws WireError. */
export function decodeLqRelayData6(bytes: Uint8Array): LqRelayData6 {
  const reader = new Reader(bytes);
  return { peerAddress: ipv6FromBytes(reader.take(16)), message: reader.rest() };
}

export function encodeLqRelayData6({ peerAddress, message }: LqRelayData6): Uint8Array {
  const bytes = new Uint8Array(16 + message.length);
  bytes.set(ipv6Bytes(peerAddress), 0);
  bytes.set(message, 16);
  return bytes;
}
