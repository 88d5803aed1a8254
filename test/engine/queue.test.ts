// The queue between sockets and processing: who waits, who gives way, and how many are in process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '../../src/addr/family.ts';
import { Admission } from '../../src/engine/admission.ts';
import { InFlightLimit } from '../../src/engine/in-flight-limit.ts';
import type { QueuedPacket } from '../../src/engine/queue-types.ts';
import { RingQueue } from '../../src/engine/ring-queue.ts';
import { peekPacket4 } from '../../src/engine/v4/peek.ts';
import { discover, fromMac, request, throughRelay, withCircuitId } from '../support/packets4.ts';

const type = { discover: 1, request: 3, decline: 4, release: 7, inform: 8 } as const;

interface Packet extends QueuedPacket {
  readonly n: number;
}

function setUp(capacity: number, maxInFlight: number, family: Family = 4) {
  let now = 0;
  let n = 0;
  const started: Packet[] = [];
  const dropped: string[] = [];
  const finish = new Map<Packet, () => void>();
  const drop = (packet: QueuedPacket, reason: string): void =>
    void dropped.push(`${reason} ${(packet as Packet).n}`);
  const deps = { family, now: () => now, drop } as const;
  const admission = new Admission<Packet>(
    { family },
    {
      ...deps,
      queue: new RingQueue({ capacity }, deps),
      limit: new InFlightLimit({ max: maxInFlight }),
      process: (packet) => {
        started.push(packet);
        return new Promise<void>((resolve) => finish.set(packet, resolve));
      },
      replaceFailed: () => new RingQueue({ capacity }, deps),
    },
  );
  return {
    admission,
    dropped,
    numbers: () => started.map((packet) => packet.n),
    /** Packets are numbered from 1. */
    push: (client: string, kind: keyof typeof type = 'discover', more: Partial<QueuedPacket> = {}): void => {
      const messageType = type[kind];
      admission.push({
        bytes: new Uint8Array(),
        client,
        source: '',
        isCircuit: false,
        messageType,
        isCompleting: messageType !== type.discover,
        receivedAt: now,
        n: ++n,
        ...more,
      });
    },
    end: async (index: number): Promise<void> => {
      finish.get(started[index]!)!();
      await new Promise((resolve) => setImmediate(resolve));
    },
    pass: (milliseconds: number) => void (now += milliseconds),
  };
}

/** One packet of a stranger is in process and nothing else may start. */
function busy(capacity: number, family: Family = 4) {
  const world = setUp(capacity, 1, family);
  world.push('stranger');
  return {
    ...world,
    all: async (): Promise<number[]> => {
      for (let i = 0; i < world.numbers().length; i++) await world.end(i);
      return world.numbers().slice(1);
    },
  };
}

void test('packets of different clients are processed side by side', () => {
  const { push, numbers, admission } = setUp(4, 10);
  push('a');
  push('b');
  assert.deepEqual(numbers(), [1, 2]);
  assert.equal(admission.inFlight, 2);
});

void test('a second packet of a client waits for the first', async () => {
  const { push, numbers, end } = setUp(4, 10);
  push('a');
  push('a', 'request');
  assert.deepEqual(numbers(), [1]);
  await end(0);
  assert.deepEqual(numbers(), [1, 2]);
});

void test('a retransmission takes the place of the one that waits for its client', async () => {
  const { push, numbers, dropped, end } = setUp(4, 10);
  for (let i = 0; i < 4; i++) push('a');
  assert.deepEqual(dropped, ['duplicate 2', 'duplicate 3']);
  await end(0);
  assert.deepEqual(numbers(), [1, 4]);
});

void test('a retransmission takes the place of the one in the queue', async () => {
  const { push, dropped, all } = busy(8);
  push('a');
  push('b');
  push('a');
  assert.deepEqual(dropped, ['duplicate 2']);
  assert.deepEqual(await all(), [3, 4]);
});

void test('a release or decline that waits is kept beside what the client sends next', async () => {
  const { push, dropped, all } = busy(8);
  push('a', 'decline');
  push('a', 'discover');
  push('a', 'decline');
  assert.deepEqual(dropped, []);
  assert.deepEqual(await all(), [2, 4, 3], 'in process one after the other, completing first');
});

void test('one client holds no more than its share', async () => {
  const { push, dropped, all } = busy(64);
  for (let i = 0; i < 10; i++) push('a', 'release');
  assert.deepEqual(
    dropped,
    [2, 3, 4, 5, 6, 7].map((n) => `queue-share ${n}`),
  );
  assert.deepEqual(await all(), [8, 9, 10, 11]);
});

void test('one client holds no more than its share while one of its packets is in process', () => {
  const { push, dropped } = setUp(64, 10);
  for (let i = 0; i < 10; i++) push('a', 'release');
  assert.equal(dropped.length, 5, 'one in process, four wait');
});

void test('one circuit holds no more than its share, whatever hardware addresses it invents', async () => {
  const { push, dropped, all } = busy(256);
  const flooding = { source: 'relay/port7', isCircuit: true };
  for (let i = 0; i < 200; i++) push(`invented ${i}`, 'discover', flooding);
  push('honest', 'discover', { source: 'relay/port8', isCircuit: true });
  assert.equal(dropped.length, 200 - 256 / 8);
  assert.ok(dropped.every((text) => text.startsWith('queue-share')));
  assert.equal((await all()).indexOf(202), 1, 'it waited for one packet of the flood');
});

void test('a relay leaves room for others', () => {
  const { push, admission } = busy(100);
  for (let i = 0; i < 200; i++) push(`invented ${i}`, 'discover', { source: 'relay' });
  assert.equal(admission.waiting, 75);
});

void test('circuits take turns, and of one circuit the oldest comes first', async () => {
  const { push, all } = busy(256);
  for (const circuit of ['a', 'a', 'a', 'b', 'c', 'b'])
    push(`client ${Math.random()}`, 'discover', { source: circuit, isCircuit: true });
  assert.deepEqual(await all(), [2, 5, 6, 3, 7, 4]);
});

void test('how many wait is averaged over the last packets', () => {
  const { push, admission } = busy(1000);
  for (let i = 0; i < 500; i++) push(`client ${i}`);
  const [few, some, many] = admission.averages;
  assert.equal(admission.waiting, 500);
  assert.ok(
    few > 480 && few < 500 && some > 390 && some < 420 && many > 80 && many < 120,
    `${few} ${some} ${many}`,
  );
});

void test('packets that name nobody never wait for one another', () => {
  const { push, numbers } = setUp(4, 10);
  push('');
  push('');
  assert.deepEqual(numbers(), [1, 2]);
});

void test('a full queue drops the oldest packet', async () => {
  const { push, dropped, all } = busy(2);
  for (const client of ['a', 'b', 'c']) push(client);
  assert.deepEqual(dropped, ['queue-full 2']);
  assert.deepEqual(await all(), [3, 4]);
});

void test('in a full queue DISCOVERs give way to clients about to complete, and never the other way round', async () => {
  const { push, dropped, all } = busy(3);
  push('a', 'discover');
  push('b', 'request');
  push('c', 'inform');
  push('d', 'release');
  push('e', 'discover');
  push('f', 'decline');
  assert.deepEqual(dropped, ['queue-full 2', 'queue-full 6', 'queue-full 3']);
  assert.deepEqual(await all(), [4, 5, 7]);
});

void test('renewals go first but do not shut newcomers out', async () => {
  const { push, all } = busy(100);
  push('newcomer', 'discover');
  for (let i = 0; i < 20; i++) push(`renewing ${i}`, 'request');
  assert.equal((await all()).indexOf(2), 7);
});

void test('what waited longer than its client does is dropped', async () => {
  const { push, dropped, pass, all } = busy(10);
  push('a');
  push('b', 'request');
  pass(3001);
  push('c');
  assert.deepEqual(await all(), [4]);
  assert.deepEqual(dropped, ['queue-late 3', 'queue-late 2']);
});

for (const [family, sentOnce, others] of [
  [4, [type.release, type.decline], [type.request, type.inform, 9]],
  [6, [8, 9], [3, 4, 5, 6, 7]],
] as const) {
  void test(`DHCPv${family}: RELEASE and DECLINE are never dropped for having waited`, async () => {
    const { push, dropped, pass, all } = busy(64, family);
    for (const messageType of [...others, ...sentOnce])
      push(`client ${messageType}`, 'request', { messageType, isCompleting: true });
    pass(60_000);
    push('timely', 'request', { messageType: 3, isCompleting: true });
    const last = others.length + sentOnce.length + 1;
    assert.deepEqual(
      await all(),
      [last + 1, last - 1, last],
      'late as they are, they let the timely one past',
    );
    assert.deepEqual(
      dropped,
      others.map((_, i) => `queue-late ${i + 2}`),
    );
  });
}

void test('a RELEASE that is late still comes before what its client sent after it', async () => {
  const { push, pass, all } = busy(64);
  push('a', 'release');
  push('b', 'decline');
  pass(3001);
  push('c', 'request');
  push('a', 'request');
  push('d', 'request');
  assert.deepEqual(await all(), [4, 2, 5, 6, 3]);
});

void test('a flood of RELEASEs does not make others late, and gives way first when the ring is full', async () => {
  const { push, pass, all, end, dropped } = busy(32);
  for (let i = 0; i < 32; i++) push(`invented ${i}`, 'release');
  pass(3001);
  await end(0);
  for (let i = 0; i < 10; i++) push(`renewing ${i}`, 'request');
  push('newcomer', 'discover');
  assert.deepEqual(
    dropped,
    Array.from({ length: 10 }, (_, i) => `queue-full ${i + 3}`),
  );
  const order = await all();
  assert.equal(order.length, 33 - 10 + 10);
  const timely = order.slice(0, 13).filter((n) => n > 33);
  assert.equal(timely.length, 11, 'one turn in eight is that of a RELEASE');
});

void test('draining answers what was accepted and refuses the rest, which is counted', async () => {
  const { push, numbers, admission, end, dropped } = setUp(4, 1);
  push('a');
  push('b');
  let drained = false;
  const done = admission.drain().then(() => (drained = true));
  push('c');
  await end(0);
  assert.equal(drained, false);
  assert.deepEqual(dropped, ['closing 3']);
  await end(1);
  await done;
  assert.deepEqual(numbers(), [1, 2]);
});

void test('another queue takes over what waits, and its capacity counts at once', async () => {
  const { push, admission, dropped, all } = busy(8);
  for (const client of ['a', 'b', 'c']) push(client);
  const deps = {
    family: 4,
    now: () => 0,
    drop: (packet: QueuedPacket, reason: string) => void dropped.push(`${reason} ${(packet as Packet).n}`),
  } as const;
  admission.replaceQueue(new RingQueue({ capacity: 2 }, deps));
  assert.deepEqual(dropped, ['queue-full 2']);
  assert.deepEqual(await all(), [3, 4]);
});

void test('a queue that throws is replaced, and packets go on, the one that it threw at too', async () => {
  const { push, admission, all } = busy(8);
  admission.replaceQueue({
    size: 0,
    enqueue: () => {
      throw new TypeError('a bug');
    },
    dequeue: () => undefined,
  });
  push('a');
  push('b');
  assert.deepEqual(await all(), [2, 3]);
  await admission.settled();
});

void test('the peek tells message type, relay and circuit', () => {
  const mac = fromMac('02:00:00:00:00:01');
  const relayed = peekPacket4(request(mac, throughRelay('192.0.2.254', withCircuitId('aa:bb:cc:dd'))).bytes);
  assert.equal(relayed.messageType, 3);
  assert.equal(relayed.isCompleting, true);
  assert.equal(relayed.isCircuit, true);
  const other = peekPacket4(request(mac, throughRelay('192.0.2.254', withCircuitId('aa:bb:cc:de'))).bytes);
  assert.notEqual(other.source, relayed.source);
  const direct = peekPacket4(discover(mac).bytes);
  assert.deepEqual([direct.source, direct.isCircuit, direct.isCompleting], ['', false, false]);
});
