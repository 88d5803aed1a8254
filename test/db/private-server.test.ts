// The private database server of `npm start`: shared, restarted after a crash, stopped by the last one who needs it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import {
  endAbandoned,
  findServerBinary,
  greets,
  openPrivateServer,
  type PrivateServer,
} from '../../scripts/private-server.mjs';
import { parseDatabaseUrl } from '../../src/db/address.ts';
import { openPool } from '../../src/db/connect.ts';
import { createTestServer } from '../support/database.ts';

const binary = findServerBinary();
const skip = binary === undefined ? 'no mariadbd or mysqld is installed' : false;

function open(directory: string): Promise<PrivateServer> {
  return openPrivateServer({ directory, binary: binary! });
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-private-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Another process that needs the same server, as a second `npm start` does. */
async function neighbour(directory: string): Promise<{ leave(): Promise<void>; crash(): Promise<void> }> {
  const script = `
    import { findServerBinary, openPrivateServer } from ${JSON.stringify(new URL('../../scripts/private-server.mjs', import.meta.url).href)};
    const server = await openPrivateServer({ directory: ${JSON.stringify(directory)}, binary: findServerBinary() });
    console.log('ready');
    process.stdin.once('end', () => process.exit(1));
    process.stdin.once('data', async () => { await server.release(); process.exit(0); });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const gone = once(child, 'exit');
  return {
    async leave() {
      child.stdin.write('leave\n');
      await gone;
    },
    async crash() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('two who start at once share one server, and the last one to leave stops it', { skip }, async (t) => {
  const directory = temporary(t);
  const [server, other] = await Promise.all([open(directory), neighbour(directory)]);
  const { pid } = server;
  await other.leave();
  assert.equal(await greets(server.socketPath), true);
  assert.equal(server.pid, pid);
  assert.equal(await server.release(), true);
  assert.equal(await greets(server.socketPath), false);
  assert.equal(server.pid, undefined);
});

test(
  'a neighbour killed with kill -9 keeps nothing alive, and what it left running is used',
  { skip },
  async (t) => {
    const directory = temporary(t);
    const other = await neighbour(directory);
    await other.crash();
    const server = await open(directory);
    assert.equal(server.started, false);
    assert.equal(await server.release(), true);
  },
);

test('the server of a test that was killed is ended, one in use is not', { skip }, async (t) => {
  const directory = temporary(t);
  const other = await neighbour(directory);
  assert.equal(await endAbandoned(directory), false);
  await other.crash();
  assert.equal(await endAbandoned(directory), true);
  assert.equal(await greets(join(directory, 'server.sock')), false);
});

test(
  'after kill -9 of the server the next start finds committed rows and no stale socket in its way',
  { skip },
  async (t) => {
    const directory = temporary(t);
    const first = await open(directory);
    const pool = openPool(parseDatabaseUrl(first.url('mysql')), 1);
    await pool.query('CREATE DATABASE kept; CREATE TABLE kept.rows_ (id INT PRIMARY KEY)');
    await pool.query('INSERT INTO kept.rows_ VALUES (1), (2)');
    await first.kill();
    await pool.end().catch(() => undefined);
    assert.ok(existsSync(join(directory, 'server.pid')));
    // The number in the pid file may be anybody's by now.
    writeFileSync(join(directory, 'server.pid'), `${process.pid}\n`);
    const second = await open(directory);
    assert.equal(second.started, true);
    const again = openPool(parseDatabaseUrl(second.url('kept')), 1);
    const [rows] = await again.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM rows_');
    assert.equal(rows[0]!['n'], 2);
    await again.end();
    await second.release();
  },
);

test(
  'a data directory whose making was interrupted is made anew, under a path too long for a socket',
  { skip },
  async (t) => {
    const directory = join(temporary(t), 'a-folder-with-a-long-name-'.repeat(5));
    mkdirSync(join(directory, 'data.new', 'mysql'), { recursive: true });
    const server = await open(directory);
    assert.ok(server.socketPath.length < 100, server.socketPath);
    assert.equal(await greets(server.socketPath), true);
    assert.equal(await server.release(), true);
    assert.equal(existsSync(dirname(server.socketPath)), false);
    assert.deepEqual(readdirSync(join(directory, 'users')), []);
  },
);

test('a server that cannot start says why, with the end of its log', { skip }, async (t) => {
  const directory = temporary(t);
  await assert.rejects(
    openPrivateServer({ directory, binary: binary!, extra: ['--no-such-option=1'] }),
    /does not answer: it ended with code \d+[^]*no-such-option/,
  );
});

test('a test server survives kill and restart with what it had committed', { skip }, async () => {
  const server = await createTestServer();
  const pool = openPool(parseDatabaseUrl(server.url('mysql')), 1);
  await pool.query('CREATE DATABASE kept; CREATE TABLE kept.t (id INT)');
  await pool.query('INSERT INTO kept.t VALUES (1)');
  await server.kill();
  assert.equal(server.pid, undefined);
  await server.restart();
  const [rows] = await pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM kept.t');
  assert.equal(rows[0]!['n'], 1);
  await pool.end();
  await server.stop();
});
