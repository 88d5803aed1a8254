// An owner with rights on its own databases only, as hosting companies give: from init to a served change, and why not.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { formatDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { openPool } from '../../src/db/connect.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runDatabaseTool } from './tool.ts';

let database: TestDatabase;
let administrator: PoolConnection;
let address: DatabaseAddress;
let account: string;
let trust: string | undefined;
let skip: string | false = false;

before(async () => {
  database = await createTestDatabase({ empty: true });
  administrator = await database.pool.getConnection();
  const user = `flt_owner_${randomUUID().slice(0, 8)}`;
  address = { ...database.address, user, password: 'pw' };
  const host = String(await one(administrator, "SELECT SUBSTRING_INDEX(USER(), '@', -1)"));
  account = `'${user}'@'${host}'`;
  try {
    await administrator.query(`CREATE USER ${account} IDENTIFIED BY 'pw'`);
  } catch (error) {
    if ((error as { errno?: number }).errno !== 1227) throw error;
    skip = 'the account of the tests may not make accounts';
    return;
  }
  const pattern = database.address.database.replaceAll('_', '\\_');
  await administrator.query(`GRANT ALL PRIVILEGES ON \`${pattern}%\`.* TO ${account}`);
  // One server-wide setting: whoever tries it out here has it alone.
  await administrator.query("SELECT GET_LOCK('flotilla-test-trust', 120)");
  trust = String(await one(administrator, 'SELECT @@GLOBAL.log_bin_trust_function_creators'));
});

after(async () => {
  if (trust !== undefined) await setTrust(trust);
  if (skip === false) await administrator.query(`DROP USER IF EXISTS ${account}`);
  administrator?.destroy();
  await database?.drop();
});

async function one(connection: Pool | PoolConnection, sql: string): Promise<unknown> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return Object.values(rows[0] ?? {})[0];
}

const setTrust = (value: string): Promise<unknown> =>
  administrator.query(`SET GLOBAL log_bin_trust_function_creators = ${value}`);

test('with the binary log on and no trust in makers of functions, init says what an administrator has to run', async (t) => {
  if (skip) return t.skip(skip);
  if (String(await one(administrator, 'SELECT @@GLOBAL.log_bin')) !== '1')
    return t.skip('the binary log of this server is off, so it trusts everybody');
  await setTrust('0');
  await assert.rejects(runDatabaseTool(['init', '-d', formatDatabaseUrl(address)]), (error) => {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'DATABASE_PRIVILEGE');
    assert.match(error.message, /binary log is on.*1419/);
    assert.match(error.message, /^ {2}SET GLOBAL log_bin_trust_function_creators = 1;/m);
    assert.ok(error.message.includes(`GRANT SUPER ON *.* TO ${account};`), error.message);
    return true;
  });
  const tables = await one(
    administrator,
    'SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  assert.equal(Number(tables), 0, 'nothing was begun');
});

test('with it, the owner makes the database, edits it with plain SQL, counts leases, and takes Flotilla away again', async (t) => {
  if (skip) return t.skip(skip);
  await setTrust('1');
  const url = formatDatabaseUrl(address);
  assert.match((await runDatabaseTool(['init', '-d', url])).output, /is ready/);
  assert.match((await runDatabaseTool(['check', '-d', url])).output, /is whole/);
  const owner = openPool(address, 1);
  try {
    await owner.query(`
      INSERT INTO dhcp4_shared_network (name) VALUES ('campus');
      INSERT INTO dhcp4_shared_network_server (shared_network_id, server_id) SELECT id, 1 FROM dhcp4_shared_network;
      INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, shared_network_name) VALUES (1, '10.0.0.0/8', 'campus');
      INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1);
      INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (1, 167772170, 167772180);
      INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, pool_id) SELECT 3, 'dhcp4', '10.0.0.1', 5, id FROM dhcp4_pool;
      INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) VALUES (X'01', 0, 1, 167772171);
      UPDATE dhcp4_shared_network SET name = 'school';
      UPDATE dhcp4_subnet SET subnet_id = 2;
      INSERT INTO lease4 (address, valid_lifetime, expire, subnet_id, state) VALUES (9, 60, NOW() + INTERVAL 60 SECOND, 2, 0)`);
    assert.equal(await one(owner, 'SELECT shared_network_name FROM dhcp4_subnet'), 'school');
    assert.equal(await one(owner, 'SELECT leases FROM lease4_stat WHERE subnet_id = 2 AND state = 0'), 1);
    await owner.query(
      'DELETE FROM dhcp4_subnet; CALL fleet_detect_truncate(); CALL fleet_recount_statistics()',
    );
    assert.equal(await one(owner, 'SELECT COUNT(*) FROM dhcp4_pool'), 0);
    assert.equal(
      await one(owner, 'SELECT GROUP_CONCAT(DISTINCT db_user) FROM fleet_change WHERE epoch > 1'),
      account.replaceAll("'", ''),
    );
    assert.equal(await one(owner, 'SELECT COUNT(*) FROM fleet_statistics_drift'), 0);
  } finally {
    await owner.end();
  }
  assert.match((await runDatabaseTool(['detach', '--yes', '-d', url])).output, /plain database of Kea/);
  assert.match((await runDatabaseTool(['init', '-d', url])).output, /adopting/);
});
