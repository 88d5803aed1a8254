// A server for tests of the load generator that is a function, behind a socket that never leaves the process.
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { runPerf } from '../../src/tools/perf/generator.ts';
import { perfOptions, type PerfFlags } from '../../src/tools/perf/options.ts';
import { createProtocol4 } from '../../src/tools/perf/protocol4.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import type { PerfSocket } from '../../src/tools/perf/socket.ts';
import { decodeMessage4, encodeMessage4 } from '../../src/wire/v4/codec.ts';
import { messageType4, type Message4 } from '../../src/wire/v4/message.ts';

export const relay = parseIpv4('10.9.0.1');
export const server = Uint8Array.of(10, 9, 0, 2);
export const protocol = createProtocol4({
  giaddr: relay,
  baseMac: 0x000c01fffffe,
  hasRelayPort: false,
  options: new Map([[60, Buffer.from('load')]]),
});

/** A socket whose other end is a function: what it returns comes back at once. */
export function socketTo(
  answer: (query: Message4) => Message4 | Uint8Array | null,
): PerfSocket & { sent: number } {
  let deliver: (bytes: Uint8Array) => void = () => undefined;
  const socket = {
    address: relay,
    sent: 0,
    failures: { count: 0, last: '' },
    send(bytes: Uint8Array) {
      socket.sent++;
      const reply = answer(decodeMessage4(bytes));
      if (reply) setImmediate(() => deliver(reply instanceof Uint8Array ? reply : encodeMessage4(reply)));
    },
    onMessage(handler: (bytes: Uint8Array) => void) {
      deliver = handler;
    },
    close: async () => undefined,
  };
  return socket;
}

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

export const run = (
  socket: PerfSocket,
  flags: PerfFlags,
  now: () => number = () => performance.now(),
): Promise<PerfReport> =>
  runPerf(perfOptions(['10.9.0.2'], flags), {
    protocol,
    socket,
    now,
    random: Math.random,
  });

export const ownAddress = (query: Message4): number => Buffer.from(query.chaddr).readUInt32BE(2);
