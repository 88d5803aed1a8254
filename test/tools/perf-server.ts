// A server for tests of the load generator that is a function, behind a socket that never leaves the process.
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { runPerf } from '../../src/tools/perf/generator.ts';
import { perfOptions, type PerfFlags } from '../../src/tools/perf/options.ts';
import { createProtocol } from '../../src/tools/perf/create-protocol.ts';
import { createProtocol4 } from '../../src/tools/perf/protocol4.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import type { PerfSocket } from '../../src/tools/perf/socket.ts';
import { decodeMessage4, encodeMessage4 } from '../../src/wire/v4/codec.ts';
import { messageType4, type Message4 } from '../../src/wire/v4/message.ts';
import { decodePacket6, encodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeIa6, encodeIa6, encodeIaAddress6, encodeIaPrefix6 } from '../../src/wire/v6/ia.ts';
import { messageType6, type MessageType6, type Packet6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../src/wire/v6/options.ts';
import { relayReplies6 } from '../../src/wire/v6/relay.ts';

export const relay = parseIpv4('10.9.0.1');
export const server = Uint8Array.of(10, 9, 0, 2);
export const protocol = createProtocol4({
  giaddr: relay,
  baseMac: 0x000c01fffffe,
  hasRelayPort: false,
  options: new Map([[60, Buffer.from('load')]]),
});

export const relay6 = parseIpv6('2001:db8:9::1');
export const server6 = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 9);

interface Wire<M> {
  readonly decode: (bytes: Uint8Array) => M;
  readonly encode: (message: M) => Uint8Array;
}

/** A socket whose other end is a function: what it returns comes back at once. */
function socketOver<M extends object>(
  { decode, encode }: Wire<M>,
  linkAddress: number | bigint,
  answer: (query: M) => M | Uint8Array | null,
): PerfSocket & { sent: number } {
  let deliver: (bytes: Uint8Array) => void = () => undefined;
  const socket = {
    linkAddress,
    sent: 0,
    failures: { count: 0, last: '' },
    send(bytes: Uint8Array) {
      socket.sent++;
      const reply = answer(decode(bytes));
      if (reply) setImmediate(() => deliver(reply instanceof Uint8Array ? reply : encode(reply)));
    },
    onMessage(handler: (bytes: Uint8Array) => void) {
      deliver = handler;
    },
    close: async () => undefined,
  };
  return socket;
}

export const socketTo = (
  answer: (query: Message4) => Message4 | Uint8Array | null,
): PerfSocket & { sent: number } =>
  socketOver({ decode: decodeMessage4, encode: encodeMessage4 }, relay, answer);

export const socketTo6 = (
  answer: (query: Packet6) => Packet6 | Uint8Array | null,
): PerfSocket & { sent: number } =>
  socketOver({ decode: decodePacket6, encode: encodePacket6 }, relay6, answer);

export const replying = (query: Message4, type: number, address: number): Message4 => ({
  ...query,
  op: 2,
  yiaddr: address,
  options: new Map([
    [53, Uint8Array.of(type)],
    [54, server],
  ]),
});

/** Serves everybody; `address` decides what a client gets. */
export const serving =
  (address: (query: Message4) => number) =>
  (query: Message4): Message4 | null => {
    const type = query.options.get(53)![0];
    if (type === messageType4.RELEASE) return null;
    return replying(
      query,
      type === messageType4.DISCOVER ? messageType4.OFFER : messageType4.ACK,
      address(query),
    );
  };

/** The IAs of the query come back, each with what `inside` puts into it. */
export function replying6(
  query: Packet6,
  type: MessageType6,
  inside: (code: number) => Options6,
  more: readonly (readonly [number, Uint8Array])[] = [],
): Packet6 {
  const options = new Options6().add(option6.serverId, server6);
  for (const [code, value] of query.message.options) {
    if (code === option6.clientId) options.add(code, value);
    if (code !== option6.iaNa && code !== option6.iaPd) continue;
    options.add(code, encodeIa6({ ...decodeIa6(value), options: inside(code) }));
  }
  for (const [code, value] of more) options.add(code, value);
  return { relays: relayReplies6(query.relays), message: { ...query.message, type, options } };
}

/** An address or a /56 with this number. */
export function lease6(code: number, number: number, validLifetime = 3600): Options6 {
  const lifetimes = { preferredLifetime: validLifetime, validLifetime, options: new Options6() };
  const [address, prefix] = [parseIpv6('2001:db8:1::'), parseIpv6('2001:db9::')];
  return code === option6.iaNa
    ? new Options6().add(
        option6.iaAddress,
        encodeIaAddress6({ address: address + BigInt(number), ...lifetimes }),
      )
    : new Options6().add(
        option6.iaPrefix,
        encodeIaPrefix6({ prefix: prefix + (BigInt(number) << 72n), length: 56, ...lifetimes }),
      );
}

/** Serves everybody; `number` decides what a client gets. */
export const serving6 =
  (number: (query: Packet6) => number) =>
  (query: Packet6): Packet6 => {
    const { type, options } = query.message;
    if (type === messageType6.RELEASE) return replying6(query, messageType6.REPLY, () => new Options6());
    const isOffer = type === messageType6.SOLICIT && !options.has(option6.rapidCommit);
    return replying6(query, isOffer ? messageType6.ADVERTISE : messageType6.REPLY, (code) =>
      lease6(code, number(query)),
    );
  };

/** Of the client's DUID-LL. */
export const ownNumber = ({ message }: Packet6): number =>
  Buffer.from(message.options.get(option6.clientId)!).readUInt32BE(6);

export function run(
  socket: PerfSocket,
  flags: PerfFlags,
  now: () => number = () => performance.now(),
): Promise<PerfReport> {
  const options = perfOptions([flags.v6 ? '2001:db8:9::2' : '10.9.0.2'], flags);
  return runPerf(options, {
    protocol: flags.v6 ? createProtocol(options, relay6) : protocol,
    socket,
    now,
    random: Math.random,
  });
}

/** A clock a hundred times as fast as the real one, which stands still when the process does. */
export function fastClock(): () => number {
  let clock = 0;
  let last = performance.now();
  return () => {
    const real = performance.now();
    clock += Math.min(real - last, 2) * 100;
    last = real;
    return clock;
  };
}

export const ownAddress = (query: Message4): number => Buffer.from(query.chaddr).readUInt32BE(2);
