// One socket by itself, one datagram per system call and many: the same contract.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AddressOf, Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { linux, loadLibc, type Libc } from '../../src/net/libc.ts';
import { openUdpSocket, type UdpSocket } from '../../src/net/udp-socket.ts';
import * as packets4 from '../support/packets4.ts';
import * as packets6 from '../support/packets6.ts';

const libc = loadLibc();
const ways: readonly (readonly [string, Libc | null])[] =
  'missing' in libc
    ? [['without libc', null]]
    : [
        ['one by one', { ...libc, canBatch: false }],
        ['in batches', libc],
        ['in batches without trains', { ...libc, canSegment: () => false }],
      ];
const localhosts: { readonly [F in Family]: AddressOf<F> } = {
  4: parseIpv4('127.0.0.1'),
  6: parseIpv6('::1'),
};

interface Pair<F extends Family> {
  readonly from: UdpSocket<F>;
  readonly to: UdpSocket<F>;
  readonly received: Buffer[];
  readonly failures: string[];
  readonly port: number;
  /** Resolves when so many datagrams and failures came. */
  readonly came: (count: number) => Promise<void>;
}

let nextPort = 20_170;
async function pair<F extends Family>(family: F, binding: Libc | null): Promise<Pair<F>> {
  const localhost: AddressOf<F> = localhosts[family];
  const [fromPort, port] = [nextPort++, nextPort++];
  const from = await openUdpSocket({ family, iface: 'lo', address: localhost, port: fromPort }, binding);
  const to = await openUdpSocket({ family, iface: 'lo', address: localhost, port }, binding);
  const received: Buffer[] = [];
  const failures: string[] = [];
  const nothing = { onMessage() {}, onError() {}, onSendFailure() {} };
  from.listen({ ...nothing, onSendFailure: (error) => void failures.push(error.message) });
  to.listen({
    ...nothing,
    onMessage: (bytes, address, source) => {
      assert.equal(address, localhost);
      assert.equal(source, fromPort);
      received.push(bytes);
    },
  });
  const came = async (count: number): Promise<void> => {
    while (received.length + failures.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { from, to, received, failures, port, came };
}

const link = ['2001:db8:1::1', 'fe80::1'] as const;
const newcomers: { readonly [F in Family]: readonly Uint8Array[] } = {
  4: [packets4.discover(), packets4.discover(packets4.throughRelay('192.0.2.1'))].map(({ bytes }) => bytes),
  6: [packets6.solicit(), packets6.solicit(packets6.throughRelay(...link))].map(({ bytes }) => bytes),
};
const others: { readonly [F in Family]: readonly Uint8Array[] } = {
  4: [
    packets4.request(),
    packets4.release(),
    packets4.discover(packets4.withSeconds(4)),
    packets4.bootRequest(),
    packets4.offer(),
    packets4.discover().bytes.subarray(0, 242),
  ].map((each) => ('bytes' in each ? each.bytes : each)),
  6: [
    packets6.request(),
    packets6.renew(packets6.throughRelay(...link)),
    packets6.solicit(packets6.throughRelay(...link, packets6.withInterfaceId('eth7'))),
    packets6.solicit(packets6.throughRelay(...link)).bytes.subarray(0, 38),
  ].map((each) => ('bytes' in each ? each.bytes : each)),
};

for (const family of [4, 6] as const) for (const [way, binding] of ways) contract(family, way, binding);

function contract<F extends Family>(family: F, way: string, binding: Libc | null): void {
  const name = `IPv${family}, ${way}`;
  const localhost: AddressOf<F> = localhosts[family];
  /** 65,535 without the headers; IPv6 does not count its own. */
  const largest = family === 4 ? 65_507 : 65_527;

  test(`datagrams of every size arrive whole, ${name}`, { timeout: 10_000 }, async () => {
    const { from, to, received, port, came } = await pair(family, binding);
    const sizes = [1, 300, 1_500, 9_000, largest, 0, 576];
    for (const size of sizes) from.send(Buffer.alloc(size, size % 251), localhost, port);
    await came(sizes.length);
    for (const [index, size] of sizes.entries())
      assert.ok(received[index]!.equals(Buffer.alloc(size, size % 251)), `${size} bytes`);
    await Promise.all([from.close(), to.close()]);
  });

  test(
    `one that cannot be sent is told, and its neighbours leave, ${name}`,
    { timeout: 10_000 },
    async () => {
      const { from, to, received, failures, port, came } = await pair(family, binding);
      for (let i = 0; i < 100; i++) {
        const isBad = i % 10 === 3;
        from.send(Buffer.from([i]), localhost, isBad ? 0 : port);
      }
      from.send(Buffer.alloc(largest + 1), localhost, port);
      from.send(Buffer.alloc(70_000), localhost, port);
      await came(102);
      assert.equal(failures.length, 12, failures.join('\n'));
      assert.deepEqual(
        received.map((bytes) => bytes[0]).sort((a, b) => a! - b!),
        Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 !== 3),
      );
      await Promise.all([from.close(), to.close()]);
    },
  );

  test(`what was sent before the end still leaves, what is sent after it is told, ${name}`, async () => {
    const { from, to, received, failures, port, came } = await pair(family, binding);
    from.send(Buffer.from('before'), localhost, port);
    const ended = from.close();
    from.send(Buffer.from('after'), localhost, port);
    await ended;
    await came(2);
    assert.equal(received.join(), 'before');
    assert.equal(failures.length, 1);
    await to.close();
  });

  test(`bytes may be written over as soon as they were sent, and belong to whoever received them, ${name}`, async () => {
    const { from, to, received, port, came } = await pair(family, binding);
    const bytes = Buffer.from([0]);
    for (let i = 0; i < 100; i++) {
      bytes[0] = i;
      from.send(bytes, localhost, port);
      if (!binding?.canBatch) await came(i + 1);
    }
    await came(100);
    assert.deepEqual(
      received.map((each) => each[0]),
      Array.from({ length: 100 }, (_, i) => i),
    );
    await Promise.all([from.close(), to.close()]);
  });

  test(`newcomers are left to the kernel, by the share that was asked for, and counted, ${name}`, async () => {
    const { from, to, received, port, came } = await pair(family, binding);
    const drops = to.kernelDrops;
    if (!binding?.canBatch) assert.equal(drops, undefined);
    else {
      const send = (packets: readonly Uint8Array[], times: number): void => {
        for (let i = 0; i < times; i++) for (const bytes of packets) from.send(bytes, localhost, port);
      };
      let ends = 0;
      /** Everything that was sent before has come or was dropped. */
      const settled = async (): Promise<void> => {
        const end = Buffer.from(`end ${ends++}`);
        from.send(end, localhost, port);
        while (!received.at(-1)?.equals(end)) await came(received.length + 1);
      };
      assert.equal(drops!.take(), 0);
      drops!.shed(1);
      send(newcomers[family], 50);
      send(others[family], 50);
      await settled();
      assert.equal(drops!.take(), 100);
      const expected = Array.from({ length: 50 }, () => others[family]).flat();
      assert.deepEqual(
        received.splice(0).slice(0, -1),
        expected.map((bytes) => Buffer.from(bytes)),
      );
      drops!.shed(0.5);
      for (let i = 0; i < 10; i++) {
        send(newcomers[family], 100);
        await settled();
      }
      const arrived = received.splice(0).length - 10;
      assert.ok(arrived > 850 && arrived < 1150, `${arrived} of 2,000 arrived`);
      assert.equal(drops!.take(), 2000 - arrived);
      drops!.shed(0);
      send(newcomers[family], 50);
      await settled();
      assert.equal(received.length, 101);
      assert.equal(drops!.take(), 0);
    }
    await Promise.all([from.close(), to.close()]);
  });
}

for (const family of [4, 6] as const) {
  test(`a way out that takes no trains has its datagrams one by one, and no train again, IPv${family}`, async (t) => {
    if ('missing' in libc) return t.skip(libc.missing);
    const offered: number[] = [];
    const refusing: Libc = {
      ...libc,
      sendMany(fd, headers, count) {
        offered.push(count);
        // The fourth word of struct mmsghdr is the number of parts.
        return headers[3]! > 1n ? -linux.EIO : libc.sendMany(fd, headers, count);
      },
    };
    const { from, to, received, port, came } = await pair(family, refusing);
    for (let i = 0; i < 32; i++) from.send(Buffer.from([i]), localhosts[family], port);
    await came(32);
    for (let i = 32; i < 64; i++) from.send(Buffer.from([i]), localhosts[family], port);
    await came(64);
    assert.deepEqual(offered, [1, 32]);
    assert.deepEqual(
      received.map((each) => each[0]),
      Array.from({ length: 64 }, (_, i) => i),
    );
    await Promise.all([from.close(), to.close()]);
  });
}
