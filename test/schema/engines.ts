// A migrated database per engine: MariaDB (or whatever the tests run on) always, MySQL where the environment names one.
import { test, type TestContext } from 'node:test';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { createTestDatabase } from '../support/database.ts';

export interface SchemaDatabase {
  readonly address: DatabaseAddress;
  readonly pool: Pool;
  /** Rows of one statement, every value as text or null. */
  rows(sql: string, values?: (string | number | null)[]): Promise<Record<string, unknown>[]>;
  /** The first column of the first row. */
  one(sql: string, values?: (string | number | null)[]): Promise<unknown>;
  drop(): Promise<void>;
}

const mysqlUrl = process.env['FLOTILLA_TEST_MYSQL_URL'];

/** Runs `body` on a database of its own on each engine; without a MySQL the second run says why it is skipped. */
export function onEachEngine(
  name: string,
  body: (database: SchemaDatabase, t: TestContext) => Promise<void>,
): void {
  test(name, async (t) => {
    await using(wrap(await createTestDatabase()), (database) => body(database, t));
  });
  // That server may be the only one: `npm run test:mysql`.
  if (mysqlUrl !== undefined && mysqlUrl === process.env['FLOTILLA_TEST_DATABASE_URL']) return;
  const skip = mysqlUrl === undefined && 'FLOTILLA_TEST_MYSQL_URL names no MySQL server';
  test(`${name} (MySQL)`, { skip }, async (t) => {
    const database = await createTestDatabase({ server: parseDatabaseUrl(mysqlUrl!) });
    await using(wrap(database), (wrapped) => body(wrapped, t));
  });
}

async function using(
  database: SchemaDatabase,
  body: (database: SchemaDatabase) => Promise<void>,
): Promise<void> {
  try {
    await body(database);
  } finally {
    await database.drop();
  }
}

function wrap(made: { address: DatabaseAddress; pool: Pool; drop(): Promise<void> }): SchemaDatabase {
  const rows = async (
    sql: string,
    values: (string | number | null)[] = [],
  ): Promise<Record<string, unknown>[]> => {
    const [found] = await made.pool.query<RowDataPacket[]>(sql, values);
    return found.map((row) => Object.fromEntries(Object.entries(row)));
  };
  return {
    ...made,
    rows,
    one: async (sql, values) => Object.values((await rows(sql, values))[0] ?? {})[0],
  };
}
