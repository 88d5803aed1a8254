// DHCPv6 for the load generator: each query is a copy of an encoded template with a few fields written over.
import { parseIpv6 } from '../../addr/ipv6.ts';
import { putUint16, putUint24, putUint32, uint16At, uint24At, uint32At } from '../../wire/big-endian.ts';
import { encodePacket6 } from '../../wire/v6/codec.ts';
import { encodeDuid } from '../../wire/v6/duid.ts';
import { encodeIa6 } from '../../wire/v6/ia.ts';
import { messageType6, type MessageType6, type RelayMessage6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6, optionHeaderSize6 } from '../../wire/v6/options.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import { encodeCodes6 } from '../../wire/v6/values.ts';
import { noBytes, type Answer, type Lease, type PerfProtocol } from './protocol.ts';

/** What a client asks for: an IA_NA, an IA_PD, or both. */
export type LeaseKind6 = 'address' | 'prefix';

export interface Protocol6Options {
  readonly leases: readonly LeaseKind6[];
  /** Link-address of the relay that all clients are behind; null: they speak for themselves. */
  readonly relay: {
    readonly linkAddress: bigint;
    /** True: it listens on 547, where servers answer anyway; else RFC 8357 asks them to use the port it sends from. */
    readonly hasRelayPort: boolean;
  } | null;
  /** Every SOLICIT asks for a REPLY (RFC 8415 §21.14). */
  readonly rapidCommit: boolean;
  /** MAC address of client 0 as a number; client n has n more. */
  readonly baseMac: number;
  /** Sent in every query. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

/** Each client has one IA of a kind. */
const iaid = 1;
/** Behind type, hop count and link-address. */
const peerAddressAt = 18;
const relayOptionsAt = 34;
/** Behind type and transaction id. */
const headerSize = 4;
/** Behind IAID, T1 and T2. */
const iaOptionsAt = 12;
const macs = 2 ** 48;
/** fe80::/64 with the interface identifier of a MAC address that is written over (RFC 4291, appendix A). */
const peerAddressOfNobody = parseIpv6('fe80::ff:fe00:0');
/** RFC 8415 §18.2.1 asks for SOL_MAX_RT; name servers and search list as most clients do. */
const wishes = [option6.solMaxRt, 23, 24];

/** Where an IA's option has what the client gets of it. */
interface LeaseForm {
  readonly ia: number;
  readonly lease: number;
  readonly size: number;
  readonly at: number;
  readonly length: number;
  readonly validLifetimeAt: number;
}

const forms: Readonly<Record<LeaseKind6, LeaseForm>> = {
  address: {
    ia: option6.iaNa,
    lease: option6.iaAddress,
    size: 24,
    at: 0,
    length: 16,
    validLifetimeAt: 20,
  },
  prefix: {
    ia: option6.iaPd,
    lease: option6.iaPrefix,
    size: 25,
    at: 8,
    length: 17,
    validLifetimeAt: 4,
  },
};

/** Milliseconds: RFC 8415 §7.6, SOL_TIMEOUT and SOL_MAX_RT, REQ_TIMEOUT and REQ_MAX_RT. */
const patience = {
  first: { initial: 1_000, longest: 3_600_000 },
  other: { initial: 1_000, longest: 30_000 },
};

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(statusCode6).map(([name, code]) => [code, name]),
);

export function createProtocol6(options: Protocol6Options): PerfProtocol {
  const { leases, rapidCommit, baseMac } = options;
  const solicit = templateOf(options, messageType6.SOLICIT);
  const request = templateOf(options, messageType6.REQUEST);
  const renew = templateOf(options, messageType6.RENEW);
  const release = templateOf(options, messageType6.RELEASE);

  /** A copy with what every client has of its own, and room for `more` bytes of options. */
  const start = (from: Template, client: number, xid: number, elapsed: number, more: number): Uint8Array => {
    const bytes = Buffer.allocUnsafe(from.bytes.length + more);
    bytes.set(from.bytes);
    putUint24(bytes, from.messageAt + 1, xid);
    const mac = (baseMac + client) % macs;
    const [high, low] = [Math.floor(mac / 2 ** 32), mac % 2 ** 32];
    putUint16(bytes, from.macAt, high);
    putUint32(bytes, from.macAt + 2, low);
    // RFC 8415 §21.9: hundredths of a second.
    if (elapsed > 0) putUint16(bytes, from.elapsedAt, Math.min(Math.floor(elapsed / 10), 0xffff));
    if (from.messageAt > 0) {
      putPeerAddress(bytes, high, low);
      putUint16(bytes, from.messageAt - 2, bytes.length - from.messageAt);
    }
    return bytes;
  };
  // A server identifier may have any length, so it comes last.
  const withLease = (
    from: Template,
    client: number,
    xid: number,
    elapsed: number,
    lease: Lease,
  ): Uint8Array => {
    const { server } = lease;
    const bytes = start(from, client, xid, elapsed, optionHeaderSize6 + server.length);
    for (const { kind, at } of from.leasesAt) bytes.set(lease[kind], at);
    const serverAt = from.bytes.length;
    putUint16(bytes, serverAt, option6.serverId);
    putUint16(bytes, serverAt + 2, server.length);
    bytes.set(server, serverAt + optionHeaderSize6);
    return bytes;
  };

  return {
    names: {
      first: rapidCommit ? 'SOLICIT-REPLY' : 'SOLICIT-ADVERTISE',
      second: 'REQUEST-REPLY',
      renew: 'RENEW-REPLY',
      release: 'RELEASE-REPLY',
    },
    xids: 2 ** 24,
    answersRelease: true,
    first: (client, xid, elapsed) => start(solicit, client, xid, elapsed, 0),
    second: (client, xid, offer, elapsed) => withLease(request, client, xid, elapsed, offer),
    renew: (xid, binding) => withLease(renew, binding.client, xid, 0, binding),
    release: (xid, binding) => withLease(release, binding.client, xid, 0, binding),
    // RFC 8415 §15: RT is 2·RTprev and a tenth of it more or less; a first SOLICIT never waits less (§18.2.1).
    patience: ({ isFirst, count, before }, chance) => {
      const { initial, longest } = isFirst ? patience.first : patience.other;
      const factor = chance / 10;
      if (count === 0) return initial * (1 + (isFirst ? Math.abs(factor) : factor));
      const next = before * (2 + factor);
      return next > longest ? longest * (1 + factor) : next;
    },
    read: (bytes, into) => readAnswer6(bytes, leases, into),
  };
}

/** Options are walked in place: this runs for every packet. */
export function readAnswer6(bytes: Uint8Array, leases: readonly LeaseKind6[], into: Answer): boolean {
  let start = 0;
  let end = bytes.length;
  if (bytes[0] === messageType6.RELAY_REPL) {
    start = optionAt(bytes, relayOptionsAt, end, option6.relayMessage);
    if (start < 0) return false;
    end = start + lengthOf(bytes, start);
  }
  if (end - start < headerSize) return false;
  const type = bytes[start];
  if (type !== messageType6.ADVERTISE && type !== messageType6.REPLY) return false;
  const options = start + headerSize;
  const serverAt = optionAt(bytes, options, end, option6.serverId);
  into.kind = type === messageType6.ADVERTISE ? 'offer' : 'reply';
  into.xid = uint24At(bytes, start + 1);
  into.server = serverAt < 0 ? noBytes : bytes.subarray(serverAt, serverAt + lengthOf(bytes, serverAt));
  into.refusal = refusalIn(bytes, options, end);
  into.hasLease = true;
  into.address = into.prefix = noBytes;
  for (const kind of leases) {
    const { ia, at, length } = forms[kind];
    const iaAt = optionAt(bytes, options, end, ia);
    const iaEnd = iaAt < 0 ? 0 : iaAt + lengthOf(bytes, iaAt);
    if (into.refusal === '') into.refusal = refusalIn(bytes, iaAt + iaOptionsAt, iaEnd);
    const leaseAt = leaseIn(bytes, iaAt + iaOptionsAt, iaEnd, forms[kind]);
    if (leaseAt < 0) into.hasLease = false;
    else into[kind] = bytes.subarray(leaseAt + at, leaseAt + at + length);
  }
  return true;
}

/** Payload of the first address or prefix that may be used: with a valid lifetime (RFC 8415 §18.2.10.1). */
function leaseIn(bytes: Uint8Array, start: number, end: number, form: LeaseForm): number {
  for (let from = start; ;) {
    const at = optionAt(bytes, from, end, form.lease);
    if (at < 0) return -1;
    const length = lengthOf(bytes, at);
    if (length >= form.size && uint32At(bytes, at + form.validLifetimeAt) > 0) return at;
    from = at + length;
  }
}

/** Name of the status that is no success, '' when there is none. */
function refusalIn(bytes: Uint8Array, start: number, end: number): string {
  const at = optionAt(bytes, start, end, option6.statusCode);
  if (at < 0 || lengthOf(bytes, at) < 2) return '';
  const code = uint16At(bytes, at);
  return code === statusCode6.Success ? '' : (statusNames.get(code) ?? `status ${code}`);
}

/** Where the payload of the first option of this code begins; -1 without one, or when options run past the end. */
function optionAt(bytes: Uint8Array, start: number, end: number, code: number): number {
  for (let at = start; at + optionHeaderSize6 <= end;) {
    const next = at + optionHeaderSize6 + uint16At(bytes, at + 2);
    if (next > end) return -1;
    if (uint16At(bytes, at) === code) return at + optionHeaderSize6;
    at = next;
  }
  return -1;
}

/** Of the option whose payload begins at `at`. */
const lengthOf = (bytes: Uint8Array, at: number): number => uint16At(bytes, at - 2);

/** Writes a MAC address over that of nobody. */
function putPeerAddress(bytes: Uint8Array, high: number, low: number): void {
  putUint16(bytes, peerAddressAt + 8, high ^ 0x0200);
  bytes[peerAddressAt + 10] = low >>> 24;
  bytes[peerAddressAt + 13] = low >>> 16;
  putUint16(bytes, peerAddressAt + 14, low);
}

interface Template {
  readonly bytes: Uint8Array;
  /** Where the client's message begins: behind the relay's part. */
  readonly messageAt: number;
  /** Offsets of what is written over. */
  readonly macAt: number;
  readonly elapsedAt: number;
  readonly leasesAt: readonly { readonly kind: LeaseKind6; readonly at: number }[];
}

function templateOf({ leases, relay, rapidCommit, options }: Protocol6Options, type: MessageType6): Template {
  const isSolicit = type === messageType6.SOLICIT;
  const duid = encodeDuid({ kind: 'LL', htype: 1, address: new Uint8Array(6) });
  const message = new Options6().add(option6.clientId, duid).add(option6.elapsedTime, new Uint8Array(2));
  if (type !== messageType6.RELEASE) message.add(option6.optionRequest, encodeCodes6(wishes));
  if (isSolicit && rapidCommit) message.add(option6.rapidCommit, noBytes);
  for (const kind of leases) {
    const { ia, lease, size } = forms[kind];
    const inside = isSolicit ? new Options6() : new Options6().add(lease, new Uint8Array(size));
    message.add(ia, encodeIa6({ iaid, t1: 0, t2: 0, options: inside }));
  }
  for (const [code, value] of options) message.add(code, value);
  const bytes = encodePacket6({
    relays: relay ? [relayOf(relay)] : [],
    message: { type, transactionId: 0, options: message },
  });
  const end = bytes.length;
  const messageAt = relay ? optionAt(bytes, relayOptionsAt, end, option6.relayMessage) : 0;
  const of = (code: number): number => optionAt(bytes, messageAt + headerSize, end, code);
  return {
    bytes,
    messageAt,
    macAt: of(option6.clientId) + duid.length - 6,
    elapsedAt: of(option6.elapsedTime),
    leasesAt: isSolicit
      ? []
      : leases.map((kind) => {
          const { ia, lease, at } = forms[kind];
          return { kind, at: optionAt(bytes, of(ia) + iaOptionsAt, end, lease) + at };
        }),
  };
}

const relayOf = ({ linkAddress, hasRelayPort }: NonNullable<Protocol6Options['relay']>): RelayMessage6 => ({
  type: messageType6.RELAY_FORW,
  hopCount: 0,
  linkAddress,
  peerAddress: peerAddressOfNobody,
  // RFC 8357 §5.2: no relay further down has a port of its own.
  options: hasRelayPort ? new Options6() : new Options6().add(option6.relaySourcePort, new Uint8Array(2)),
});
