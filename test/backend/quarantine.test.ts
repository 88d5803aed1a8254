// Bad rows are set aside one by one, with the reason, while good changes beside them apply; fixing the row brings it back.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { createConfigApplier, type ConfigApplier } from '../../src/backend/apply.ts';
import { emptyParts } from '../../src/backend/fetched.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../../src/config/snapshot-holder.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import type { Subnet } from '../../src/config/snapshot.ts';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { FlotillaError } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let proxy: DatabaseProxy;
let stateDirectory: string;
let edge: ConfigEdge;
let holder: SnapshotHolder;
let applier: ConfigApplier;

before(async () => {
  database = await createTestDatabase();
  proxy = await createDatabaseProxy(database.address);
});
after(async () => {
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'flotilla-state-'));
  await proxy.join().catch(() => undefined);
  await database.pool.query(`
    DELETE FROM dhcp4_options; DELETE FROM dhcp4_subnet; DELETE FROM dhcp4_client_class;
    DELETE FROM dhcp4_global_parameter; DELETE FROM dhcp4_shared_network; DELETE FROM fleet_rejection;
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24'), (2, '10.0.2.0/24');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1);
    INSERT INTO dhcp4_pool (id, start_address, end_address, subnet_id) VALUES
      (1, INET_ATON('10.0.1.10'), INET_ATON('10.0.1.20'), 1), (2, INET_ATON('10.0.2.10'), INET_ATON('10.0.2.20'), 2);
    INSERT INTO dhcp4_client_class (id, name, test) VALUES (1, 'phones', 'option[60].exists');
    INSERT INTO dhcp4_client_class_server (class_id, server_id) VALUES (1, 1)`);
  edge = newEdge();
});
afterEach(async () => {
  await edge.stop();
  rmSync(stateDirectory, { recursive: true, force: true });
});

/** An edge whose file says nothing but a lifetime. */
function newEdge(file: ConfigParts = { ...emptyParts(4), globals: { 'valid-lifetime': 1200 } }): ConfigEdge {
  const built = buildSnapshot(file, null, { mode: 'strict', epoch: null });
  holder = createSnapshotHolder(built.snapshot, { onListenerError: (error) => assert.ifError(error) });
  applier = createConfigApplier({ fileParts: file, file: built }, { holder, log: silentLogger });
  return createConfigEdge(proxy.address, {
    stateDirectory,
    deps: { apply: applier.apply, remember: applier.remember },
  });
}

const subnet = (id: number): Subnet | undefined => holder.current().subnets.get(id);
const pools = (id: number): string[] | undefined =>
  subnet(id)?.pools.map(({ first, last }) => `${formatIpv4(Number(first))}-${formatIpv4(Number(last))}`);
const run = (sql: string): Promise<unknown> => database.pool.query(sql);

async function rejected(): Promise<string[]> {
  const [rows] = await database.pool.query<RowDataPacket[]>(
    'SELECT object_type, object_key, reason, last_good_kept FROM fleet_rejection ORDER BY object_type, object_key',
  );
  return rows.map(
    (row) =>
      `${String(row['object_type'])} ${String(row['object_key'])} ${row['last_good_kept'] === 1 ? 'kept' : 'out'}: ${String(row['reason'])}`,
  );
}

/** What is broken and how it is fixed; `kept` names what still serves meanwhile. */
const cases: readonly {
  readonly what: string;
  readonly breakIt: string;
  readonly fixIt: string;
  readonly rejection: RegExp;
  readonly meanwhile: () => void;
}[] = [
  {
    what: 'a prefix that is none',
    breakIt: "UPDATE dhcp4_subnet SET subnet_prefix = 'not-a-prefix' WHERE subnet_id = 1",
    fixIt: "UPDATE dhcp4_subnet SET subnet_prefix = '10.0.1.0/24' WHERE subnet_id = 1",
    rejection: /^subnet 1\b.* kept: .*not-a-prefix/,
    meanwhile: () => assert.equal(subnet(1)?.prefix, '10.0.1.0/24'),
  },
  {
    what: 'an inverted pool',
    breakIt: "UPDATE dhcp4_pool SET end_address = INET_ATON('10.0.1.5') WHERE id = 1",
    fixIt: "UPDATE dhcp4_pool SET end_address = INET_ATON('10.0.1.20') WHERE id = 1",
    rejection: /^pool .* kept: .*10\.0\.1\.10 - 10\.0\.1\.5/,
    meanwhile: () => assert.deepEqual(pools(1), ['10.0.1.10-10.0.1.20']),
  },
  {
    what: 'a pool outside its subnet',
    breakIt:
      "INSERT INTO dhcp4_pool (id, start_address, end_address, subnet_id) VALUES (9, INET_ATON('10.7.0.1'), INET_ATON('10.7.0.9'), 1)",
    fixIt: 'DELETE FROM dhcp4_pool WHERE id = 9',
    rejection: /^pool .* out: /,
    meanwhile: () => assert.deepEqual(pools(1), ['10.0.1.10-10.0.1.20']),
  },
  {
    what: 'a pool that overlaps another',
    breakIt:
      "INSERT INTO dhcp4_pool (id, start_address, end_address, subnet_id) VALUES (9, INET_ATON('10.0.1.1'), INET_ATON('10.0.1.12'), 1)",
    fixIt: 'DELETE FROM dhcp4_pool WHERE id = 9',
    rejection: /^pool .* out: .*overlap/,
    meanwhile: () => assert.deepEqual(pools(1), ['10.0.1.10-10.0.1.20'], 'the pool that was in force stays'),
  },
  {
    what: 'a class expression that cannot be parsed',
    breakIt: "UPDATE dhcp4_client_class SET test = 'option[60' WHERE id = 1",
    fixIt: "UPDATE dhcp4_client_class SET test = 'option[61].exists' WHERE id = 1",
    rejection: /^client-class phones kept: /,
    meanwhile: () => assert.ok(holder.current().classByName.get('phones')?.test),
  },
  {
    what: 'an option whose value does not fit its type',
    breakIt:
      "INSERT INTO dhcp4_options (option_id, code, formatted_value, space, scope_id, dhcp4_subnet_id) VALUES (5, 3, 'here', 'dhcp4', 1, 1)",
    fixIt: "UPDATE dhcp4_options SET formatted_value = '10.0.1.1' WHERE option_id = 5",
    rejection: /^option .* out: /,
    meanwhile: () => assert.deepEqual(pools(1), ['10.0.1.10-10.0.1.20']),
  },
  {
    what: 'a global parameter of the wrong kind',
    breakIt:
      "INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES (5, 'valid-lifetime', 'soon', 0); INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (5, 1)",
    fixIt: "UPDATE dhcp4_global_parameter SET value = '500' WHERE id = 5",
    rejection: /^global valid-lifetime kept: /,
    meanwhile: () => assert.equal(holder.current().parameters.validLifetime.value, 1200),
  },
  {
    what: 'a user context that is not JSON',
    breakIt: "UPDATE dhcp4_subnet SET user_context = '{ broken' WHERE subnet_id = 1",
    fixIt: 'UPDATE dhcp4_subnet SET user_context = NULL WHERE subnet_id = 1',
    rejection: /^subnet 1\b.* kept: /,
    meanwhile: () => assert.equal(subnet(1)?.userContext, null),
  },
];

for (const { what, breakIt, fixIt, rejection, meanwhile } of cases) {
  test(`${what} is quarantined while a good change beside it applies, until it is fixed`, async () => {
    await edge.backend.start();
    assert.deepEqual(await rejected(), []);
    await run(`${breakIt}; UPDATE dhcp4_subnet SET valid_lifetime = 777 WHERE subnet_id = 2`);
    assert.equal((await edge.backend.pull()).outcome, 'applied');
    assert.equal(subnet(2)?.parameters.validLifetime.value, 777, 'the good change');
    const reasons = await rejected();
    assert.equal(reasons.length, 1, reasons.join('\n'));
    assert.match(reasons[0]!, rejection);
    meanwhile();
    await run(fixIt);
    assert.equal((await edge.backend.pull()).outcome, 'applied');
    assert.deepEqual(await rejected(), []);
    assert.deepEqual(edge.backend.status().rejections, []);
  });
}

test('subnets that nothing touched are the very same objects in the next snapshot, which is frozen', async () => {
  await edge.backend.start();
  const first = holder.current();
  await run("UPDATE dhcp4_pool SET end_address = INET_ATON('10.0.1.30') WHERE id = 1");
  await edge.backend.pull();
  const second = holder.current();
  assert.notEqual(second, first);
  assert.ok(Object.isFrozen(second));
  assert.equal(second.subnets.get(2), first.subnets.get(2));
  assert.deepEqual(pools(1), ['10.0.1.10-10.0.1.30']);
  assert.equal(second.epoch, edge.backend.status().position?.epoch);
  assert.equal(second.hash, edge.backend.status().configHash);
  assert.equal(first.subnets.get(1)?.pools[0]?.last, 0x0a000114, 'the old snapshot is as it was');
});

test('a change that concerns other servers moves the epoch of the same snapshot', async () => {
  await edge.backend.start();
  const first = holder.current();
  await run("INSERT INTO dhcp4_server (tag, description) VALUES ('elsewhere', '')");
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  const second = holder.current();
  assert.equal(second.epoch, first.epoch! + 1);
  assert.deepEqual({ ...second, epoch: 0 }, { ...first, epoch: 0 });
  assert.equal(second.subnets, first.subnets);
  assert.ok(Object.isFrozen(second));
  await run('UPDATE dhcp4_subnet SET valid_lifetime = 77 WHERE subnet_id = 1');
  await edge.backend.pull();
  const third = holder.current();
  assert.equal(third.subnets.get(1)?.parameters.validLifetime.value, 77);
  assert.equal(third.subnets.get(2), first.subnets.get(2), 'the next build still shares');
});

test('a restart keeps the last good version of a row that is still bad, with the database there or away', async () => {
  await edge.backend.start();
  await run("UPDATE dhcp4_subnet SET subnet_prefix = 'not-a-prefix' WHERE subnet_id = 1");
  await edge.backend.pull();
  for (const away of [false, true]) {
    await edge.stop();
    if (away) await proxy.cut();
    edge = newEdge();
    assert.equal(await edge.backend.start(), away ? 'last-good' : 'database');
    assert.equal(subnet(1)?.prefix, '10.0.1.0/24');
    assert.equal(subnet(2)?.prefix, '10.0.2.0/24');
  }
});

test('a new file is merged under what the database said; a bad one changes nothing', async () => {
  await edge.backend.start();
  const before = holder.current();
  assert.throws(
    () => applier.replaceFile({ ...emptyParts(4), globals: { 'valid-lifetime': 'long' } }),
    (error) => error instanceof FlotillaError && error.message.includes('valid-lifetime'),
  );
  assert.equal(holder.current(), before);
  applier.replaceFile({ ...emptyParts(4), globals: { 'valid-lifetime': 4800 } });
  assert.equal(subnet(1)?.parameters.validLifetime.value, 4800);
  assert.equal(holder.current().epoch, before.epoch);
});

test('a rejected global names its row, also when it is a part of a map or its row is another one now', async () => {
  const rows = (): unknown =>
    Object.fromEntries(edge.backend.status().rejections.map(({ objectKey, origin }) => [objectKey, origin]));
  await run(`INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES
      (5, 'valid-lifetime', 'soon', 0), (6, 'compatibility.lenient-option-parsing', 'perhaps', 4);
    INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (5, 1), (6, 1)`);
  await edge.backend.start();
  assert.deepEqual(rows(), {
    'valid-lifetime': { kind: 'database', rowId: 5 },
    compatibility: { kind: 'database', rowId: 6 },
  });
  await run('DELETE FROM dhcp4_global_parameter');
  await run(`INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES
      (8, 'valid-lifetime', 'soon', 0), (9, 'renew-timer', 'x', 0);
    INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (8, 1), (9, 1)`);
  await edge.backend.pull();
  assert.deepEqual(rows(), {
    'valid-lifetime': { kind: 'database', rowId: 8 },
    'renew-timer': { kind: 'database', rowId: 9 },
  });
});
