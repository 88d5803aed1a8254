// One socket by itself, one datagram per system call and many: the same contract.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AddressOf, Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { loadLibc, type Libc } from '../../src/net/libc.ts';
import { openUdpSocket, type UdpSocket } from '../../src/net/udp-socket.ts';

const libc = loadLibc();
const ways: readonly (readonly [string, Libc | null])[] =
  'missing' in libc
    ? [['without libc', null]]
    : [
        ['one by one', { ...libc, canBatch: false }],
        ['in batches', libc],
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
      if (way !== 'in batches') await came(i + 1);
    }
    await came(100);
    assert.deepEqual(
      received.map((each) => each[0]),
      Array.from({ length: 100 }, (_, i) => i),
    );
    await Promise.all([from.close(), to.close()]);
  });
}
