// Queue types: Kea's ring by configuration, types that come, go and fail, and what is refused with its place.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSections } from '../../src/bin/check-sections.ts';
import { loadConfigFile } from '../../src/config/load.ts';
import {
  QueueTypes,
  type PacketQueue,
  type QueuedPacket,
  type QueueFactory,
} from '../../src/engine/queue-types.ts';
import { FlotillaError } from '../../src/errors.ts';
import { discover } from '../support/packets4.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { client, plain } from './scenario.ts';
import { World } from './world.ts';

/** Newest first; `max-age` is its own key. `fail` is called before each use. */
const newestFirst =
  (fail: (where: keyof PacketQueue) => void = () => undefined): QueueFactory =>
  (element, { invalid }) => {
    const age = element['max-age'];
    if (typeof age !== 'number' || age < 1) throw invalid('max-age', 'max-age must be milliseconds above 0');
    const waiting: QueuedPacket[] = [];
    return {
      enqueue(packet) {
        fail('enqueue');
        waiting.push(packet);
      },
      dequeue() {
        fail('dequeue');
        return waiting.pop();
      },
      get size() {
        fail('size');
        return waiting.length;
      },
    };
  };

const typesWith = (factory: QueueFactory): QueueTypes =>
  new QueueTypes({ family: 4, registered: new Map([['newest-first', factory]]) });

async function worldWith(control: object, types = new QueueTypes({ family: 4 })): Promise<World> {
  const clock = new FakeClock();
  const config = plain({ 'dhcp-queue-control': control as never });
  const world = new World(
    { config, server: { maxInFlight: 1 }, queueTypes: types },
    await openMemoryStore(clock),
    clock,
  );
  await world.server.start();
  return world;
}

const answered = (world: World): (number | undefined)[] => world.sent.map(({ message }) => message.chaddr[5]);
const own = { 'enable-queue': true, 'queue-type': 'newest-first', 'max-age': 300 };

void test('types that are replaced or taken away leave their packets to the queue that the configuration now means', async () => {
  const types = typesWith(newestFirst());
  const world = await worldWith(own, types);
  for (let n = 1; n <= 4; n++) world.inject(discover(client(n)));
  types.use(new Map([['newest-first', newestFirst()]]));
  types.changed();
  for (let n = 5; n <= 6; n++) world.inject(discover(client(n)));
  assert.equal(world.log.length, 0);
  types.use(new Map());
  types.changed();
  assert.deepEqual(
    world.log.map(({ id, text }) => `${id} ${text}`),
    [
      "FLOTILLA_QUEUE_REFUSED the standard queue serves: dhcp-queue-control.queue-type: queue type 'newest-first' is not registered; there are 'kea-ring4'",
    ],
  );
  await world.server.settled();
  assert.deepEqual([...answered(world)].sort(), [1, 2, 3, 4, 5, 6]);
});

for (const where of ['enqueue', 'dequeue', 'size'] as const) {
  void test(`a queue that throws in ${where} is replaced by the ring, and no packet is lost`, async () => {
    let isBroken = false;
    let uses = 0;
    const types = typesWith(
      newestFirst((used) => {
        if (!isBroken || used !== where) return;
        uses++;
        throw new Error('a bug');
      }),
    );
    const world = await worldWith(own, types);
    for (let n = 1; n <= 3; n++) world.inject(discover(client(n)));
    isBroken = where !== 'dequeue';
    for (let n = 4; n <= 6; n++) world.inject(discover(client(n)));
    isBroken = true;
    await world.server.settled();
    const failures = world.log.filter(({ id }) => id === 'FLOTILLA_QUEUE_FAILED');
    assert.deepEqual(
      failures.map(({ text }) => text),
      ["queue type 'newest-first' failed, the standard one serves: a bug"],
    );
    // What lies in a queue that no longer gives anything is gone with it.
    assert.deepEqual([...answered(world)].sort(), where === 'dequeue' ? [1] : [1, 2, 3, 4, 5, 6]);
    world.inject(discover(client(7)));
    await world.server.settled();
    assert.equal(answered(world).at(-1), 7);
    assert.equal(uses, where === 'dequeue' ? 2 : 1);
  });
}

void test('a queue that gives a packet again, or one that it never got, is replaced by the ring', async () => {
  const lies: Record<string, (first: QueuedPacket) => QueuedPacket> = {
    again: (first) => first,
    foreign: (first) => ({ ...first }),
  };
  for (const [name, lie] of Object.entries(lies)) {
    const waiting: QueuedPacket[] = [];
    const types = typesWith(() => ({
      enqueue: (packet) => waiting.push(packet),
      dequeue: () => waiting[0] && lie(waiting[0]),
      get size() {
        return waiting.length;
      },
    }));
    const world = await worldWith({ 'enable-queue': true, 'queue-type': 'newest-first' }, types);
    world.inject(discover(client(1)));
    await world.server.settled();
    assert.deepEqual(
      world.log.filter(({ id }) => id === 'FLOTILLA_QUEUE_FAILED').map(({ text }) => text),
      [
        "queue type 'newest-first' failed, the standard one serves: dequeue gave a packet that was not waiting",
      ],
    );
    assert.deepEqual(answered(world), name === 'again' ? [1] : []);
    world.inject(discover(client(2)));
    await world.server.settled();
    assert.equal(answered(world).at(-1), 2);
  }
});

void test('parameters that a queue type refuses are located, and so is a type that nobody registered', (t) => {
  const types = typesWith(newestFirst());
  const folder = mkdtempSync(join(tmpdir(), 'flt-queue-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'server.json');
  const refusal = (control: string): string => {
    writeFileSync(file, `{ "Dhcp4": {\n  "dhcp-queue-control": { ${control} } } }`);
    try {
      checkSections(loadConfigFile(file, 4).parts, types);
    } catch (error) {
      assert.ok(error instanceof FlotillaError);
      return error.describe().replace(file, 'server.json');
    }
    return 'accepted';
  };
  const enabled = '"enable-queue": true, "queue-type":';
  assert.equal(refusal(`${enabled} "newest-first", "max-age": 5`), 'accepted');
  assert.equal(
    refusal(`${enabled} "newest-first", "max-age": 0`),
    'server.json:2:90: Dhcp4.dhcp-queue-control.max-age: max-age must be milliseconds above 0',
  );
  assert.equal(
    refusal(`${enabled} "oldest-first"`),
    "server.json:2:63: Dhcp4.dhcp-queue-control.queue-type: queue type 'oldest-first' is not registered; there are 'kea-ring4', 'newest-first'",
  );
  assert.match(refusal(`${enabled} "kea-ring6"`), /'kea-ring6' is not registered/);
  assert.match(refusal(`${enabled} "kea-ring4", "max-age": 5`), /unknown key 'max-age'; known/);
  assert.equal(refusal('"enable-queue": false, "queue-type": "kea-ring4"'), 'accepted');
});

void test('a factory that fails in another way, or makes no queue, is a located error too', () => {
  const refusal = (factory: () => unknown): string => {
    try {
      typesWith(factory as QueueFactory).check(own);
    } catch (error) {
      assert.ok(error instanceof FlotillaError && error.code === 'CONFIG_INVALID');
      return error.describe();
    }
    return 'accepted';
  };
  const place = "dhcp-queue-control: queue type 'newest-first': ";
  const broken = (): never => {
    throw new TypeError('a bug');
  };
  assert.equal(refusal(broken), `${place}a bug`);
  const nothing = `${place}the factory made no queue with enqueue, dequeue and size`;
  assert.equal(
    refusal(() => undefined),
    nothing,
  );
  assert.equal(
    refusal(() => Promise.resolve({})),
    nothing,
  );
  assert.equal(
    refusal(() => ({ enqueue: broken, dequeue: broken })),
    nothing,
  );
  assert.equal(
    refusal(() => ({ enqueue: broken, dequeue: broken, size: 0 })),
    'accepted',
  );
});

void test('the capacity of the ring is honoured on reload, and what waits stays', async () => {
  const ring = { 'enable-queue': true, 'queue-type': 'kea-ring4' };
  const world = await worldWith({ ...ring, capacity: 4 });
  for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
  const reload = world.reconfigure(plain({ 'dhcp-queue-control': { ...ring, capacity: 2 } }));
  assert.equal(world.stat('pkt4-queue-full'), 2);
  await reload;
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 4, 5]);
});
