// `flotilla db init`, `upgrade`, `detach`, `version`, `wait`: from nothing, from Kea's tables, after interruptions.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { contractTables, migrationSource } from '../../migrations/index.ts';
import { describeDatabase, formatDatabaseUrl } from '../../src/db/address.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { migrationTable } from '../../src/db/schema-names.ts';
import { guardSchema } from '../../src/db/schema-guard.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runDatabaseTool } from './tool.ts';

async function emptyDatabase(t: TestContext): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  t.after(() => database.drop());
  return database;
}

/** A database as Kea's own script leaves it: nothing of ours, and times without the default that we add. */
async function keaDatabase(t: TestContext): Promise<TestDatabase> {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  await runDatabaseTool(['detach', '--yes', '--database', database.url]);
  await database.pool.query(
    'ALTER TABLE dhcp4_subnet MODIFY COLUMN modification_ts TIMESTAMP NOT NULL; ALTER TABLE dhcp4_subnet ALTER COLUMN modification_ts DROP DEFAULT',
  );
  return database;
}

const refusedWith =
  (reason: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'DATABASE_SCHEMA');
    assert.match(error.message, reason);
    return true;
  };

test('init makes the database itself, tells each step, and is quick and quiet the second time', async (t) => {
  const database = await emptyDatabase(t);
  await database.pool.query(`DROP DATABASE \`${database.address.database}\``);
  const first = await runDatabaseTool(['init'], { DATABASE_URL: database.url });
  assert.match(first.output, /^created the database flotilla_test_/);
  const { length } = await migrationSource.getMigrations([]);
  assert.equal(first.output.match(/^applying \S+ \(\d+ of \d+\)$/gm)?.length, length);
  const second = await runDatabaseTool(['init', '--database', database.url]);
  assert.match(second.output, /^the database .* is up to date\n$/);
  assert.deepEqual(await runDatabaseTool(['check', '--database', database.url]), {
    output: `${describeDatabase(database.address)} is whole\n`,
    failed: false,
  });
});

test('init adopts the tables of Kea without touching a row', async (t) => {
  const database = await keaDatabase(t);
  await database.pool.query(
    `SET @disable_audit = 1;
     INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, modification_ts) VALUES (7, '192.0.2.0/24', '2024-01-02 03:04:05');
     INSERT INTO dhcp4_subnet_server (subnet_id, server_id, modification_ts) VALUES (7, 1, '2024-01-02 03:04:05');
     INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) VALUES (X'0102030405', 0, 7, 3221225985);
     INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, state) VALUES (3221225994, X'AABBCC', 3600, '2030-01-01 00:00:00', 7, 0)`,
  );
  const before = await allRows(database);
  const { output } = await runDatabaseTool(['init', '--database', database.url]);
  assert.match(output, /^adopting the tables of Kea 30\.0/);
  assert.deepEqual(await allRows(database), before);
  const checked = await runDatabaseTool(['check', '--database', database.url]);
  assert.match(checked.output, / is whole\n$/);
  await database.pool.query(
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (8, '198.51.100.0/24')",
  );
});

test('detach asks first, leaves every row of Kea, and nothing of ours', async (t) => {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (7, '192.0.2.0/24')");
  const before = await allRows(database);
  await assert.rejects(
    runDatabaseTool(['detach', '--database', database.url]),
    (error) => error instanceof FlotillaError && error.code === 'USAGE',
  );
  await runDatabaseTool(['detach', '--yes', '--database', database.url]);
  assert.deepEqual(await allRows(database), before);
  const [left] = await database.pool.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'fleet%'
     UNION ALL SELECT ROUTINE_NAME FROM information_schema.ROUTINES
       WHERE ROUTINE_SCHEMA = DATABASE() AND (ROUTINE_NAME LIKE 'fleet%' OR ROUTINE_DEFINITION LIKE '%fleet\\_%')
     UNION ALL SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
       WHERE TRIGGER_SCHEMA = DATABASE() AND (TRIGGER_NAME LIKE 'fleet%' OR ACTION_STATEMENT LIKE '%fleet\\_%')`,
  );
  assert.deepEqual(left, []);
  await database.pool.query(
    `INSERT INTO lease4 (address, valid_lifetime, expire, subnet_id, state) VALUES (9, 60, NOW(), 7, 0);
     CALL createAuditRevisionDHCP4(NOW(), 'all', 'still Kea', 0); DELETE FROM dhcp4_subnet WHERE subnet_id = 7`,
  );
  await assert.rejects(
    runDatabaseTool(['detach', '--yes', '--database', database.url]),
    refusedWith(/nothing of Flotilla/),
  );
});

test('older, newer and foreign databases are refused with the reason and left alone', async (t) => {
  const database = await emptyDatabase(t);
  await database.pool.query('CREATE TABLE invoices (id INT PRIMARY KEY)');
  await assert.rejects(runDatabaseTool(['init', '-d', database.url]), refusedWith(/no schema_version/));
  await database.pool.query(
    'CREATE TABLE schema_version (version INT PRIMARY KEY, minor INT); INSERT INTO schema_version VALUES (22, 0)',
  );
  await assert.rejects(
    runDatabaseTool(['init', '-d', database.url]),
    refusedWith(/22\.0, older than 30\.0.*kea-admin/),
  );
  await database.pool.query('UPDATE schema_version SET version = 31');
  await assert.rejects(runDatabaseTool(['init', '-d', database.url]), refusedWith(/31\.0, newer than 30\.0/));
  await assert.rejects(guardSchema(database.pool, migrationSource), refusedWith(/31\.0, newer than 30\.0/));
  const [tables] = await database.pool.query<RowDataPacket[]>('SHOW TABLES');
  assert.equal(tables.length, 2);
});

test('a database of a newer Flotilla is refused by init and by the guard of a daemon', async (t) => {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  await guardSchema(database.pool, migrationSource);
  await database.pool.query(`INSERT INTO ${migrationTable} (name, batch) VALUES ('0999_from_the_future', 9)`);
  await assert.rejects(
    runDatabaseTool(['init', '-d', database.url]),
    refusedWith(/newer Flotilla.*0999_from_the_future/),
  );
  await assert.rejects(guardSchema(database.pool, migrationSource), refusedWith(/newer Flotilla/));
});

test('the guard tells an empty database, one of Kea and an older one apart', async (t) => {
  const empty = await emptyDatabase(t);
  await assert.rejects(guardSchema(empty.pool, migrationSource), refusedWith(/no tables.*db init/));
  const kea = await keaDatabase(t);
  await assert.rejects(
    guardSchema(kea.pool, migrationSource),
    refusedWith(/Kea's schema but not ours.*db init/),
  );
  await assert.rejects(
    runDatabaseTool(['upgrade', '-d', kea.url]),
    refusedWith(/nothing of Flotilla.*db init/),
  );
  await runDatabaseTool(['init', '-d', kea.url]);
  await kea.pool.query(`DELETE FROM ${migrationTable} ORDER BY id DESC LIMIT 1`);
  await assert.rejects(
    guardSchema(kea.pool, migrationSource),
    refusedWith(/lacks 0\S+: run 'flotilla db upgrade'/),
  );
  const { output } = await runDatabaseTool(['upgrade', '-d', kea.url]);
  assert.match(output, /is ready \(1 migrations\)/);
  await guardSchema(kea.pool, migrationSource);
});

test('init goes on after a migration that failed half way', async (t) => {
  const database = await emptyDatabase(t);
  const failing = {
    ...migrationSource,
    getMigration: async (migration: Parameters<typeof migrationSource.getMigration>[0]) => {
      const { up, ...rest } = await migrationSource.getMigration(migration);
      const isThird = migrationSource.getMigrationName(migration).startsWith('0003');
      return { ...rest, up: isThird ? async () => Promise.reject(new Error('power cut')) : up };
    },
  };
  await assert.rejects(migrateToLatest(database.address, failing), refusedWith(/0003\S+ stopped: power cut/));
  await assert.rejects(guardSchema(database.pool, migrationSource), refusedWith(/lacks 0003/));
  await database.pool.query(`UPDATE ${migrationTable}_lock SET is_locked = 1`);
  const { output } = await runDatabaseTool(['init', '-d', database.url]);
  assert.doesNotMatch(output, /0001|0002/);
  assert.match((await runDatabaseTool(['check', '-d', database.url])).output, /is whole/);
});

test('init goes on after kill -9 in the middle of a migration', async (t) => {
  const database = await emptyDatabase(t);
  const program = new URL('init-process.ts', import.meta.url).pathname;
  for (const step of ['0001', '0004']) {
    const child = spawn(process.execPath, ['--import', 'tsx', program, database.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const chunk of child.stdout) if (String(chunk).includes(step)) break;
    await new Promise((resolve) => setTimeout(resolve, 40));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
    await assert.rejects(guardSchema(database.pool, migrationSource), refusedWith(/./));
  }
  await runDatabaseTool(['init', '-d', database.url]);
  assert.match((await runDatabaseTool(['check', '-d', database.url])).output, /is whole/);
});

test('two inits at once do the work once', async (t) => {
  const database = await emptyDatabase(t);
  const outcomes = await Promise.all([1, 2].map(() => runDatabaseTool(['init', '-d', database.url])));
  const applied = outcomes.flatMap(({ output }) => output.match(/^applying \S+/gm) ?? []);
  assert.equal(applied.length, (await migrationSource.getMigrations([])).length);
  assert.equal(new Set(applied).size, applied.length);
});

test('version prints both levels and the server, and wait returns once daemons can work', async (t) => {
  const database = await emptyDatabase(t);
  assert.match(
    (await runDatabaseTool(['version', '-d', database.url])).output,
    /Kea schema: +none\n[^]*run 'flotilla db init'/,
  );
  await assert.rejects(
    runDatabaseTool(['wait', '--timeout', '0', '-d', database.url]),
    refusedWith(/no tables/),
  );
  const waiting = runDatabaseTool(['wait', '--timeout', '30', '-d', database.url]);
  await runDatabaseTool(['init', '-d', database.url]);
  assert.match((await waiting).output, /^waiting: .*\n[^]*is ready\n$/);
  assert.match(
    (await runDatabaseTool(['version', '-d', database.url])).output,
    /Kea schema: +30\.0\nFlotilla migration: 0\S+\nServer: +\d+\.[^]*Usable: +yes\n/,
  );
});

test('a verb without a database says how to name one, and a wrong password is not shown', async (t) => {
  await assert.rejects(
    runDatabaseTool(['version']),
    (error) => error instanceof FlotillaError && error.code === 'USAGE',
  );
  const database = await emptyDatabase(t);
  const url = formatDatabaseUrl({ ...database.address, user: 'nobody', password: 'hunter2' });
  await assert.rejects(runDatabaseTool(['version', '-d', url]), (error) => {
    assert.ok(error instanceof FlotillaError);
    assert.equal(error.code, 'DATABASE_UNREACHABLE');
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

/** Every row of the contract's tables, as text. */
async function allRows({ pool }: TestDatabase): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for (const { name } of contractTables) rows[name] = (await pool.query(`SELECT * FROM \`${name}\``))[0];
  return rows;
}
