// LEASEQUERY messages for tests, and what the answers to them say, as plain objects.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import { decodePacket6, encodePacket6 } from '../../src/wire/v6/codec.ts';
import { encodeIaAddress6, iaAddresses6, iaPrefixes6 } from '../../src/wire/v6/ia.ts';
import {
  decodeClientData6,
  decodeLqRelayData6,
  encodeLeaseQuery6,
  leaseQueryType6,
} from '../../src/wire/v6/leasequery.ts';
import { messageType6, type Message6, type RelayMessage6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../src/wire/v6/options.ts';
import { decodeStatus6 } from '../../src/wire/v6/status.ts';
import { decodeAddresses6, encodeCodes6 } from '../../src/wire/v6/values.ts';

export { leaseQueryType6 as queryType };

/** DUID of client `n`. */
export const duidOf = (n: number): Uint8Array => Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, n >> 8, n & 0xff);
export const requesterDuid = duidOf(0xffff);

export interface QueryParts {
  /** An address of the link; all links when it is not given. */
  readonly link?: string;
  readonly address?: string;
  readonly client?: Uint8Array;
  readonly relayId?: Uint8Array;
  readonly remoteId?: Uint8Array;
  readonly requested?: readonly number[];
  readonly transactionId?: number;
  readonly messageType?: number;
  /** Options of the message in place of the requester's identifier. */
  readonly outer?: readonly (readonly [number, Uint8Array])[];
}

export function leaseQuery(type: number | null, parts: QueryParts = {}): Uint8Array {
  const options = new Options6();
  if (parts.address !== undefined) {
    const lease = { preferredLifetime: 0, validLifetime: 0, options: new Options6() };
    options.add(option6.iaAddress, encodeIaAddress6({ address: parseIpv6(parts.address), ...lease }));
  }
  if (parts.client) options.add(option6.clientId, parts.client);
  if (parts.relayId) options.add(option6.relayId, parts.relayId);
  if (parts.remoteId) options.add(option6.remoteId, parts.remoteId);
  if (parts.requested) options.add(option6.optionRequest, encodeCodes6(parts.requested));
  const outer = new Options6();
  for (const [code, value] of parts.outer ?? [[option6.clientId, requesterDuid]]) outer.add(code, value);
  if (type !== null) {
    const linkAddress = parseIpv6(parts.link ?? '::');
    outer.add(option6.leaseQuery, encodeLeaseQuery6({ queryType: type, linkAddress, options }));
  }
  const { messageType = messageType6.LEASEQUERY, transactionId = 1 } = parts;
  return encodePacket6({ relays: [], message: { type: messageType, transactionId, options: outer } });
}

/** The same query, by way of a relay that had it from this address. */
export function relayed(query: Uint8Array, peer: string): Uint8Array {
  const relay: RelayMessage6 = {
    type: messageType6.RELAY_FORW,
    hopCount: 0,
    linkAddress: 0n,
    peerAddress: parseIpv6(peer),
    // RFC 8357: answer to the port that this comes from.
    options: new Options6().add(option6.relaySourcePort, new Uint8Array(2)),
  };
  return encodePacket6({ relays: [relay], message: decodePacket6(query).message });
}

/** Data about one client as plain values. Lifetimes are left out. */
export interface ClientSaid {
  readonly duid: string;
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
  /** Options that were asked for, by code, as bytes in hexadecimal. */
  readonly more?: Readonly<Record<number, string>>;
}

export interface Said {
  readonly type: number;
  readonly transactionId: number;
  readonly status: number | null;
  readonly client: ClientSaid | null;
  readonly links: readonly string[];
  readonly message: Message6;
}

export function read(bytes: Uint8Array): Said {
  const { message } = decodePacket6(bytes);
  const { options } = message;
  const status = options.get(option6.statusCode);
  const data = options.get(option6.clientData);
  const links = options.get(option6.lqClientLink);
  return {
    type: message.type,
    transactionId: message.transactionId,
    status: status ? decodeStatus6(status).code : null,
    client: data ? clientSaid(decodeClientData6(data)) : null,
    links: links ? decodeAddresses6(links, 'links').map(formatIpv6) : [],
    message,
  };
}

export const clientDataOf = (said: Said): Options6 =>
  decodeClientData6(said.message.options.get(option6.clientData)!);

export function relayDataIn(options: Options6): { readonly peer: string; readonly message: string } {
  const { peerAddress, message } = decodeLqRelayData6(options.get(option6.lqRelayData)!);
  return { peer: formatIpv6(peerAddress), message: hex(message) };
}

function clientSaid(data: Options6): ClientSaid {
  const more = [...data].filter(([code]) => !always.has(code)).map(([code, value]) => [code, hex(value)]);
  return {
    duid: hex(data.get(option6.clientId)!),
    addresses: iaAddresses6(data).map(({ address }) => formatIpv6(address)),
    prefixes: iaPrefixes6(data).map(({ prefix, length }) => `${formatIpv6(prefix)}/${length}`),
    ...(more.length > 0 && { more: Object.fromEntries(more) as Record<number, string> }),
  };
}

const always = new Set<number>([option6.clientId, option6.iaAddress, option6.iaPrefix, option6.cltTime]);
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Asks from `source`; null: there was no answer in time. */
export async function askByUdp(port: number, query: Uint8Array, source = '::1'): Promise<Said | null> {
  const socket = createSocket('udp6');
  try {
    await new Promise<void>((bound) => socket.bind(0, source, bound));
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(silence) });
    socket.send(query, port, '::1');
    const [bytes] = (await answer) as [Buffer];
    return read(bytes);
  } catch (error) {
    if ((error as Error).name === 'AbortError') return null;
    throw error;
  } finally {
    socket.close();
  }
}

const silence = 1_000;
