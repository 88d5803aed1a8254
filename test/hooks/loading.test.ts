// Loading, refusing, replacing and unloading libraries; their commands; what the config backend tells them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkConfig } from '../../src/config/load.ts';
import type { ConfigParts, WrittenObject } from '../../src/config/parts.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { FlotillaError } from '../../src/errors.ts';
import { auditEntries } from '../../src/hooks/audit-entries.ts';
import type { HookHandle, HookLibrary } from '../../src/hooks/library.ts';
import { OFFER, client, plain } from '../engine/scenario.ts';
import { discover } from '../support/packets4.ts';
import { entryFor, hookWorld, latch, libraryOf, withHooks } from './hook-world.ts';

/** `hooks-libraries` of a file, where the place of every value is known. */
function inFile(...libraries: readonly JsonMap[]) {
  const config = { Dhcp4: { 'hooks-libraries': libraries, ...plain() } };
  const locate = (path: readonly (string | number)[]) => ({
    file: 'edge.json',
    line: path.length,
    column: 1,
  });
  const { written, parts } = checkConfig(config, 4, locate);
  return { written, parts, directory: import.meta.dirname };
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'CONFIG_INVALID');
    return error.describe();
  }
  return assert.fail('it was not refused');
};

test('Kea’s own library names load nothing, relative paths are relative to the file, parameters arrive', async () => {
  let handle: HookHandle | undefined;
  const { parameters } = entryFor({ load: (given) => void (handle = given) }, { level: 3 });
  await withHooks([], async ({ libraries }) => {
    const set = await libraries.prepare(
      inFile(
        { library: '/usr/lib/kea/hooks/libdhcp_mysql.so' },
        { library: 'in-test-library.mjs', parameters: parameters! },
      ),
    );
    assert.deepEqual(
      set.libraries.map(({ name }) => name),
      ['in-test-library'],
    );
    assert.equal(handle?.parameters['level'], 3);
    assert.equal(handle.text.address(handle.text.parseAddress('192.0.2.7')), '192.0.2.7');
    await libraries.discard(set);
  });
});

test('what refuses to load refuses the configuration and says where; what was loaded before it is unloaded', async () => {
  const unloaded: string[] = [];
  const good: HookLibrary = { load: () => undefined, unload: () => void unloaded.push('good') };
  const directory = mkdtempSync(join(tmpdir(), 'flt-'));
  const broken = join(directory, 'broken.mjs');
  const empty = join(directory, 'empty.mjs');
  writeFileSync(broken, 'export const = 5;');
  writeFileSync(empty, 'export const loaded = true;');
  await withHooks([], async ({ libraries }) => {
    const place = 'edge.json:4:1: Dhcp4.hooks-libraries[1].library: ';
    const refused = (entry: JsonMap): Promise<string> =>
      refusal(libraries.prepare(inFile(entryFor(good), entry)));
    assert.match(
      await refused({ library: '/nowhere/x.mjs' }),
      new RegExp(`^${escape(place)}.*cannot be read`),
    );
    assert.match(await refused({ library: broken }), new RegExp(`^${escape(place)}.*cannot be imported`));
    assert.equal(await refused({ library: empty }), `${place}the module exports no function load`);
    const thrower = entryFor({ load: () => Promise.reject(new Error('no server to talk to')) });
    assert.equal(await refused(thrower), `${place}in-test-library-2 refused to load: no server to talk to`);
    const picky = entryFor(
      {
        load: (handle) => {
          throw handle.parameterError('must be a colour', 'lamps', 2);
        },
      },
      { lamps: ['red', 'blue', 'loud'] },
    );
    assert.match(
      await refused(picky),
      /^edge\.json:\d:1: Dhcp4\.hooks-libraries\[1\]\.parameters\.lamps\[2\]: must be a colour$/,
    );
    for (const register of [
      (handle: HookHandle) => handle.register('pkt9_receive' as 'pkt4_receive', () => undefined),
      (handle: HookHandle) => handle.register('pkt4_receive', 5 as never),
      (handle: HookHandle) => handle.register('pkt4_receive', () => undefined, { timeout: -1 }),
      (handle: HookHandle) => handle.registerCommand('list-commands', () => ({ result: 0 })),
    ])
      assert.match(await refused(entryFor({ load: register })), /refused to load: \S/);
    assert.deepEqual(new Set(unloaded), new Set(['good']));
    assert.equal(unloaded.length, 8, 'once for each refusal after it was loaded');
  });
  rmSync(directory, { recursive: true });
});

test('a load that fails is followed by unload, once, and an error of that changes nothing', async () => {
  for (const fail of [
    () => {
      throw new Error('no licence');
    },
    () => Promise.reject(new Error('no licence')),
  ]) {
    for (const unload of [() => undefined, () => Promise.reject(new Error('there is no server'))]) {
      let unloads = 0;
      const library: HookLibrary = { load: fail, unload: () => (unloads++, unload()) };
      await withHooks([], async ({ libraries, world }) => {
        assert.match(
          await refusal(libraries.prepare(inFile(entryFor(library)))),
          /refused to load: no licence$/,
        );
        assert.equal(unloads, 1);
        assert.equal((await world.send(discover(client(1))))?.type, OFFER);
      });
      assert.equal(unloads, 1);
    }
  }
});

test('a load that takes too long is followed by unload when it ends', async () => {
  const started = latch<void>();
  const { promise, open } = latch<void>();
  let unloads = 0;
  const library: HookLibrary = {
    load: () => (started.open(), promise),
    unload: () => void unloads++,
  };
  await withHooks([], async ({ libraries, world }) => {
    const refused = refusal(libraries.prepare(inFile(entryFor(library))));
    await started.promise;
    await world.clock.advance(30_000);
    assert.match(await refused, /load\(\) did not end within 30 seconds$/);
    assert.equal(unloads, 0);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(unloads, 1);
  });
});

const escape = (text: string): string => text.replace(/[.[\]]/g, '\\$&');

test('callouts can be registered only while load runs', async () => {
  let late: HookHandle | undefined;
  await withHooks([{ load: (handle) => void (late = handle) }], async () => {
    assert.throws(() => late!.register('pkt4_receive', () => undefined), /while load\(\) runs/);
  });
});

test('a reload under load drops nothing: packets finish with the libraries they began with, which go once', async () => {
  const { promise, open } = latch<void>();
  const seen: string[] = [];
  const unloaded: string[] = [];
  const named = (name: string, wait: Promise<void>): HookLibrary => ({
    load(handle) {
      handle.register('subnet4_select', () => wait);
      handle.register('pkt4_send', () => void seen.push(name));
    },
    unload: () => void unloaded.push(name),
  });
  const roomy = plain({}, { pools: [{ pool: '192.0.2.10 - 192.0.2.200' }] });
  const hooked = await hookWorld([named('old', promise)], roomy);
  const { world } = hooked;
  for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
  await hooked.use(named('new', Promise.resolve()));
  for (let n = 6; n <= 8; n++) world.inject(discover(client(n)));
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, ['new', 'new', 'new']);
  assert.deepEqual(unloaded, []);
  open();
  await world.server.settled();
  assert.equal(world.sent.filter(({ type }) => type === OFFER).length, 8);
  assert.deepEqual(seen.slice(3), ['old', 'old', 'old', 'old', 'old']);
  await hooked.close();
  assert.deepEqual(unloaded, ['old', 'new']);
});

test('the same entries and files are not loaded again; a changed file is, as a module of its own', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'flt-'));
  const library = join(directory, 'own.mjs');
  const text = (version: number): string =>
    `let n = 0; export function load(h) { n++; globalThis.loadings.push([${version}, n]); }`;
  const loadings: (readonly [number, number])[] = [];
  Object.assign(globalThis, { loadings });
  await withHooks([], async ({ libraries }) => {
    const reload = async (): Promise<void> => libraries.use(await libraries.prepare(inFile({ library })));
    writeFileSync(library, text(1));
    await reload();
    await reload();
    writeFileSync(library, text(2));
    utimesSync(library, 1, 1);
    await reload();
    assert.deepEqual(loadings, [
      [1, 1],
      [2, 1],
    ]);
  });
  rmSync(directory, { recursive: true });
});

test('a library that refuses dhcp4_srv_configured refuses the configuration, and is asked with its arguments', async () => {
  let keys: readonly string[] = [];
  const strict = libraryOf({
    dhcp4_srv_configured(args) {
      keys = Object.keys(args);
      args.error = 'too many subnets';
      return 'drop';
    },
  });
  await withHooks([], async ({ libraries, world }) => {
    const source = inFile(entryFor(strict));
    const set = await libraries.prepare(source);
    assert.equal(
      await refusal(libraries.configured(set, source.written, world.snapshot)),
      'a hook library refused the configuration: too many subnets',
    );
    assert.deepEqual(keys, ['network_state', 'json_config', 'server_config', 'error']);
    await libraries.discard(set);
    assert.equal((await world.send(discover(client(1))))?.type, OFFER);
  });
});

test('commands of libraries answer, hide built-in ones while they are there, and see each other', async () => {
  const hooked = await hookWorld([]);
  const { commands } = hooked;
  commands.register('status-get', () => ({ result: 0, text: 'built in' }));
  const ask = (command: string, args?: unknown) =>
    commands.execute({ command, ...(args !== undefined && { arguments: args }) });
  const first: HookLibrary = {
    load(handle) {
      handle.registerCommand('status-get', (args) => ({ result: 0, text: 'mine', arguments: args }));
      handle.registerCommand('site-break', () => Promise.reject(new Error('broken')));
      handle.register('$site_note', (args) => void (args.response = { result: 0, text: 'one' }));
    },
  };
  const second: HookLibrary = {
    load: (handle) =>
      handle.register('$site_note', (args) => {
        args.response = { result: 0, text: `${args.response!.text} two` };
      }),
  };
  await hooked.use(first, second);
  assert.deepEqual(await ask('status-get', { a: 1 }), { result: 0, text: 'mine', arguments: { a: 1 } });
  assert.deepEqual(await ask('site-break'), { result: 1, text: 'broken' });
  assert.deepEqual(await ask('site-note'), { result: 0, text: 'one two' });
  assert.ok(commands.names().includes('site-note'));
  await hooked.use();
  assert.deepEqual(await ask('status-get'), { result: 0, text: 'built in' });
  assert.equal((await ask('site-note')).result, 2);
  await hooked.close();
});

test('command_processed sees every answer and may change it', async () => {
  const seen: unknown[] = [];
  const library: HookLibrary = {
    load: (handle) =>
      handle.register('command_processed', (args) => {
        seen.push([args.name, args.arguments, args.response.result]);
        args.response = { ...args.response, text: 'seen' };
      }),
  };
  await withHooks([library], async ({ commands, libraries }) => {
    commands.onProcessed((name, args, answer) => libraries.processed(name, args, answer));
    commands.register('x', () => ({ result: 0 }));
    assert.deepEqual(await commands.execute({ command: 'x' }), { result: 0, text: 'seen' });
    assert.deepEqual(seen, [['x', null, 0]]);
  });
});

test('cb4_updated is told what came, changed and went', async () => {
  const row = (rowId: number, json: JsonMap): WrittenObject => ({
    json,
    origin: { kind: 'database', rowId },
  });
  const parts = (globals: JsonMap, subnets: readonly WrittenObject[]): ConfigParts => {
    const none = { optionDefs: [], options: [], classes: [], networks: [], reservations: [] };
    return { family: 4, globals, subnets, ...none };
  };
  const same = row(1, { id: 1 });
  const before = parts({ 'valid-lifetime': 1 }, [same, row(2, { id: 2 }), row(3, { id: 3 })]);
  const after = parts({ 'valid-lifetime': 2 }, [same, row(2, { id: 2, comment: 'x' }), row(4, { id: 4 })]);
  const entries = auditEntries(before, after, 9).map(
    ({ object_type, object_id, modification_type, revision_id }) =>
      `${object_type} ${object_id} ${modification_type} ${revision_id}`,
  );
  assert.deepEqual(entries, [
    'dhcp4_subnet 2 UPDATE 9',
    'dhcp4_subnet 4 CREATE 9',
    'dhcp4_subnet 3 DELETE 9',
    'dhcp4_global_parameter 0 UPDATE 9',
  ]);
  const told: unknown[] = [];
  const library = libraryOf({ cb4_updated: ({ audit_entries }) => void told.push(audit_entries) });
  await withHooks([library], async ({ libraries }) => {
    await libraries.announce('cb4_updated', { audit_entries: [] });
    assert.deepEqual(told, [[]]);
  });
});
