// Queue types: Kea's ring by configuration, the example of docs/queues.md, and what is refused with its place.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkSections } from '../../src/bin/check-sections.ts';
import { checkConfig, loadConfigFile } from '../../src/config/load.ts';
import type { Json } from '../../src/config/written.ts';
import { QueueTypes, type QueueFactory } from '../../src/engine/queue-types.ts';
import { FlotillaError } from '../../src/errors.ts';
import { discover } from '../support/packets4.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { client, plain } from './scenario.ts';
import { World } from './world.ts';

interface Handle {
  registerQueueType(name: string, factory: QueueFactory): void;
  unregisterQueueType(name: string): boolean;
}
interface Library {
  load(handle: Handle): void;
  unload(handle: Handle): void;
}

const page = readFileSync(new URL('../../docs/queues.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp('```' + language + '\n([^]*?)```', 'g'))].map(([, text]) => text!);

async function loadExample(t: TestContext): Promise<{ library: Library; types: QueueTypes; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-queue-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'newest-first.mjs');
  writeFileSync(file, blocks('js')[0]!);
  const library = (await import(file)) as Library;
  const types = new QueueTypes({ family: 4 });
  library.load(types);
  return { library, types, folder };
}

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
const own = { 'enable-queue': true, 'queue-type': 'newest-first', capacity: 3, 'max-age': 300 };

void test('the documented queue type is served by, with its own parameters', async (t) => {
  const { types } = await loadExample(t);
  const world = await worldWith(own, types);
  for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 5, 4, 3], 'the newest first, after the one in process');
  assert.equal(world.stat('pkt4-queue-full'), 1);
});

void test('what the documented queue type drops as late is counted', async (t) => {
  const { types } = await loadExample(t);
  const world = await worldWith(own, types);
  const receivedAt = world.clock.monotonic() - 301;
  world.inject(discover(client(1)));
  world.inject(discover(client(2)), { receivedAt });
  await world.server.settled();
  assert.deepEqual(answered(world), [1]);
  assert.equal(world.stat('flotilla-queue-late'), 1);
  assert.equal(world.stat('pkt4-receive-drop'), 1);
});

void test('unloading the library moves what waits into the ring', async (t) => {
  const { types, library } = await loadExample(t);
  const world = await worldWith(own, types);
  for (let n = 1; n <= 4; n++) world.inject(discover(client(n)));
  library.unload(types);
  for (let n = 5; n <= 6; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual([...answered(world)].sort(), [1, 2, 3, 4, 5, 6]);
  assert.equal(types.unregisterQueueType('newest-first'), false);
});

void test('parameters that a queue type refuses are located, and so is a type that nobody registered', async (t) => {
  const { types, folder } = await loadExample(t);
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

void test('a factory that fails in another way is a located error too', () => {
  const types = new QueueTypes({ family: 4 });
  types.registerQueueType('broken', () => {
    throw new TypeError('a bug');
  });
  assert.throws(() => types.registerQueueType('broken', () => assert.fail()), /exists already/);
  assert.throws(
    () => types.check({ 'enable-queue': true, 'queue-type': 'broken' }),
    (error: unknown) =>
      error instanceof FlotillaError &&
      error.code === 'CONFIG_INVALID' &&
      error.describe() === "dhcp-queue-control: queue type 'broken': a bug",
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

void test('the configurations of the documentation are accepted', async (t) => {
  const { types } = await loadExample(t);
  assert.equal(blocks('json').length, 2);
  for (const json of blocks('json')) checkSections(checkConfig(JSON.parse(json) as Json, 4).parts, types);
});
