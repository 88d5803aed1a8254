// A database of its own for each test file: a migrated template is made once, dumped once and loaded in an instant.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import mysql, { type Connection, type Pool, type RowDataPacket } from 'mysql2/promise';
import { formatDatabaseUrl, parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { connectionOptions, openPool, sessionStatements } from '../../src/db/connect.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { migrationSource } from '../../migrations/index.ts';
import { findServerBinary, openPrivateServer, type ServerBinary } from '../../scripts/private-server.mjs';
import { openTestServer, throwAwayDirectory } from '../../scripts/test-server.mjs';
import { dumpDatabase } from './schema-dump.ts';

const root = resolve(import.meta.dirname, '../..');
const poolSize = 8;
const templateLockSeconds = 120;

export interface TestDatabase {
  readonly address: DatabaseAddress;
  readonly url: string;
  readonly pool: Pool;
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

/** A migrated database (or an empty one) that nobody else uses, on the server of the tests or another. */
export async function createTestDatabase(
  options: { readonly empty?: boolean; readonly server?: DatabaseAddress } = {},
): Promise<TestDatabase> {
  const server = options.server ?? (await testServerAddress());
  const database = `flotilla_test_${process.pid}_${randomUUID().slice(0, 8)}`;
  const address = { ...server, database };
  const admin = await mysql.createConnection(connectionOptions(server));
  try {
    await admin.query(sessionStatements);
    const template = options.empty === true ? '' : await templateSql(admin, server);
    await admin.query(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4; USE \`${database}\``);
    if (template !== '') await admin.query(template);
  } finally {
    await admin.end();
  }
  const pool = openPool(address, poolSize);
  return {
    address,
    url: formatDatabaseUrl(address),
    pool,
    async drop() {
      await pool.end();
      const connection = await mysql.createConnection(connectionOptions(server));
      try {
        await dropDatabase(connection, database);
      } finally {
        await connection.end();
      }
    },
  };
}

/** Under load MariaDB sometimes drops all tables and leaves a file of one: its directory goes with the tests' server. */
async function dropDatabase(connection: Connection, database: string): Promise<void> {
  try {
    await connection.query(`DROP DATABASE IF EXISTS \`${database}\``);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ER_DB_DROP_RMDIR') throw error;
  }
}

export interface TestServerProcess {
  /** Of a database that does not exist yet, or of one that does. */
  url(database?: string): string;
  readonly pid: number | undefined;
  /** SIGKILL, the crash. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data, with the same extra arguments. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A durable database server of this test's own, for tests that kill it or need settings of their own. */
export async function createTestServer(
  options: { readonly extra?: readonly string[]; readonly durable?: boolean } = {},
): Promise<TestServerProcess> {
  const directory = throwAwayDirectory();
  const server = await openPrivateServer({
    directory,
    binary: requireServerBinary(),
    durable: options.durable ?? true,
    extra: options.extra ?? [],
  });
  return {
    url: (database) => server.url(database),
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Why a daemon in a network namespace cannot reach the tests' server, or false: a UNIX socket is everywhere, a loopback is not. */
export function databaseOutOfNamespace(): string | false {
  const given = process.env['FLOTILLA_TEST_DATABASE_URL'];
  if (given === undefined || parseDatabaseUrl(given).socketPath !== undefined) return false;
  return 'the database server of the tests is named without a UNIX socket, and namespaces do not reach it';
}

/** `scripts/test.mjs` names the server; a test file run by hand starts it and leaves it for the next one. */
async function testServerAddress(): Promise<DatabaseAddress> {
  const given = process.env['FLOTILLA_TEST_DATABASE_URL'];
  if (given !== undefined) return parseDatabaseUrl(given);
  const server = await openTestServer(requireServerBinary());
  return parseDatabaseUrl(server.url);
}

function requireServerBinary(): ServerBinary {
  const binary = findServerBinary();
  if (binary === undefined)
    throw new Error(
      'no mariadbd or mysqld is installed: set FLOTILLA_TEST_DATABASE_URL to a server for tests',
    );
  return binary;
}

/** The dump of a database with all migrations. Made by the first test file that needs it while the others wait. */
async function templateSql(admin: Connection, server: DatabaseAddress): Promise<string> {
  const [[version]] = (await admin.query('SELECT VERSION() AS version')) as unknown as [[RowDataPacket]];
  // One template per server version: what one engine made, the other cannot load, and each keeps its own.
  const engine = hashOf([String(version['version'])]);
  const key = `${engine}-${hashOf(migrationFiles().map((file) => readFileSync(file, 'utf8')))}`;
  const folder = join(root, 'var/test-templates');
  const file = join(folder, `${key}.sql`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const lock = `flotilla-template-${key}`;
  await admin.query('SELECT GET_LOCK(?, ?)', [lock, templateLockSeconds]);
  try {
    if (existsSync(file)) return readFileSync(file, 'utf8');
    const text = await makeTemplate(admin, {
      ...server,
      database: `flotilla_template_${key.replace('-', '_')}`,
    });
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder))
      if (old.startsWith(engine) && old.endsWith('.sql')) rmSync(join(folder, old), { force: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    return text;
  } finally {
    await admin.query('SELECT RELEASE_LOCK(?)', [lock]);
  }
}

async function makeTemplate(admin: Connection, address: DatabaseAddress): Promise<string> {
  const name = `\`${address.database}\``;
  await admin.query(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  try {
    await migrateToLatest(address, migrationSource);
    return await dumpDatabase(admin, address.database);
  } finally {
    await admin.query(`DROP DATABASE ${name}`);
  }
}

function migrationFiles(): string[] {
  return readdirSync(join(root, 'migrations'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 12);
}
