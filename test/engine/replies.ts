// Answers as scenarios look at them: what is in the message, and where it goes.
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { formatIpv6 } from '../../src/addr/ipv6.ts';
import type { OutboundDatagram } from '../../src/net/transport.ts';
import { decodeMessage4 } from '../../src/wire/v4/codec.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { decodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeIa6, iaAddresses6, iaPrefixes6 } from '../../src/wire/v6/ia.ts';
import type { Message6, RelayMessage6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import type { Options6 } from '../../src/wire/v6/options.ts';
import { decodeStatus6 } from '../../src/wire/v6/status.ts';

interface OptionViews {
  /** Payload of the first option of the code as bytes in hexadecimal, '' when absent. */
  hex(code: number): string;
  text(code: number): string;
  /** A payload of four bytes. */
  number(code: number): number | undefined;
}

export interface Reply4 extends OutboundDatagram, OptionViews {
  readonly message: Message4;
  readonly yiaddr: string;
  /** 2 OFFER, 5 ACK, 6 NAK. */
  readonly type: number;
  readonly to: string;
}

/** An IA Address or IA Prefix. */
export interface ReplyLease6 {
  /** `2001:db8::1`, or `2001:db8:8::/56`. */
  readonly text: string;
  readonly preferred: number;
  readonly valid: number;
  /** Payload of Prefix Exclude as hexadecimal, '' when absent. */
  readonly excluded: string;
}

export interface ReplyIa6 {
  readonly kind: 'IA_NA' | 'IA_PD';
  readonly iaid: number;
  readonly t1: number;
  readonly t2: number;
  readonly leases: readonly ReplyLease6[];
  /** Code of the Status Code option inside. */
  readonly status: number | undefined;
}

export interface Reply6 extends OutboundDatagram<6>, OptionViews {
  readonly message: Message6;
  /** Outermost first. */
  readonly relays: readonly RelayMessage6[];
  /** 2 ADVERTISE, 7 REPLY. */
  readonly type: number;
  readonly ias: readonly ReplyIa6[];
  /** What the client may use: the leases of all IAs whose lifetime is not 0. */
  readonly given: readonly string[];
  /** What it must stop using: those with a lifetime of 0. */
  readonly withdrawn: readonly string[];
  /** Code of the Status Code option of the message itself. */
  readonly status: number | undefined;
  readonly to: string;
}

export function readReply4(datagram: OutboundDatagram): Reply4 {
  const message = decodeMessage4(datagram.bytes);
  const views = viewsOf((code) => message.options.get(code));
  return {
    ...datagram,
    ...views,
    message,
    yiaddr: formatIpv4(message.yiaddr),
    type: Buffer.from(views.hex(53), 'hex')[0]!,
    to: `${formatIpv4(datagram.destination)}:${datagram.destinationPort}`,
  };
}

export function readReply6(datagram: OutboundDatagram<6>): Reply6 {
  const { relays, message } = decodePacket6(datagram.bytes);
  const ias = readIas(message.options);
  const leases = ias.flatMap((ia) => ia.leases);
  return {
    ...datagram,
    ...viewsOf((code) => message.options.get(code)),
    message,
    relays,
    type: message.type,
    ias,
    given: leases.filter(({ valid }) => valid > 0).map(({ text }) => text),
    withdrawn: leases.filter(({ valid }) => valid === 0).map(({ text }) => text),
    status: statusOf(message.options),
    to: `[${formatIpv6(datagram.destination)}]:${datagram.destinationPort}`,
  };
}

function readIas({ codes, values }: Options6): ReplyIa6[] {
  const found: ReplyIa6[] = [];
  for (const [at, code] of codes.entries()) {
    if (code !== option6.iaNa && code !== option6.iaPd) continue;
    const { iaid, t1, t2, options } = decodeIa6(values[at]!);
    const leases = code === option6.iaNa ? addressesOf(options) : prefixesOf(options);
    found.push({
      kind: code === option6.iaNa ? 'IA_NA' : 'IA_PD',
      iaid,
      t1,
      t2,
      leases,
      status: statusOf(options),
    });
  }
  return found;
}

const addressesOf = (options: Options6): ReplyLease6[] =>
  iaAddresses6(options).map(({ address, preferredLifetime, validLifetime }) => ({
    text: formatIpv6(address),
    preferred: preferredLifetime,
    valid: validLifetime,
    excluded: '',
  }));

const prefixesOf = (options: Options6): ReplyLease6[] =>
  iaPrefixes6(options).map(({ prefix, length, preferredLifetime, validLifetime, options: inside }) => ({
    text: `${formatIpv6(prefix)}/${length}`,
    preferred: preferredLifetime,
    valid: validLifetime,
    excluded: Buffer.from(inside.get(option6.pdExclude) ?? []).toString('hex'),
  }));

function statusOf(options: Options6): number | undefined {
  const bytes = options.get(option6.statusCode);
  return bytes && decodeStatus6(bytes).code;
}

function viewsOf(get: (code: number) => Uint8Array | undefined): OptionViews {
  const option = (code: number): Buffer => Buffer.from(get(code) ?? []);
  return {
    hex: (code) => option(code).toString('hex'),
    text: (code) => option(code).toString('latin1'),
    number: (code) => (option(code).length === 4 ? option(code).readUInt32BE() : undefined),
  };
}
