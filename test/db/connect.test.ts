// Connections: the same session everywhere, whatever the server's defaults; TLS that proves who answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { openPool, ping } from '../../src/db/connect.ts';
import { openKnex } from '../../src/db/knex.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createTestServer } from '../support/database.ts';
import { programsMissing } from '../support/netns.ts';

const folder = mkdtempSync(join(tmpdir(), 'flotilla-tls-'));
const file = (name: string): string => join(folder, name);
const skip = programsMissing('openssl');
if (!skip) {
  makeAuthority('ours');
  makeAuthority('other');
  makeCertificate('server', 'ours', 'localhost');
  makeCertificate('client', 'ours', 'edge');
}

const port = await freePort();
// Everything that a session of ours must not take over from the server.
const server = await createTestServer({
  durable: false,
  extra: [
    '--skip-networking=0',
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    ...(skip
      ? []
      : [
          `--ssl-ca=${file('ours.pem')}`,
          `--ssl-cert=${file('server.pem')}`,
          `--ssl-key=${file('server.key')}`,
        ]),
    '--default-time-zone=+05:00',
    '--sql-mode=ALLOW_INVALID_DATES',
    '--transaction-isolation=REPEATABLE-READ',
  ],
});
const socket = parseDatabaseUrl(server.url());
const admin = openPool(socket, 2);
await admin.query(
  "CREATE DATABASE t; CREATE USER 'secure'@'%' IDENTIFIED BY 'pw' REQUIRE SSL; GRANT ALL ON t.* TO 'secure'@'%'; " +
    "CREATE USER 'known'@'%' IDENTIFIED BY 'pw' REQUIRE X509; GRANT ALL ON t.* TO 'known'@'%'",
);
after(async () => {
  await admin.end();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const settings =
  'SELECT @@session.time_zone AS zone, @@session.sql_mode AS mode, @@session.transaction_isolation AS isolation';
const isolationOnMariaDb = settings.replace('transaction_isolation', 'tx_isolation');

async function settingsQuery(): Promise<string> {
  const [rows] = await admin.query<RowDataPacket[]>("SHOW VARIABLES LIKE 'transaction_isolation'");
  return rows.length > 0 ? settings : isolationOnMariaDb;
}

function assertOurs(row: Record<string, unknown>): void {
  assert.equal(row['zone'], '+00:00');
  assert.match(String(row['mode']), /STRICT_ALL_TABLES/);
  assert.doesNotMatch(String(row['mode']), /ALLOW_INVALID_DATES/);
  assert.equal(row['isolation'], 'READ-COMMITTED');
}

test('every connection of a pool is UTC, strict and READ COMMITTED, its first statement too', async () => {
  const pool = openPool(socket, 3);
  const query = await settingsQuery();
  const answers = await Promise.all(
    [1, 2, 3].map(() => pool.query<RowDataPacket[]>(`${query}, SLEEP(0.05)`)),
  );
  for (const [rows] of answers) assertOurs(rows[0]!);
  await pool.end();
});

test('knex has the same session', async () => {
  const knex = openKnex(socket);
  const [rows] = (await knex.raw(await settingsQuery())) as [Record<string, unknown>[]];
  assertOurs(rows[0]!);
  await knex.destroy();
});

test('a time means the same second to us as to the server, in whatever zone the server is', async () => {
  const pool = openPool({ ...socket, database: 't' }, 1);
  await pool.query('CREATE TABLE moments (at TIMESTAMP NOT NULL)');
  await pool.query('INSERT INTO moments VALUES (FROM_UNIXTIME(1700000000))');
  const [read] = await pool.query<RowDataPacket[]>('SELECT at, UNIX_TIMESTAMP(at) AS seconds FROM moments');
  assert.deepEqual([...read], [{ at: '2023-11-14 22:13:20', seconds: 1700000000 }]);
  await pool.query('DELETE FROM moments');
  await pool.query('INSERT INTO moments VALUES (?)', [new Date(1700000000_000)]);
  const [bound] = await pool.query<RowDataPacket[]>('SELECT UNIX_TIMESTAMP(at) AS seconds FROM moments');
  assert.equal(bound[0]!['seconds'], 1700000000);
  await assert.rejects(pool.query("INSERT INTO moments VALUES ('2023-02-31 00:00:00')"), /[Ii]ncorrect/);
  await pool.end();
});

test('numbers beyond 2^53 arrive exactly, and JSON as text', async () => {
  const pool = openPool(socket, 1);
  const [rows] = await pool.query<RowDataPacket[]>(
    "SELECT CAST(18446744073709551615 AS UNSIGNED) AS big, JSON_OBJECT('a', 1) AS json",
  );
  assert.equal(rows[0]!['big'], '18446744073709551615');
  assert.equal(String(rows[0]!['json']).replaceAll(' ', ''), '{"a":1}');
  await pool.end();
});

const overTls = (user: string, tls: DatabaseAddress['tls']): DatabaseAddress => ({
  host: 'localhost',
  port,
  user,
  password: 'pw',
  database: 't',
  ...(tls && { tls }),
});

test('with the right trust anchor the connection is encrypted', { skip }, async () => {
  const pool = openPool(overTls('secure', { trustAnchor: file('ours.pem') }), 1);
  const [rows] = await pool.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  assert.notEqual(rows[0]!['Value'], '');
  await pool.end();
});

test('a client certificate proves who connects', { skip }, async () => {
  const anchor = { trustAnchor: file('ours.pem') };
  await ping(overTls('known', { ...anchor, certFile: file('client.pem'), keyFile: file('client.key') }));
  await assert.rejects(ping(overTls('known', anchor)), unreachable(/denied/));
});

test('a server that another authority vouches for is refused', { skip }, async () => {
  await assert.rejects(
    ping(overTls('secure', { trustAnchor: file('other.pem') })),
    unreachable(/self.signed|verify|issuer/i),
  );
});

test('the trust anchor vouches for the server whatever its name, as in Kea', { skip }, async () => {
  await ping({ ...overTls('secure', { trustAnchor: file('ours.pem') }), host: '127.0.0.1' });
});

test('an account that requires TLS cannot log in without it', { skip }, async () => {
  await assert.rejects(ping(overTls('secure', undefined)), unreachable(/denied/));
});

test('a missing trust anchor is an error that names the file', async () => {
  await assert.rejects(
    ping(overTls('secure', { trustAnchor: file('nowhere.pem') })),
    unreachable(/nowhere\.pem/),
  );
});

function unreachable(reason: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'DATABASE_UNREACHABLE');
    assert.match(error.message, reason);
    assert.doesNotMatch(error.message, /:pw@/);
    return true;
  };
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

function makeAuthority(name: string): void {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name} authority`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

function makeCertificate(name: string, authority: string, host: string): void {
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${host}`,
    '-addext',
    `subjectAltName=DNS:${host}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${authority}.pem`,
    '-CAkey',
    `${authority}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    `${name}.pem`,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
