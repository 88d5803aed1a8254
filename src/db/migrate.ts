// Runs our migrations, one at a time, and goes on after a run that was interrupted.
import type { Knex } from 'knex';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { FlotillaError, messageOf } from '../errors.ts';
import type { DatabaseAddress } from './address.ts';
import { connectionOptions, sessionStatements } from './connect.ts';
import { openKnex } from './knex.ts';
import { migrationTable } from './schema-names.ts';

/** The database server frees it when the connection ends, so a killed run leaves nothing locked. */
const lockWaitSeconds = 60;

export interface MigrationOptions {
  /** Called before each migration: its name, its place counting from 1, and how many there are to run. */
  readonly progress?: (name: string, place: number, total: number) => void;
  /** Runs first, alone: nobody else migrates this database meanwhile. What it throws ends the run. */
  readonly before?: (connection: Connection) => Promise<void>;
}

/** Brings the database to the newest migration of `source`. Answers the names that ran. */
export async function migrateToLatest(
  address: DatabaseAddress,
  source: Knex.MigrationSource<unknown>,
  { progress = () => undefined, before }: MigrationOptions = {},
): Promise<string[]> {
  return withMigrationLock(address, async (connection) => {
    await before?.(connection);
    const knex = openKnex(address);
    try {
      return await runPending(knex, source, progress);
    } finally {
      await knex.destroy();
    }
  });
}

async function runPending(
  knex: Knex,
  source: Knex.MigrationSource<unknown>,
  progress: NonNullable<MigrationOptions['progress']>,
): Promise<string[]> {
  const config: Knex.MigratorConfig = {
    migrationSource: source,
    tableName: migrationTable,
    // MySQL commits at each DDL statement, so a transaction around a migration would promise what it cannot keep.
    disableTransactions: true,
  };
  await freeStaleLock(knex);
  const ran: string[] = [];
  const [, pending] = (await knex.migrate.list(config)) as [unknown[], unknown[]];
  for (const migration of pending) {
    const name = source.getMigrationName(migration);
    progress(name, ran.length + 1, pending.length);
    try {
      await knex.migrate.up(config);
    } catch (error) {
      throw new FlotillaError(
        'DATABASE_SCHEMA',
        `migration ${name} stopped: ${messageOf(error)}. Nothing is lost: remove the cause and run it again`,
        {},
        { cause: error },
      );
    }
    ran.push(name);
  }
  return ran;
}

/** Names of the migrations that this database has, oldest first; empty when it has never seen ours. */
export async function appliedMigrations(knex: Knex): Promise<string[]> {
  if (!(await knex.schema.hasTable(migrationTable))) return [];
  const rows = await knex<{ id: number; name: string }>(migrationTable).select('name').orderBy('id');
  return rows.map((row) => row.name);
}

/** Two runs at once would interleave their DDL: the second one waits, then finds nothing left to do. */
async function withMigrationLock<T>(
  address: DatabaseAddress,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const session = await mysql.createConnection(connectionOptions(address));
  // Lock names are global on the server and at most 64 characters long.
  const name = "CONCAT('flotilla-', LEFT(SHA2(COALESCE(DATABASE(), ''), 256), 40))";
  try {
    await session.query(sessionStatements);
    const [rows] = await session.query<RowDataPacket[]>(`SELECT GET_LOCK(${name}, ?) AS got`, [
      lockWaitSeconds,
    ]);
    if (Number(rows[0]?.['got']) !== 1)
      throw new FlotillaError(
        'DATABASE_SCHEMA',
        `another migration of this database is running (waited ${lockWaitSeconds} s)`,
      );
    return await work(session);
  } finally {
    // Ending the session frees the lock.
    await session.end();
  }
}

/** knex's own lock is a row that a killed run leaves set; ours, held by now, proves that nobody is at work. */
async function freeStaleLock(knex: Knex): Promise<void> {
  const table = `${migrationTable}_lock`;
  if (await knex.schema.hasTable(table)) await knex(table).update({ is_locked: 0 });
}
