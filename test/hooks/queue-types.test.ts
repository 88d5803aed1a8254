// Queue types of hook libraries: the example of docs/queues.md, replaced and refused at a reload, taken back by unloading.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { JsonMap } from '../../src/config/written.ts';
import type { QueueFactory, QueuedPacket } from '../../src/engine/queue-types.ts';
import { FlotillaError } from '../../src/errors.ts';
import type { HookHandle, HookLibrary } from '../../src/hooks/library.ts';
import { client, plain } from '../engine/scenario.ts';
import type { World } from '../engine/world.ts';
import { discover } from '../support/packets4.ts';
import { entryFor, hookWorld, type HookWorld } from './hook-world.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/queues.md', root), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp('```' + language + '\n([^]*?)```', 'g'))].map(([, text]) => text!);

const own = (more: JsonMap = {}): JsonMap => ({ 'enable-queue': true, 'queue-type': 'own', ...more });
const withLibraries = (libraries: readonly JsonMap[], control?: JsonMap): JsonMap =>
  plain({ 'hooks-libraries': libraries, ...(control && { 'dhcp-queue-control': control }) });

/** One packet is in process at a time, so that the others wait. */
async function busyWorld(t: TestContext): Promise<HookWorld> {
  const hooked = await hookWorld([], plain(), { server: { maxInFlight: 1 } });
  t.after(() => hooked.close());
  return hooked;
}

const answered = (world: World): (number | undefined)[] => world.sent.map(({ message }) => message.chaddr[5]);

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof FlotillaError && error.code === 'CONFIG_INVALID', String(error));
    return error.describe();
  }
  return 'accepted';
}

/** A queue in order of arrival that tells `use` what is done with it; `refuse: true` is a wrong parameter. */
const witnessed =
  (use: (what: string) => void): QueueFactory =>
  (element, { invalid }) => {
    if (element['refuse'] === true) throw invalid('refuse', 'refused');
    const waiting: QueuedPacket[] = [];
    return {
      enqueue(packet) {
        use('enqueue');
        waiting.push(packet);
      },
      dequeue() {
        use('dequeue');
        return waiting.shift();
      },
      get size() {
        return waiting.length;
      },
    };
  };

/** A library of the type `own`; everything that it does, and its unloading, is told to `seen` under `name`. */
const libraryNamed = (name: string, seen: string[]): HookLibrary => ({
  load: (handle) =>
    handle.registerQueueType(
      'own',
      witnessed((what) => void seen.push(`${name} ${what}`)),
    ),
  unload: () => void seen.push(`${name} unload`),
});

async function exampleWorld(t: TestContext): Promise<{ hooked: HookWorld; config: JsonMap }> {
  const folder = mkdtempSync(join(tmpdir(), 'flt-queue-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'newest-first.mjs'), blocks('js')[0]!);
  const { Dhcp4 } = JSON.parse(blocks('json')[1]!) as { Dhcp4: JsonMap };
  assert.deepEqual(Dhcp4['hooks-libraries'], [{ library: 'newest-first.mjs' }]);
  const hooked = await busyWorld(t);
  const config = plain({ ...Dhcp4, 'hooks-libraries': [{ library: join(folder, 'newest-first.mjs') }] });
  return { hooked, config };
}

test('the documented library and configuration: the newest packet first, late ones dropped and counted', async (t) => {
  const { hooked, config } = await exampleWorld(t);
  const { world } = hooked;
  await hooked.reconfigure(config);
  for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 5, 4, 3, 2]);

  const receivedAt = world.clock.monotonic() - 301;
  world.inject(discover(client(6)));
  for (let n = 7; n <= 8; n++) world.inject(discover(client(n)), { receivedAt });
  await world.server.settled();
  assert.deepEqual(answered(world).slice(5), [6]);
  assert.equal(world.stat('flotilla-queue-late'), 2);

  const control = config['dhcp-queue-control'] as JsonMap;
  await hooked.reconfigure({ ...config, 'dhcp-queue-control': { ...control, capacity: 2 } });
  for (let n = 10; n <= 14; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual(answered(world).slice(6), [10, 14, 13]);
  assert.equal(world.stat('pkt4-queue-full'), 2);
  assert.equal(world.stat('pkt4-receive-drop'), 4);
});

test('the documented library refuses its parameters with their place', async (t) => {
  const { hooked, config } = await exampleWorld(t);
  const control = config['dhcp-queue-control'] as JsonMap;
  const wrong = { ...config, 'dhcp-queue-control': { ...control, 'max-age': 0 } };
  assert.equal(
    await refusal(hooked.reconfigure(wrong)),
    'edge.json:1:1: Dhcp4.dhcp-queue-control.max-age: max-age must be a whole number above 0',
  );
});

test('the first configuration of the page is accepted, and the example of the page is the one to start from', async (t) => {
  const hooked = await busyWorld(t);
  assert.equal(blocks('json').length, 2);
  const { Dhcp4 } = JSON.parse(blocks('json')[0]!) as { Dhcp4: JsonMap };
  await hooked.reconfigure(plain(Dhcp4));
  const template = new URL('fleet-examples/queue-type/newest-first.mjs', root);
  assert.equal(blocks('js')[0], readFileSync(template, 'utf8'));
});

test('a reload with a new version of a library: what waits goes over, and the old queue is left before its library', async (t) => {
  const hooked = await busyWorld(t);
  const { world } = hooked;
  const seen: string[] = [];
  await hooked.reconfigure(withLibraries([entryFor(libraryNamed('old', seen))], own()));
  let before = 0;
  await hooked.reconfigure(withLibraries([entryFor(libraryNamed('new', seen))], own()), () => {
    for (let n = 1; n <= 3; n++) world.inject(discover(client(n)));
    before = seen.length;
  });
  const moved = seen.slice(before);
  assert.deepEqual(moved.slice(0, 5), [
    'old dequeue',
    'new enqueue',
    'old dequeue',
    'new enqueue',
    'old dequeue',
  ]);
  world.inject(discover(client(4)));
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 2, 3, 4]);
  const after = seen.slice(before + 5);
  assert.ok(after.includes('old unload'));
  assert.deepEqual(
    after.filter((what) => what.startsWith('old')),
    ['old unload'],
  );
  assert.equal(world.logged('FLOTILLA_QUEUE_REFUSED'), false);
});

test('a new version whose parameters are wrong is refused: the old type stays in service, the new is unloaded', async (t) => {
  const hooked = await busyWorld(t);
  const { world } = hooked;
  const seen: string[] = [];
  await hooked.reconfigure(withLibraries([entryFor(libraryNamed('old', seen))], own()));
  world.inject(discover(client(1)));
  world.inject(discover(client(2)));
  const wrong = withLibraries([entryFor(libraryNamed('new', seen))], own({ refuse: true }));
  assert.equal(
    await refusal(hooked.reconfigure(wrong)),
    'edge.json:1:1: Dhcp4.dhcp-queue-control.refuse: refused',
  );
  world.inject(discover(client(3)));
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 2, 3]);
  assert.deepEqual(
    seen.filter((what) => what.startsWith('new')),
    ['new unload'],
  );
  assert.equal(seen.includes('old unload'), false);
});

test('without its library a type is unknown, and a library that goes leaves its packets to the ring', async (t) => {
  const hooked = await busyWorld(t);
  const { world } = hooked;
  const seen: string[] = [];
  await hooked.reconfigure(withLibraries([entryFor(libraryNamed('old', seen))], own()));
  assert.match(
    await refusal(hooked.reconfigure(withLibraries([], own()))),
    /queue-type: queue type 'own' is not registered; there are 'kea-ring4'$/,
  );
  await hooked.reconfigure(plain(), () => {
    for (let n = 1; n <= 3; n++) world.inject(discover(client(n)));
  });
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 2, 3]);
  assert.equal(seen.at(-1), 'old unload');
  assert.equal(world.log.filter(({ level }) => level === 'error').length, 0);
});

test('a library may take its type back while it serves, and nobody else may', async (t) => {
  const hooked = await busyWorld(t);
  const { world } = hooked;
  let owner: HookHandle | undefined;
  let stranger: HookHandle | undefined;
  const seen: string[] = [];
  const library = libraryNamed('own', seen);
  const libraries: HookLibrary[] = [
    { load: (handle) => library.load((owner = handle)) },
    { load: (handle) => void (stranger = handle) },
  ];
  await hooked.reconfigure(
    withLibraries(
      libraries.map((one) => entryFor(one)),
      own(),
    ),
  );
  for (let n = 1; n <= 3; n++) world.inject(discover(client(n)));
  assert.equal(stranger!.unregisterQueueType('own'), false);
  assert.equal(stranger!.unregisterQueueType('kea-ring4'), false);
  assert.equal(owner!.unregisterQueueType('own'), true);
  assert.equal(owner!.unregisterQueueType('own'), false);
  const uses = seen.length;
  for (let n = 4; n <= 5; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual(answered(world), [1, 2, 3, 4, 5]);
  assert.equal(seen.length, uses);
  assert.ok(world.logged('FLOTILLA_QUEUE_REFUSED'), 'the configuration still names it');
});

test('names that are taken, none, or come too late are refused at the library', async (t) => {
  const hooked = await busyWorld(t);
  const factory = witnessed(() => undefined);
  let late: HookHandle | undefined;
  const registers =
    (name: string, made: unknown = factory): HookLibrary['load'] =>
    (handle) =>
      (late = handle).registerQueueType(name, made as QueueFactory);
  const refused = async (...loads: HookLibrary['load'][]): Promise<string> => {
    const entries = loads.map((load) => entryFor({ load }));
    return (await refusal(hooked.reconfigure(withLibraries(entries)))).replace(/^.*refused to load: /, '');
  };
  assert.equal(
    await refusal(
      hooked.reconfigure(
        withLibraries([entryFor({ load: registers('own') }), entryFor({ load: registers('own') })]),
      ),
    ),
    "edge.json:1:1: Dhcp4.hooks-libraries[1].library: in-test-library-2 refused to load: queue type 'own' is registered already, by in-test-library",
  );
  assert.equal(await refused(registers('kea-ring4')), "queue type 'kea-ring4' is the server's own");
  assert.equal(await refused(registers('')), 'a queue type needs a name');
  assert.equal(
    await refused(registers('own', { enqueue: 5 })),
    "the factory of queue type 'own' is no function",
  );
  assert.equal(await refused(registers('own')), 'accepted');
  assert.throws(() => late!.registerQueueType('other', factory), /while load\(\) runs/);
});
