// How callouts run: order and status, memory of a packet, errors, time limits, turns, parking.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK, OFFER, acquire, client, plain } from '../engine/scenario.ts';
import { discover, withRequestedAddress, request, withServerId } from '../support/packets4.ts';
import type { CalloutResult, CalloutStatus } from '../../src/hooks/library.ts';
import { hookWorld, latch, libraryOf, withHooks, type HookWorld } from './hook-world.ts';

const statistic = ({ world }: HookWorld, what: string, library = 'in-test-library'): number =>
  world.stat(`flotilla-hook-${library}-${what}`);
const turns = async (n = 20): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('libraries come in configured order, callouts of one in order of registration, and the last word counts', async () => {
  const seen: [string, CalloutStatus][] = [];
  const say = (name: string, result: CalloutResult) => ({
    load: (handle: Parameters<ReturnType<typeof libraryOf>['load']>[0]) => {
      for (const part of ['a', 'b']) {
        handle.register('pkt4_receive', async (_args, { status }) => {
          await turns(2);
          seen.push([name + part, status]);
          return part === 'a' ? result : undefined;
        });
      }
    },
  });
  await withHooks([say('first-', 'drop'), say('second-', 'continue')], async ({ world }) => {
    assert.equal((await world.send(discover(client(1))))?.type, OFFER);
    assert.deepEqual(seen, [
      ['first-a', 'continue'],
      ['first-b', 'drop'],
      ['second-a', 'drop'],
      ['second-b', 'continue'],
    ]);
  });
});

test('what a library remembers of a packet is its own, and gone with the packet', async () => {
  const read: unknown[] = [];
  const remember = libraryOf({
    pkt4_receive: (_args, { packet }) => void packet.set('n', Number(packet.get('n') ?? 0) + 1),
    pkt4_send: (_args, { packet }) => void read.push(packet.get('n')),
  });
  await withHooks([remember, remember], async ({ world }) => {
    await acquire(world, client(1));
    assert.deepEqual(read, [1, 1, 1, 1]);
  });
});

test('a callout that throws, rejects or answers nonsense is counted and said once; the others go on', async () => {
  const results: (() => unknown)[] = [
    () => {
      throw new Error('thrown');
    },
    () => Promise.reject(new Error('rejected')),
    () => 'sideways',
    () => Promise.resolve({ park: 5 }),
  ];
  let calls = 0;
  const faulty = libraryOf({ pkt4_receive: () => results[calls++ % 4]!() as CalloutResult });
  let later = 0;
  await withHooks([faulty, libraryOf({ pkt4_receive: () => void later++ })], async (hooked) => {
    const { world } = hooked;
    for (let n = 0; n < 4; n++) assert.equal((await world.send(discover(client(n))))?.type, OFFER);
    assert.equal(later, 4);
    assert.equal(statistic(hooked, 'errors'), 4);
    assert.equal(statistic(hooked, 'calls'), 4);
    assert.equal(statistic(hooked, 'errors', 'in-test-library-2'), 0);
    assert.equal(world.log.filter(({ id }) => id.startsWith('HOOKS_CALLOUT_E')).length, 1);
  });
});

test('a callout that does not answer in time is passed over and told so; what it answers later is ignored', async () => {
  const { promise, open } = latch<'drop'>();
  let signal: AbortSignal | undefined;
  const slow = libraryOf(
    {
      pkt4_receive(_args, context) {
        signal = context.signal;
        return promise;
      },
    },
    { timeout: 500 },
  );
  await withHooks([slow], async (hooked) => {
    const { world } = hooked;
    world.inject(discover(client(1)));
    await world.clock.advance(499);
    assert.equal(signal?.aborted, false);
    await world.clock.advance(1);
    await world.server.settled();
    assert.equal(signal?.aborted, true);
    open('drop');
    await turns();
    assert.equal(world.sent.length, 1);
    assert.equal(statistic(hooked, 'timeouts'), 1);
    assert.equal(world.stat('flotilla-hook-dropped'), 0);
  });
});

test('concurrency: more calls wait for their turn in order, and one that waits too long is passed over', async () => {
  const started: number[] = [];
  const doors: ReturnType<typeof latch<void>>[] = [];
  const narrow = libraryOf(
    {
      async pkt4_receive({ query4 }) {
        started.push(query4.message.chaddr[5]!);
        const door = latch<void>();
        doors.push(door);
        await door.promise;
      },
    },
    { concurrency: 2, timeout: 1000 },
  );
  await withHooks([narrow], async (hooked) => {
    const { world } = hooked;
    for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
    await turns();
    assert.deepEqual(started, [1, 2]);
    doors[0]!.open();
    await turns();
    assert.deepEqual(started, [1, 2, 3]);
    assert.equal(world.sent.length, 1);
    await world.clock.advance(1000);
    await world.server.settled();
    // 2 and 3 ran out of time; their places went to nobody: 4 and 5 ran out of it while they waited.
    assert.deepEqual(started, [1, 2, 3]);
    assert.equal(world.sent.length, 5);
    assert.equal(statistic(hooked, 'timeouts'), 4);
    const later = world.send(discover(client(6)));
    await turns();
    assert.deepEqual(started, [1, 2, 3, 6]);
    doors.at(-1)!.open();
    assert.equal((await later)?.type, OFFER);
  });
});

test('thousands of packets wait in a hook at once and hold up nobody else', async () => {
  const packets = 3000;
  const { promise, open } = latch<void>();
  const config = {
    subnet4: [{ id: 1, subnet: '192.0.0.0/8', interface: 'eth0', pools: [{ pool: '192.10.0.0/16' }] }],
  };
  const slow = libraryOf({
    subnet4_select: ({ query4 }) => (query4.message.chaddr[0] === 2 ? promise : undefined),
  });
  await withHooks(
    [slow],
    async ({ world }) => {
      for (let n = 0; n < packets; n++) {
        const mac = `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
        world.inject(discover((message) => (message.chaddr = Buffer.from(mac.replaceAll(':', ''), 'hex'))));
      }
      await turns(50);
      assert.equal(world.sent.length, 0);
      world.inject(discover((message) => (message.chaddr = Buffer.from('0600000000aa', 'hex'))));
      await turns(50);
      assert.equal(world.sent.length, 1, 'a packet that the hook lets pass is answered meanwhile');
      open();
      await world.server.settled();
      assert.equal(world.sent.length, packets + 1);
      assert.equal(new Set(world.sent.map(({ yiaddr }) => yiaddr)).size, packets + 1);
    },
    config,
  );
});

test('park holds a packet until its promise is there; drop drops it; a rejection drops and is counted', async () => {
  const doors: ReturnType<typeof latch<'drop' | void>>[] = [];
  const parking = libraryOf({
    leases4_committed() {
      const door = latch<'drop' | void>();
      doors.push(door);
      return { park: door.promise };
    },
  });
  await withHooks([parking], async (hooked) => {
    const { world } = hooked;
    const ask = async (n: number): Promise<void> => {
      const offer = await world.send(discover(client(n)));
      world.inject(request(client(n), withRequestedAddress(offer!.yiaddr), withServerId('192.0.2.1')));
      await turns();
    };
    await ask(1);
    assert.equal(world.stat('flotilla-hook-parked'), 1);
    assert.equal(world.sent.length, 1);
    doors[0]!.open();
    await world.server.settled();
    assert.equal(world.sent.at(-1)?.type, ACK);
    await ask(2);
    const before = world.sent.length;
    doors[1]!.open('drop');
    await world.server.settled();
    assert.equal(world.sent.length, before);
    await ask(3);
    doors[2]!.open(Promise.reject(new Error('partner is gone')) as never);
    await world.server.settled();
    assert.equal(statistic(hooked, 'errors'), 1);
    assert.equal(world.stat('flotilla-hook-dropped'), 2);
    assert.equal(world.stat('flotilla-hook-parked'), 0);
  });
});

test('a packet that stays parked too long is dropped', async () => {
  const never = new Promise<void>(() => undefined);
  const forgetful = libraryOf({ subnet4_select: () => ({ park: never }) }, { parkTimeout: 30_000 });
  await withHooks([forgetful], async (hooked) => {
    const { world } = hooked;
    world.inject(discover(client(1)));
    await world.clock.advance(29_999);
    assert.equal(world.stat('flotilla-hook-parked'), 1);
    await world.clock.advance(1);
    await world.server.settled();
    assert.equal(world.sent.length, 0);
    assert.equal(statistic(hooked, 'timeouts'), 1);
  });
});

for (const [limit, served] of [
  [2, 2],
  [0, 5],
] as const) {
  test(`parked-packet-limit ${limit}: of five packets ${served} stay, the rest count as queue-full`, async () => {
    const { promise, open } = latch<void>();
    const parking = libraryOf({ subnet4_select: () => ({ park: promise }) });
    await withHooks(
      [parking],
      async ({ world }) => {
        for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
        await turns();
        assert.equal(world.stat('flotilla-hook-parked'), served);
        assert.equal(world.stat('pkt4-queue-full'), 5 - served);
        assert.equal(world.stat('pkt4-receive-drop'), 5 - served);
        open();
        await world.server.settled();
        assert.equal(world.sent.length, served);
      },
      plain({ 'parked-packet-limit': limit }),
    );
  });
}

test('when the server ends, what is parked is dropped, and so is what comes to be parked', async () => {
  const never = new Promise<void>(() => undefined);
  const parking = libraryOf({ subnet4_select: () => ({ park: never }) });
  await withHooks([parking], async ({ world, libraries }) => {
    world.inject(discover(client(1)));
    await turns();
    libraries.unpark();
    await world.server.settled();
    assert.equal(await world.send(discover(client(2))), null);
    assert.equal(world.stat('flotilla-hook-dropped'), 2);
  });
});

test('while a reload opens the service anew nothing is parked, and what was is dropped; afterwards packets are parked again', async () => {
  const { promise, open } = latch<void>();
  const parking = libraryOf({ subnet4_select: () => ({ park: promise }) });
  await withHooks([parking], async ({ world, libraries }) => {
    world.inject(discover(client(1)));
    await turns();
    await libraries.unparked(async () => {
      await world.server.settled();
      assert.equal(await world.send(discover(client(2))), null);
    });
    assert.equal(world.stat('flotilla-hook-dropped'), 2);
    world.inject(discover(client(3)));
    await turns();
    assert.equal(world.stat('flotilla-hook-parked'), 1);
    open();
    await world.server.settled();
    assert.equal(world.sent.length, 1);
  });
});

test('a server that stops counts what comes meanwhile as received and dropped', async () => {
  const { promise, open } = latch<void>();
  await withHooks([libraryOf({ subnet4_select: () => promise })], async ({ world }) => {
    world.inject(discover(client(1)));
    await turns();
    const stopped = world.server.stop();
    world.inject(discover(client(2)));
    assert.equal(world.stat('flotilla-closing'), 1);
    assert.equal(world.stat('pkt4-receive-drop'), 1);
    open();
    await stopped;
    assert.equal(world.stat('pkt4-received'), 2);
    assert.equal(world.sent.length, 1);
  });
});

test('park means nothing where nothing can be parked', async () => {
  const never = new Promise<void>(() => undefined);
  await withHooks([libraryOf({ pkt4_send: () => ({ park: never }) })], async ({ world }) => {
    assert.equal((await acquire(world, client(1))).type, ACK);
  });
});

for (const [why, point, later, config] of [
  ['overflow', 'subnet4_select', undefined, plain({ 'parked-packet-limit': 1 })],
  ['drop', 'subnet4_select', 'drop', plain()],
  ['a point where nothing is parked', 'pkt4_send', undefined, plain()],
] as const) {
  test(`what is not parked after all leaves nothing behind: ${why}`, async () => {
    const doors: ReturnType<typeof latch<void>>[] = [];
    const park = (): CalloutResult => {
      const door = latch<void>();
      doors.push(door);
      return { park: door.promise };
    };
    await withHooks(
      [libraryOf({ [point]: park }), libraryOf({ [point]: () => later })],
      async (hooked) => {
        const { world } = hooked;
        for (let n = 1; n <= 3; n++) world.inject(discover(client(n)));
        await turns();
        const held = why === 'overflow' ? 1 : 0;
        assert.equal(world.stat('flotilla-hook-parked'), held);
        for (const door of doors.slice(0, held)) door.open();
        await world.server.settled();
        await world.clock.advance(60_000);
        assert.equal(statistic(hooked, 'timeouts'), 0);
        for (const door of doors.slice(held))
          door.open(Promise.reject(new Error('nobody is left to tell')) as never);
        await turns();
        assert.equal(statistic(hooked, 'errors'), 0);
        assert.equal(world.logged('HOOKS_CALLOUT_ERROR'), false);
      },
      config,
    );
  });
}

test('a park promise that rejects while later callouts run drops the packet and nothing else', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const parking = libraryOf({ subnet4_select: () => ({ park: Promise.reject(new Error('refused')) }) });
  const slow = libraryOf({ subnet4_select: () => turns(5) });
  try {
    await withHooks([parking, slow], async (hooked) => {
      assert.equal(await hooked.world.send(discover(client(1))), null);
      assert.equal(statistic(hooked, 'errors'), 1);
      assert.equal(hooked.world.stat('flotilla-hook-dropped'), 1);
    });
  } finally {
    process.off('unhandledRejection', note);
  }
  assert.deepEqual(unhandled, []);
});

test('without libraries the packet path has no scope at all', async () => {
  const hooked = await hookWorld([]);
  assert.equal(hooked.libraries.begin({ parkedPacketLimit: 256 }), null);
  await hooked.use(libraryOf({}));
  assert.equal(hooked.libraries.begin({ parkedPacketLimit: 256 }), null);
  await hooked.close();
});
