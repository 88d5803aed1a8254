// The queue between sockets and processing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketQueue } from '../../src/engine/queue.ts';

interface Packet {
  readonly client: string;
  readonly n: number;
}

function setUp(capacity: number, maxInFlight: number) {
  const started: Packet[] = [];
  const dropped: string[] = [];
  const finish = new Map<Packet, () => void>();
  const queue = new PacketQueue<Packet>(
    { capacity, maxInFlight },
    {
      clientOf: ({ client }) => client,
      process: (packet) => {
        started.push(packet);
        return new Promise((resolve) => finish.set(packet, resolve));
      },
      onOverflow: ({ n }) => dropped.push(`overflow ${n}`),
      onReplaced: ({ n }) => dropped.push(`replaced ${n}`),
    },
  );
  const end = async (index: number): Promise<void> => {
    finish.get(started[index]!)!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, started, dropped, end, numbers: () => started.map(({ n }) => n) };
}

void test('packets of different clients are processed side by side', () => {
  const { queue, numbers } = setUp(4, 10);
  queue.push({ client: 'a', n: 1 });
  queue.push({ client: 'b', n: 2 });
  assert.deepEqual(numbers(), [1, 2]);
  assert.equal(queue.inFlight, 2);
});

void test('a second packet of a client waits for the first', async () => {
  const { queue, numbers, end } = setUp(4, 10);
  queue.push({ client: 'a', n: 1 });
  queue.push({ client: 'a', n: 2 });
  assert.deepEqual(numbers(), [1]);
  await end(0);
  assert.deepEqual(numbers(), [1, 2]);
});

void test('a newer packet of a client replaces the one that waits', async () => {
  const { queue, numbers, dropped, end } = setUp(4, 10);
  for (const n of [1, 2, 3, 4]) queue.push({ client: 'a', n });
  assert.deepEqual(dropped, ['replaced 2', 'replaced 3']);
  await end(0);
  assert.deepEqual(numbers(), [1, 4]);
});

void test('packets that name nobody never wait for one another', () => {
  const { queue, numbers } = setUp(4, 10);
  queue.push({ client: '', n: 1 });
  queue.push({ client: '', n: 2 });
  assert.deepEqual(numbers(), [1, 2]);
});

void test('a full ring drops the oldest packet', async () => {
  const { queue, numbers, dropped, end } = setUp(2, 1);
  for (const n of [1, 2, 3, 4]) queue.push({ client: `c${n}`, n });
  assert.deepEqual(dropped, ['overflow 2']);
  await end(0);
  await end(1);
  await end(2);
  assert.deepEqual(numbers(), [1, 3, 4]);
});

void test('draining answers what was accepted and refuses the rest', async () => {
  const { queue, numbers, end } = setUp(4, 1);
  queue.push({ client: 'a', n: 1 });
  queue.push({ client: 'b', n: 2 });
  let drained = false;
  const done = queue.drain().then(() => (drained = true));
  queue.push({ client: 'c', n: 3 });
  await end(0);
  assert.equal(drained, false);
  await end(1);
  await done;
  assert.deepEqual(numbers(), [1, 2]);
});
