// DHCPv4 for the load generator: each query is a copy of an encoded template with a few fields written over.
import { formatHex } from '../../addr/hex.ts';
import { FlotillaError } from '../../errors.ts';
import { uint32At } from '../../wire/big-endian.ts';
import { encodeMessage4 } from '../../wire/v4/codec.ts';
import { emptyMessage4, messageType4, type MessageType4 } from '../../wire/v4/message.ts';
import { encodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import { noBytes, type Answer, type AnswerKind, type PerfProtocol } from './protocol.ts';

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
/** Milliseconds. RFC 2131 §4.1: after 4 s, 8 s, 16 s … at most 64 s, each a second more or less by chance. */
const firstPatience = 4_000;
const longestPatience = 64_000;
const jitter = 1_000;

const kinds: ReadonlyMap<number, AnswerKind> = new Map([
  [messageType4.OFFER, 'offer'],
  [messageType4.ACK, 'reply'],
  [messageType4.NAK, 'reply'],
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
    answersRelease: false,
    first(client, xid, elapsed) {
      const bytes = start(discover, client, xid);
      bytes.writeUInt16BE(Math.min(Math.floor(elapsed / 1000), 0xffff), secsAt);
      return bytes;
    },
    // RFC 2131 §4.3.2, SELECTING: server identifier and requested address, ciaddr zero. §4.4.1: only DISCOVERs count the
    // seconds; a REQUEST says what its first DISCOVER said.
    second(client, xid, offer) {
      const bytes = start(request, client, xid);
      bytes.set(offer.address, request.at.get(50));
      bytes.set(offer.server, request.at.get(54));
      return bytes;
    },
    // REBINDING, the form of a renewal that passes a relay: ciaddr, no server identifier.
    renew(xid, binding) {
      const bytes = start(renew, binding.client, xid);
      bytes.set(binding.address, ciaddrAt);
      return bytes;
    },
    release(xid, binding) {
      const bytes = start(release, binding.client, xid);
      bytes.set(binding.address, ciaddrAt);
      bytes.set(binding.server, release.at.get(54));
      return bytes;
    },
    patience: ({ count }, chance) => Math.min(longestPatience, firstPatience * 2 ** count) + chance * jitter,
    read: readAnswer4,
  };
}

/** Options are walked in place: this runs for every packet, and needs two of them. */
export function readAnswer4(bytes: Uint8Array, into: Answer): boolean {
  if (bytes.length < optionsAt || bytes[0] !== 2) return false;
  let type = 0;
  let server: Uint8Array = noBytes;
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
  into.refusal = type === messageType4.NAK ? 'NAK' : '';
  into.hasLease = into.refusal === '';
  into.xid = uint32At(bytes, xidAt);
  into.address = bytes.subarray(yiaddrAt, yiaddrAt + 4);
  into.prefix = noBytes;
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
