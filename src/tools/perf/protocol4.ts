// DHCPv4 for the load generator: each query is a copy of an encoded template with a few fields written over.
import { formatHex } from '../../addr/hex.ts';
import { FlotillaError } from '../../errors.ts';
import { encodeMessage4 } from '../../wire/v4/codec.ts';
import { emptyMessage4, messageType4, type MessageType4 } from '../../wire/v4/message.ts';
import { encodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import type { Answer, AnswerKind, PerfProtocol } from './protocol.ts';

export interface Protocol4Options {
  /** The relay's address. */
  readonly giaddr: number;
  /** MAC address of client 0 as a number; client n has n more. */
  readonly baseMac: number;
  /** True: the relay listens on 67, where servers answer anyway; else RFC 8357 asks them to use the port it sends from. */
  readonly hasRelayPort: boolean;
  /** Sent in every query. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const xidAt = 4;
const secsAt = 8;
const ciaddrAt = 12;
const yiaddrAt = 16;
const chaddrAt = 28;
const optionsAt = 240;
const macs = 2 ** 48;
const emptyAddress = new Uint8Array(4);

const kinds: ReadonlyMap<number, AnswerKind> = new Map([
  [messageType4.OFFER, 'offer'],
  [messageType4.ACK, 'bound'],
  [messageType4.NAK, 'refused'],
]);

export function createProtocol4(options: Protocol4Options): PerfProtocol {
  const discover = template(options, messageType4.DISCOVER, []);
  const request = template(options, messageType4.REQUEST, [50, 54]);
  const renew = template(options, messageType4.REQUEST, []);
  const release = template(options, messageType4.RELEASE, [54]);

  const start = ({ bytes }: Template, client: number, xid: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE(xid >>> 0, xidAt);
    const mac = (options.baseMac + client) % macs;
    copy.writeUInt16BE(Math.floor(mac / 2 ** 32), chaddrAt);
    copy.writeUInt32BE(mac % 2 ** 32, chaddrAt + 2);
    return copy;
  };

  return {
    names: { first: 'DISCOVER-OFFER', second: 'REQUEST-ACK', renew: 'RENEW-ACK', release: 'RELEASE' },
    xids: 2 ** 32,
    first(client, xid, secs) {
      const bytes = start(discover, client, xid);
      bytes.writeUInt16BE(Math.min(secs, 0xffff), secsAt);
      return bytes;
    },
    // RFC 2131 §4.3.2, SELECTING: server identifier and requested address, ciaddr zero.
    second(client, xid, offer) {
      const bytes = start(request, client, xid);
      bytes.writeUInt32BE(Number(offer.address), request.at.get(50));
      bytes.set(offer.server, request.at.get(54));
      return bytes;
    },
    // REBINDING, the form of a renewal that passes a relay: ciaddr, no server identifier.
    renew(xid, binding) {
      const bytes = start(renew, binding.client, xid);
      bytes.writeUInt32BE(Number(binding.address), ciaddrAt);
      return bytes;
    },
    release(xid, binding) {
      const bytes = start(release, binding.client, xid);
      bytes.writeUInt32BE(Number(binding.address), ciaddrAt);
      bytes.set(binding.server, release.at.get(54));
      return bytes;
    },
    read: readAnswer4,
  };
}

/** Options are walked in place: this runs for every packet, and needs two of them. */
export function readAnswer4(bytes: Uint8Array, into: Answer): boolean {
  if (bytes.length < optionsAt || bytes[0] !== 2) return false;
  let type = 0;
  let server: Uint8Array = emptyAddress;
  for (let at = optionsAt; at < bytes.length;) {
    const code = bytes[at]!;
    if (code === 255) break;
    if (code === 0) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? Infinity;
    const value = at + 2;
    if (value + length > bytes.length) return false;
    if (code === 53 && length === 1) type = bytes[value]!;
    else if (code === 54 && length === 4) server = bytes.subarray(value, value + 4);
    at = value + length;
  }
  const kind = kinds.get(type);
  if (kind === undefined) return false;
  into.kind = kind;
  into.xid = uint32(bytes, xidAt);
  into.address = uint32(bytes, yiaddrAt);
  into.server = server;
  return true;
}

interface Template {
  readonly bytes: Uint8Array;
  /** Offset of the payload of options that are written over. */
  readonly at: ReadonlyMap<number, number>;
}

function template(
  { giaddr, hasRelayPort, options }: Protocol4Options,
  type: MessageType4,
  addresses: readonly number[],
): Template {
  // Distinct payloads, so that each is found again in the encoded bytes whatever order the codec chose.
  const marks = new Map(addresses.map((code) => [code, Uint8Array.of(0xfa, 0xce, 0x5a, code)]));
  const bytes = encodeMessage4({
    ...emptyMessage4(),
    op: 1,
    htype: 1,
    hops: 1,
    giaddr,
    chaddr: new Uint8Array(6),
    options: new Map([
      [53, Uint8Array.of(type)],
      [55, Uint8Array.of(1, 3, 6, 15, 51)],
      ...options,
      ...marks,
      ...(hasRelayPort ? [] : [[82, encodeSuboptions4(new Map([[19, new Uint8Array()]]))] as const]),
    ]),
  });
  const at = new Map<number, number>();
  for (const [code, mark] of marks) {
    const found = Buffer.from(bytes).indexOf(Buffer.concat([Buffer.of(code, 4), mark]));
    if (found < 0)
      throw new FlotillaError('USAGE', `an option of the command line contains ${formatHex(mark)} already`);
    at.set(code, found + 2);
  }
  return { bytes, at };
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
