// Accounts with few rights: what init tells an administrator, and that the printed grants are enough and no more.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import mysql, { type Connection } from 'mysql2/promise';
import { parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { connectionOptions } from '../../src/db/connect.ts';
import { privilegesOn } from '../../src/db/grants.ts';
import { guardSchema } from '../../src/db/schema-guard.ts';
import { migrationSource } from '../../migrations/index.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createTestServer } from '../support/database.ts';
import { runDatabaseTool } from './tool.ts';

// A binary log, as replicated databases have: it is what makes triggers a matter of privilege.
const server = await createTestServer({ durable: false, extra: ['--log-bin=binlog', '--server-id=1'] });
const root = await mysql.createConnection(connectionOptions(parseDatabaseUrl(server.url())));
after(async () => {
  await root.end();
  await server.stop();
});

const urlOf = (user: string, database: string): string =>
  server.url(database).replace('root@', `${user}:pw@`);
const addressOf = (user: string, database: string): DatabaseAddress =>
  parseDatabaseUrl(urlOf(user, database));

async function as<T>(
  user: string,
  database: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection(connectionOptions(addressOf(user, database)));
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

const lacking =
  (reason: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'DATABASE_PRIVILEGE');
    assert.match(error.message, reason);
    return true;
  };

/** The statements that a message tells an administrator to run. */
const statementsIn = (message: string): string[] => message.match(/^ {2}(?:CREATE|GRANT|SET) .*;/gm) ?? [];

test('an owner without rights is led to a working database by the messages of init alone', async () => {
  await root.query("CREATE USER 'owner'@'localhost' IDENTIFIED BY 'pw'");
  const attempt = async (): Promise<FlotillaError | undefined> => {
    try {
      await runDatabaseTool(['init', '-d', urlOf('owner', 'fleet_db')]);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof FlotillaError, String(error));
      return error;
    }
  };
  const first = await attempt();
  assert.equal(first?.code, 'DATABASE_PRIVILEGE');
  assert.match(first.message, /GRANT SELECT, .*TRIGGER ON `fleet\\_db`\.\* TO 'owner'@'localhost';/);
  for (const statement of statementsIn(first.message)) await root.query(statement);

  const second = await attempt();
  assert.equal(second?.code, 'DATABASE_PRIVILEGE');
  assert.match(second.message, /binary log is on.*error 1419/);
  await root.query(statementsIn(second.message)[0]!);

  assert.equal(await attempt(), undefined);
  assert.match((await runDatabaseTool(['check', '-d', server.url('fleet_db')])).output, /is whole/);
});

test('init names every privilege that lacks, and only those', async () => {
  await root.query(
    "CREATE DATABASE partly; CREATE USER 'partly'@'localhost' IDENTIFIED BY 'pw'; " +
      "GRANT ALL PRIVILEGES ON partly.* TO 'partly'@'localhost'; REVOKE TRIGGER, CREATE VIEW ON partly.* FROM 'partly'@'localhost'",
  );
  await assert.rejects(
    runDatabaseTool(['init', '-d', urlOf('partly', 'partly')]),
    lacking(
      /lacks CREATE VIEW, TRIGGER on partly.*\n {2}GRANT CREATE VIEW, TRIGGER ON `partly`\.\* TO 'partly'@'localhost';/,
    ),
  );
});

test('privileges count from patterns and roles, not from other databases', async () => {
  await root.query(
    "CREATE USER 'mixed'@'localhost' IDENTIFIED BY 'pw'; CREATE ROLE makers; " +
      "GRANT CREATE ON `kea\\_%`.* TO makers; GRANT makers TO 'mixed'@'localhost'; SET DEFAULT ROLE makers FOR 'mixed'@'localhost'; " +
      "GRANT SELECT ON `kea\\_a`.* TO 'mixed'@'localhost'; GRANT DROP ON `keaXa`.* TO 'mixed'@'localhost'",
  );
  const held = await as('mixed', 'information_schema', (connection) => privilegesOn(connection, 'kea_a'));
  assert.deepEqual([...held].sort(), ['CREATE', 'SELECT', 'USAGE']);
});

test('an edge can do its work with the printed grants and change no configuration', async () => {
  const { output } = await runDatabaseTool([
    'grants',
    '--edge',
    'edge@localhost',
    '-d',
    server.url('fleet_db'),
  ]);
  await root.query(`CREATE USER 'edge'@'localhost' IDENTIFIED BY 'pw'; ${output}`);
  await as('edge', 'fleet_db', async (edge) => {
    await guardSchema(edge, migrationSource);
    await edge.query(
      'SELECT * FROM dhcp4_subnet; SELECT * FROM hosts; SELECT * FROM fleet_epoch; SELECT * FROM fleet_change',
    );
    await edge.query('CALL fleet_detect_truncate()');
    await edge.query(
      `INSERT INTO lease4 (address, valid_lifetime, expire, subnet_id, state) VALUES (9, 60, NOW(), 7, 0);
       UPDATE lease4 SET state = 1 WHERE address = 9; DELETE FROM lease4 WHERE address = 9;
       INSERT INTO lease4_stat (subnet_id, state, leases) VALUES (8, 0, 1) ON DUPLICATE KEY UPDATE leases = leases + 1;
       INSERT INTO lease6_pool_stat (subnet_id, pool_id, lease_type, state, leases) VALUES (8, 0, 0, 0, 1);
       INSERT INTO fleet_server (instance, family, tag, version, address, state, started_at, last_contact)
         VALUES ('edge-1', 4, 'all', '1', 'here', 'up', UTC_TIMESTAMP(), UTC_TIMESTAMP());
       DELETE FROM fleet_rejection WHERE instance = 'edge-1'`,
    );
    for (const forbidden of [
      "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.0.0/8')",
      'DELETE FROM hosts',
      'DELETE FROM fleet_change',
      'UPDATE fleet_epoch SET epoch = 0',
      'DROP TABLE lease4',
    ])
      await assert.rejects(edge.query(forbidden), /denied/, forbidden);
  });
});

test('a DBA can edit configuration with plain SQL and the classic way, and not the change log', async () => {
  const { output } = await runDatabaseTool([
    'grants',
    '--dba',
    'dba@localhost',
    '-d',
    server.url('fleet_db'),
  ]);
  await root.query(`CREATE USER 'dba'@'localhost' IDENTIFIED BY 'pw'; ${output}`);
  await as('dba', 'fleet_db', async (dba) => {
    await dba.query(
      `INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.0.0/8');
       INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1);
       CALL createAuditRevisionDHCP4(NOW(), 'all', 'by hand', 0);
       INSERT INTO dhcp4_pool (start_address, end_address, subnet_id) VALUES (167772170, 167772180, 1);
       INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES (X'01', 0, 1);
       DELETE FROM dhcp4_subnet WHERE subnet_id = 1`,
    );
    const [rows] = await dba.query('SELECT DISTINCT db_user AS user FROM fleet_change WHERE epoch > 1');
    assert.deepEqual(rows, [{ user: 'dba@localhost' }]);
    for (const forbidden of [
      'DELETE FROM fleet_change',
      'DELETE FROM dhcp4_audit',
      'UPDATE schema_version SET version = 1',
    ])
      await assert.rejects(dba.query(forbidden), /denied/, forbidden);
  });
});

test('a reporting account reads leases and hosts, but no secret and no row images', async () => {
  const { output } = await runDatabaseTool([
    'grants',
    '--report',
    'report@localhost',
    '-d',
    server.url('fleet_db'),
  ]);
  assert.doesNotMatch(output, /INSERT|UPDATE|DELETE|EXECUTE/);
  await root.query(`CREATE USER 'report'@'localhost' IDENTIFIED BY 'pw'; ${output}`);
  await as('report', 'fleet_db', async (report) => {
    await report.query(
      'SELECT COUNT(*) FROM lease4; SELECT host_id, hostname FROM hosts; SELECT * FROM fleet_status',
    );
    for (const forbidden of [
      'SELECT auth_key FROM hosts',
      'SELECT * FROM fleet_change',
      'SELECT * FROM fleet_history',
      'DELETE FROM lease4',
    ])
      await assert.rejects(report.query(forbidden), /denied/, forbidden);
  });
});

test('grants without an account is an error of usage', async () => {
  await assert.rejects(
    runDatabaseTool(['grants', '-d', server.url('fleet_db')]),
    (error) => error instanceof FlotillaError && error.code === 'USAGE',
  );
});
