// Fourteen ways a change can happen: each reaches an edge within one poll and is recorded with the account that made it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { connectionOptions, sessionStatements } from '../../src/db/connect.ts';
import type { DatabaseAddress } from '../../src/db/address.ts';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { dumpDatabase } from '../support/schema-dump.ts';

const bulk = 1_000;
let database: TestDatabase;
let proxy: DatabaseProxy;
let edge: ConfigEdge;
/** The session of the person who edits: an account of its own. */
let dba: Connection;
let user: string;

before(async () => {
  database = await createTestDatabase();
  user = `dba_${database.address.database.slice(-8)}`;
  await database.pool.query(`CREATE USER '${user}'@'localhost' IDENTIFIED BY ''`);
  await database.pool.query(`GRANT ALL ON \`${database.address.database}\`.* TO '${user}'@'localhost'`);
  proxy = await createDatabaseProxy(database.address);
});

after(async () => {
  await database.pool.query(`DROP USER '${user}'@'localhost'`);
  await proxy.close();
  await database.drop();
});

beforeEach(async (t) => {
  dba = await connectAs({ ...database.address, user, password: '' });
  await fillConfiguration(dba);
  edge = createConfigEdge(proxy.address);
  assert.equal(await edge.backend.start(), 'database');
  (t as unknown as { after(cleanup: () => Promise<void>): void }).after(async () => {
    await edge.stop();
    await dba.end();
    await emptyConfiguration();
  });
});

test('a pool row changed alone', async () => {
  const other = objectOf(2);
  await change('UPDATE dhcp4_pool SET end_address = end_address + 1 WHERE subnet_id = 1');
  await pollSees([['dhcp4_pool', 'update']]);
  assert.deepEqual(poolsOf(1), ['10.0.1.10 - 10.0.1.21']);
  assert.equal(objectOf(2), other, 'an untouched subnet is the very same object');
});

test('a row updated without touching modification_ts', async () => {
  await change(
    'UPDATE dhcp4_subnet SET valid_lifetime = 777, modification_ts = modification_ts WHERE subnet_id = 1',
  );
  await pollSees([['dhcp4_subnet', 'update']]);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 777);
});

test('a transaction that commits after a later one was polled', async () => {
  await dba.query('START TRANSACTION; SET @kept = NOW(); SELECT COUNT(*) FROM dhcp4_subnet');
  const other = await connectAs({ ...database.address, user, password: '' });
  await other.query('UPDATE dhcp4_subnet SET valid_lifetime = 2222 WHERE subnet_id = 2');
  await other.end();
  await pollSees([['dhcp4_subnet', 'update']]);
  assert.equal(edge.subnet(2)?.['valid-lifetime'], 2222);
  await change(
    'UPDATE dhcp4_subnet SET valid_lifetime = 1111, modification_ts = @kept - INTERVAL 1 DAY WHERE subnet_id = 1; COMMIT',
  );
  await pollSees([['dhcp4_subnet', 'update']]);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 1111);
});

test('a transaction still open while another waits for it is seen once it commits, and the other with it or after', async () => {
  await dba.query('START TRANSACTION; UPDATE dhcp4_subnet SET valid_lifetime = 1111 WHERE subnet_id = 1');
  const other = await connectAs({ ...database.address, user, password: '' });
  const waits = other.query('UPDATE dhcp4_subnet SET valid_lifetime = 2222 WHERE subnet_id = 2');
  assert.equal((await edge.backend.pull()).outcome, 'unchanged', 'nothing is committed yet');
  await dba.query('COMMIT');
  await waits;
  await other.end();
  await pollSees([
    ['dhcp4_subnet', 'update'],
    ['dhcp4_subnet', 'update'],
  ]);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 1111);
  assert.equal(edge.subnet(2)?.['valid-lifetime'], 2222);
});

test('an option changed alone, at every scope', async () => {
  await change(
    "UPDATE dhcp4_options SET formatted_value = '10.9.9.9' WHERE scope_id = 1 AND dhcp4_subnet_id = 1",
  );
  await pollSees([['dhcp4_options', 'update']]);
  assert.deepEqual(dataOf(edge.subnet(1)), ['10.9.9.9']);
  for (const [scope, seen] of [
    [0, () => dataOf({ 'option-data': edge.inForce().options.map(({ json }) => json) })],
    [2, () => dataOf(edge.inForce().classes[0]?.json)],
    [4, () => dataOf(edge.inForce().networks[0]?.json)],
    [5, () => dataOf((edge.subnet(1)?.pools as Record<string, unknown>[])[0])],
  ] as const) {
    await change(`UPDATE dhcp4_options SET formatted_value = '10.8.8.${scope}' WHERE scope_id = ${scope}`);
    await pollSees([['dhcp4_options', 'update']]);
    assert.deepEqual(seen(), [`10.8.8.${scope}`], `scope ${scope}`);
  }
});

test('a client class changed alone', async () => {
  await change("UPDATE dhcp4_client_class SET test = 'member(\\'KNOWN\\')' WHERE name = 'phones'");
  await pollSees([['dhcp4_client_class', 'update']]);
  assert.equal(edge.inForce().classes[0]?.json.test, "member('KNOWN')");
});

test('a server link changed alone', async () => {
  await change('DELETE FROM dhcp4_subnet_server WHERE subnet_id = 1');
  await pollSees([['dhcp4_subnet_server', 'delete']]);
  assert.equal(edge.subnet(1), undefined);
  assert.deepEqual(
    edge.backend.status().rejections.map(({ objectType, objectKey }) => `${objectType} ${objectKey}`),
    ['subnet 1'],
    'an unassigned subnet is reported',
  );
  await change('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1)');
  await pollSees([['dhcp4_subnet_server', 'insert']]);
  assert.equal(edge.subnet(1)?.subnet, '10.0.1.0/24');
  assert.deepEqual(edge.backend.status().rejections, []);
});

test('a delete', async () => {
  await change('DELETE FROM dhcp4_subnet WHERE subnet_id = 1');
  const seen = await pollSees(null);
  assert.equal(seen.at(-1), 'dhcp4_subnet delete', 'after everything that went with it');
  assert.equal(edge.subnet(1), undefined);
  assert.equal(edge.subnet(2)?.subnet, '10.0.2.0/24');
});

test(`a bulk change of ${bulk} subnets in one transaction`, async () => {
  const rows = Array.from({ length: bulk }, (_, i) => [100 + i, `10.${100 + (i >> 8)}.${i & 255}.0/24`]);
  const before = objectOf(1);
  await dba.query('START TRANSACTION');
  await dba.query('INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES ?', [rows]);
  await dba.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES ?', [
    rows.map(([id]) => [id, 1]),
  ]);
  assert.equal((await edge.backend.pull()).outcome, 'unchanged');
  await dba.query('COMMIT');
  const seen = await pollSees(null);
  assert.equal(seen.length, 2 * bulk);
  assert.equal(edge.inForce().subnets.length, bulk + 2);
  assert.equal(edge.applied.length, 2, 'in one step');
  assert.equal(objectOf(1), before);
});

test('two changes in one session, polled one by one', async () => {
  for (const lifetime of [5001, 5002]) {
    await change(`UPDATE dhcp4_subnet SET valid_lifetime = ${lifetime} WHERE subnet_id = 1`);
    await pollSees([['dhcp4_subnet', 'update']]);
    assert.equal(edge.subnet(1)?.['valid-lifetime'], lifetime);
  }
});

test('a change while the edge was disconnected', async () => {
  await proxy.cut();
  await change('UPDATE dhcp4_subnet SET valid_lifetime = 9001 WHERE subnet_id = 1');
  const failed = await edge.backend.pull();
  assert.equal(failed.outcome, 'failed');
  assert.equal(edge.backend.status().state, 'degraded');
  assert.equal(edge.subnet(1)?.['valid-lifetime'], undefined, 'what was in force stays');
  await proxy.join();
  await pollSees([['dhcp4_subnet', 'update']]);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 9001);
  assert.equal(edge.backend.status().state, 'serving');
});

test('a change the classic way, after createAuditRevisionDHCP4', async () => {
  await change(
    "START TRANSACTION; CALL createAuditRevisionDHCP4(NOW(), 'all', 'lifetime for site 1', 0); " +
      'UPDATE dhcp4_subnet SET valid_lifetime = 6001, modification_ts = NOW() WHERE subnet_id = 1; COMMIT',
  );
  await pollSees([['dhcp4_subnet', 'update']]);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 6001);
  const [[revision]] = (await dba.query<RowDataPacket[]>(
    "SELECT COUNT(*) AS entries FROM dhcp4_audit a JOIN dhcp4_audit_revision r ON r.id = a.revision_id WHERE r.log_message = 'lifetime for site 1'",
  )) as unknown as [[RowDataPacket]];
  assert.equal(revision['entries'], 1);
});

test('a parent change that cascades: the network renamed, the subnet id changed, the class deleted', async () => {
  await change("UPDATE dhcp4_shared_network SET name = 'annex' WHERE name = 'campus'");
  const renamed = await pollSees(null);
  assert.ok(renamed.includes('dhcp4_shared_network update'), renamed.join());
  assert.ok(renamed.includes('dhcp4_options update'), 'the options of the network');
  assert.ok(renamed.includes('dhcp4_subnet update'), 'its subnets');
  assert.equal(edge.inForce().networks[0]?.json.name, 'annex');
  assert.deepEqual(dataOf(edge.inForce().networks[0]?.json), ['10.0.0.4']);
  assert.equal(edge.subnet(2)?.['shared-network-name'], 'annex');

  await change('UPDATE dhcp4_subnet SET subnet_id = 11 WHERE subnet_id = 1');
  await pollSees(null);
  assert.equal(edge.subnet(1), undefined);
  assert.deepEqual(poolsOf(11), ['10.0.1.10 - 10.0.1.20']);
  assert.deepEqual(dataOf(edge.subnet(11)), ['10.0.0.1']);

  await change("DELETE FROM dhcp4_client_class WHERE name = 'phones'");
  await pollSees(null);
  assert.deepEqual(edge.inForce().classes, []);
});

test('a server deleted: its links go by cascade, and an edge with that tag loses what only it had', async () => {
  await change("INSERT INTO dhcp4_server (tag, description) VALUES ('site1', '')");
  await change(
    "UPDATE dhcp4_subnet_server SET server_id = (SELECT id FROM dhcp4_server WHERE tag = 'site1') WHERE subnet_id = 1",
  );
  const site = createConfigEdge(database.address, { serverTag: 'site1', instance: 'site-1' });
  await site.backend.start();
  assert.ok(site.subnet(1) && site.subnet(2));
  await change("DELETE FROM dhcp4_server WHERE tag = 'site1'");
  assert.equal((await site.backend.pull()).outcome, 'applied');
  assert.equal(site.subnet(1), undefined);
  assert.ok(site.subnet(2));
  assert.deepEqual(
    site.backend.status().rejections.map(({ objectKey }) => objectKey),
    ['1'],
  );
  await site.stop();
});

test('TRUNCATE', async () => {
  const from = edge.backend.status().position!.epoch;
  await dba.query('TRUNCATE TABLE dhcp4_subnet_server');
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  assert.deepEqual(edge.inForce().subnets, []);
  const [rows] = await dba.query<RowDataPacket[]>(
    "SELECT table_name FROM fleet_change WHERE scope = 'config4' AND operation = 'truncate' AND epoch > ?",
    [from],
  );
  assert.deepEqual(
    rows.map((row) => row['table_name'] as unknown),
    ['dhcp4_subnet_server'],
  );
});

test('the database restored from an older dump under a running edge', async () => {
  const { address, pool } = database;
  const admin = await pool.getConnection();
  const dump = await dumpDatabase(admin, address.database);
  await change('UPDATE dhcp4_subnet SET valid_lifetime = 3003 WHERE subnet_id = 1');
  await pollSees([['dhcp4_subnet', 'update']]);
  await dropEverything(admin, address.database);
  await admin.query(dump);
  await admin.query('SET foreign_key_checks = 1');
  // As many changes as were lost, so that the epoch's number is the very one the edge knows.
  await change('UPDATE dhcp4_subnet SET valid_lifetime = 4004 WHERE subnet_id = 2');
  const { position } = edge.backend.status();
  const [[now]] = (await admin.query<RowDataPacket[]>(
    "SELECT epoch FROM fleet_epoch WHERE scope = 'config4'",
  )) as unknown as [[RowDataPacket]];
  assert.equal(now['epoch'], position?.epoch);
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  assert.equal(edge.subnet(1)?.['valid-lifetime'], undefined, 'the change after the dump is undone');
  assert.equal(edge.subnet(2)?.['valid-lifetime'], 4004);
  admin.release();
});

async function change(sql: string): Promise<void> {
  await dba.query(sql);
}

/** One poll; the log since then holds exactly these changes (null: whichever), all by our account. */
async function pollSees(expected: readonly (readonly [string, string])[] | null): Promise<string[]> {
  const from = edge.backend.status().position!.epoch;
  const result = await edge.backend.pull();
  assert.equal(result.outcome, 'applied', result.error ?? '');
  const [rows] = await dba.query<RowDataPacket[]>(
    "SELECT db_user, table_name, operation FROM fleet_change WHERE scope = 'config4' AND epoch > ? ORDER BY epoch",
    [from],
  );
  assert.equal(result.position!.epoch, from + rows.length);
  for (const row of rows) assert.equal(row['db_user'], `${user}@localhost`);
  const seen = rows.map((row) => `${String(row['table_name'])} ${String(row['operation'])}`);
  if (expected !== null)
    assert.deepEqual(
      seen,
      expected.map((pair) => pair.join(' ')),
    );
  assert.ok(seen.length > 0);
  return seen;
}

function objectOf(id: number): unknown {
  return edge.inForce().subnets.find(({ json }) => json.id === id);
}

function poolsOf(id: number): unknown[] {
  return ((edge.subnet(id)?.pools ?? []) as { pool: unknown }[]).map(({ pool }) => pool);
}

function dataOf(json: Readonly<Record<string, unknown>> | undefined): unknown[] {
  return ((json?.['option-data'] ?? []) as { data: unknown }[]).map(({ data }) => data);
}

async function connectAs(address: DatabaseAddress): Promise<Connection> {
  const connection = await mysql.createConnection(connectionOptions(address));
  await connection.query(sessionStatements);
  return connection;
}

/** Two subnets, one in a network, with an option at every scope: plain SQL, no procedure called. */
async function fillConfiguration(connection: Connection): Promise<void> {
  await connection.query(`
    INSERT INTO dhcp4_shared_network (id, name) VALUES (1, 'campus');
    INSERT INTO dhcp4_shared_network_server (shared_network_id, server_id) VALUES (1, 1);
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24');
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, shared_network_name) VALUES (2, '10.0.2.0/24', 'campus');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1);
    INSERT INTO dhcp4_pool (id, start_address, end_address, subnet_id)
      VALUES (1, INET_ATON('10.0.1.10'), INET_ATON('10.0.1.20'), 1);
    INSERT INTO dhcp4_client_class (id, name, test) VALUES (1, 'phones', 'option[60].exists');
    INSERT INTO dhcp4_client_class_server (class_id, server_id) VALUES (1, 1);
    INSERT INTO dhcp4_options (option_id, code, formatted_value, space, scope_id) VALUES (10, 6, '10.0.0.0', 'dhcp4', 0);
    INSERT INTO dhcp4_options_server (option_id, server_id) VALUES (10, 1);
    INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, dhcp4_subnet_id) VALUES (3, '10.0.0.1', 'dhcp4', 1, 1);
    INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, dhcp_client_class) VALUES (3, '10.0.0.2', 'dhcp4', 2, 'phones');
    INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, shared_network_name) VALUES (3, '10.0.0.4', 'dhcp4', 4, 'campus');
    INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, pool_id) VALUES (3, '10.0.0.5', 'dhcp4', 5, 1)`);
}

async function emptyConfiguration(): Promise<void> {
  await database.pool.query(`
    DELETE FROM dhcp4_options; DELETE FROM dhcp4_subnet; DELETE FROM dhcp4_shared_network;
    DELETE FROM dhcp4_client_class; DELETE FROM dhcp4_global_parameter; DELETE FROM dhcp4_server WHERE id > 1`);
}

async function dropEverything(connection: Connection, name: string): Promise<void> {
  const [tables] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [name],
  );
  const [routines] = await connection.query<RowDataPacket[]>(
    'SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?',
    [name],
  );
  const drops = [
    'SET foreign_key_checks = 0',
    ...tables.map((row) => `DROP ${row['type'] === 'VIEW' ? 'VIEW' : 'TABLE'} \`${String(row['name'])}\``),
    ...routines.map((row) => `DROP ${String(row['type'])} \`${String(row['name'])}\``),
  ];
  await connection.query(drops.join('; '));
}
