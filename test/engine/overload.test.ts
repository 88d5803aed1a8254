// Overload, played on a fake clock: clients, the real queue and admission, and a store that can only do so much.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../src/engine/admission.ts';
import { InFlightLimit } from '../../src/engine/in-flight-limit.ts';
import { defaultQueueCapacity, type QueueDrop, type QueuedPacket } from '../../src/engine/queue-types.ts';
import { RingQueue } from '../../src/engine/ring-queue.ts';
import { Shedding } from '../../src/engine/shedding.ts';
import { mulberry32 } from '../support/mutate-packets.ts';

interface SimulationOptions {
  /** Packets per second that the store can do. */
  readonly capacity: number;
  /** Milliseconds that a packet takes when nothing else is there. */
  readonly latency: number;
  /** New clients per second, by time in milliseconds. */
  readonly arrivals: (at: number) => number;
  readonly duration: number;
  /** Milliseconds after which a client without an answer asks again; each time twice as long. */
  readonly retransmit?: number;
  readonly queueCapacity?: number;
  /** From when to when (milliseconds) the store stands still. */
  readonly stall?: readonly [number, number];
  /** DISCOVERs per second from one circuit, each with another hardware address, none of them going on. */
  readonly flood?: number;
}

interface Exchange {
  readonly boundAt: number;
  /** Milliseconds from sending to the answer, of OFFER and ACK. */
  readonly waits: readonly [number, number];
  /** Since the client first asked. */
  readonly total: number;
}

interface SimulatedPacket extends QueuedPacket {
  answer(): void;
}

/** One millisecond per turn; whatever became due in it happens. */
async function simulate(
  options: SimulationOptions,
): Promise<{ bound: Exchange[]; dropped: number; unread: number }> {
  const {
    capacity,
    latency,
    arrivals,
    duration,
    retransmit,
    queueCapacity = defaultQueueCapacity,
    stall = [0, 0],
    flood = 0,
  } = options;
  const random = mulberry32(1);
  let now = 0;
  let dropped = 0;
  let [share, unread, untold] = [0, 0, 0];
  const shedding = new Shedding({
    kernelDrops: {
      shed: (next) => void (share = next),
      take: () => untold,
    },
    now: () => now,
    after(milliseconds, action) {
      at(now + milliseconds, action);
      return () => undefined;
    },
    count(more) {
      unread += more;
      untold -= more;
    },
  });
  const bound: Exchange[] = [];
  const agenda = new Map<number, (() => void)[]>();
  const at = (time: number, action: () => void): void => {
    const due = Math.max(now + 1, Math.ceil(time));
    agenda.set(due, [...(agenda.get(due) ?? []), action]);
  };
  let storeFree = 0;
  const deps = {
    family: 4,
    now: () => now,
    drop(packet: QueuedPacket, reason: QueueDrop | 'closing') {
      shedding.dropped(packet, reason);
      dropped++;
    },
  } as const;
  const ring = new RingQueue({ capacity: queueCapacity }, deps);
  const admission = new Admission<SimulatedPacket>(
    { family: 4 },
    {
      ...deps,
      queue: ring,
      limit: new InFlightLimit({ max: 4096 }),
      replaceFailed: () => ring,
      process: (packet) =>
        new Promise<void>((resolve) => {
          shedding.begun(packet);
          storeFree = Math.max(now, storeFree) + 1000 / capacity;
          if (storeFree > stall[0] && storeFree < stall[1]) storeFree = stall[1];
          at(storeFree + latency, () => {
            packet.answer();
            resolve();
          });
        }),
    },
  );
  const send = (client: string, messageType: 1 | 3, answer: () => void, source = ''): void => {
    const packet: SimulatedPacket = {
      bytes: new Uint8Array(),
      client,
      source,
      isCircuit: source !== '',
      messageType,
      isCompleting: messageType === 3,
      receivedAt: now,
      answer,
    };
    shedding.read(packet);
    admission.push(packet);
  };
  const start = (client: string): void => {
    const began = now;
    let isDone = false;
    const attempt = (patience: number): void => {
      if (isDone) return;
      const asked = now;
      let isOffered = false;
      if (asked === began && random() < share) untold++;
      else
        send(client, 1, () => {
          if (isOffered || isDone) return;
          isOffered = true;
          const offered = now;
          send(client, 3, () => {
            if (isDone) return;
            isDone = true;
            bound.push({ boundAt: now, waits: [offered - asked, now - offered], total: now - began });
          });
        });
      // RFC 2131 §4.1: 4 s, give or take one, then twice as long.
      if (retransmit !== undefined)
        at(now + patience + (random() * 2 - 1) * 1000, () => attempt(patience * 2));
    };
    attempt(retransmit ?? 0);
  };
  shedding.start();
  let credit = 0;
  let clients = 0;
  let flooded = 0;
  for (now = 0; now < duration; now++) {
    for (const action of agenda.get(now) ?? []) action();
    agenda.delete(now);
    for (credit += arrivals(now) / 1000; credit >= 1; credit--) start(`client ${clients++}`);
    for (; flooded < (flood * now) / 1000; flooded++) {
      if (random() < share) untold++;
      else send(`flood ${flooded}`, 1, () => undefined, 'port 7');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { bound, dropped, unread };
}

const within = (bound: readonly Exchange[], from: number, to: number): Exchange[] =>
  bound.filter(({ boundAt }) => boundAt >= from && boundAt < to);

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}

const capacity = 4000;
const peak = capacity / 2;

for (const [name, latency, queueCapacity] of [
  ['a near database', 4, defaultQueueCapacity],
  ['a database far away', 60, defaultQueueCapacity],
  ['a small ring', 4, 64],
] as const) {
  void test(`three times more clients than can be served, ${name}: goodput and latency hold, and recover`, async () => {
    const overload = { from: 2_000, to: 12_000 };
    const { bound, dropped, unread } = await simulate({
      capacity,
      latency,
      queueCapacity,
      arrivals: (at) => (at >= overload.from && at < overload.to ? 3 * peak : peak / 2),
      duration: 16_000,
    });
    assert.ok(dropped + unread > 10_000, 'the overload was one');
    assert.ok(unread > 4 * dropped, `${dropped} were read for nothing, ${unread} left to the kernel`);
    for (let second = overload.from; second < overload.to; second += 1000) {
      const goodput = within(bound, second, second + 1000).length;
      assert.ok(goodput >= 0.9 * peak, `${goodput} of ${peak} exchanges in the second after ${second} ms`);
    }
    const during = within(bound, overload.from, overload.to).flatMap(({ waits }) => waits);
    const p99 = percentile(during, 0.99);
    assert.ok(p99 < 600, `p99 of answered packets ${p99} ms`);
    const before = within(bound, 1_000, overload.from).flatMap(({ waits }) => waits);
    const after = within(bound, overload.to + 2_000, 16_000).flatMap(({ waits }) => waits);
    assert.ok(percentile(after, 0.99) <= percentile(before, 0.99) + 1, 'normal latency after 2 s');
    // The share that the kernel drops ends by itself.
    const again = within(bound, overload.to + 1_500, 15_900).length;
    assert.ok(again >= 0.99 * 2.4 * (peak / 2), `${again} bound from 1.5 s after it on`);
  });
}

for (const stalled of [600, 1_500, 3_000])
  void test(`a store that stood still for ${stalled} ms: who comes a second after is served in time again`, async () => {
    const end = 2_000 + stalled;
    const { bound } = await simulate({
      capacity,
      latency: 4,
      arrivals: () => 0.9 * peak,
      duration: end + 4_000,
      stall: [2_000, end],
    });
    const after = within(bound, end + 1_000, end + 3_900);
    const inTime = after.filter(({ waits }) => Math.max(...waits) < 500).length;
    assert.ok(inTime >= 0.95 * 2.9 * 0.9 * peak, `${inTime} of ${after.length} answered within 500 ms`);
  });

void test('a store that takes 300 ms on every packet serves whatever it is offered', async () => {
  const { bound, dropped } = await simulate({
    capacity: 100_000,
    latency: 300,
    arrivals: (at) => (at < 6_000 ? 1500 : 0),
    duration: 8_000,
  });
  assert.equal(dropped, 0);
  assert.equal(bound.length, 9_000);
  const settled = within(bound, 3_000, 6_000);
  assert.ok(
    percentile(
      settled.flatMap(({ waits }) => waits),
      0.99,
    ) < 330,
    'nobody waits for others',
  );
});

void test('a burst after quiet times is not held back to find out how quick the store is', () => {
  const limit = new InFlightLimit({ max: 4096 });
  let now = 100_000;
  let least = Infinity;
  for (const end = now + 4_000; now < end; now++) {
    let inFlight = 0;
    while (limit.admits(inFlight, now)) inFlight++;
    least = Math.min(least, inFlight);
    for (let i = 0; i < 4; i++) limit.finished(15, now);
  }
  assert.ok(least >= 512, `${least} at once`);
});

void test('ten thousand clients at once, with a slow store, are all bound within 15 s', async () => {
  const { bound } = await simulate({
    capacity: 10_000,
    latency: 160,
    arrivals: (at) => (at === 0 ? 10_000_000 : 0),
    duration: 15_000,
    retransmit: 4_000,
  });
  assert.equal(bound.length, 10_000);
});

void test('a flood from one circuit, five times what can be served, leaves the other clients as they were', async () => {
  const { bound, dropped, unread } = await simulate({
    capacity,
    latency: 4,
    flood: 5 * capacity,
    arrivals: (at) => (at < 6_000 ? peak / 2 : 0),
    duration: 7_000,
  });
  assert.ok(dropped > 50_000);
  assert.equal(unread, 0, 'the queue holds the flood back: nobody is left unread for it');
  assert.ok(bound.length >= 0.99 * 6 * (peak / 2), `${bound.length} bound`);
  const p99 = percentile(
    bound.map(({ total }) => total),
    0.99,
  );
  assert.ok(p99 < 600, `p99 of a whole exchange ${p99} ms`);
});
