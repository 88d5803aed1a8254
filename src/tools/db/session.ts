// What the verbs of `flotilla db` share: which database is meant, and one connection to it.
import mysql, { type Connection } from 'mysql2/promise';
import { describeDatabase, parseDatabaseUrl, type DatabaseAddress } from '../../db/address.ts';
import { connectionOptions, sessionStatements } from '../../db/connect.ts';
import { FlotillaError, messageOf } from '../../errors.ts';

export interface DatabaseToolDeps {
  /** Text as it is: lines bring their own line ends. */
  readonly write: (text: string) => void;
  /** Whether a progress bar can be redrawn in place. */
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The verb did its work and has bad news: exit code 1. */
  readonly fail: () => void;
}

/** The `--database` option, else DATABASE_URL. Throws USAGE when neither is there, DATABASE_URL when it is no address. */
export function addressFrom(
  option: string | undefined,
  environment: DatabaseToolDeps['environment'],
): DatabaseAddress {
  const text = option ?? environment['DATABASE_URL'];
  if (text === undefined || text === '')
    throw new FlotillaError(
      'USAGE',
      'no database: give --database mysql://user:password@host:port/name or set DATABASE_URL',
    );
  return parseDatabaseUrl(text);
}

/** Runs `work` on one connection with our session settings. Throws DATABASE_UNREACHABLE when there is none. */
export async function withConnection<T>(
  address: DatabaseAddress,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  let connection: Connection;
  try {
    connection = await mysql.createConnection(connectionOptions(address));
    await connection.query(sessionStatements);
  } catch (error) {
    throw new FlotillaError(
      'DATABASE_UNREACHABLE',
      `cannot use the database ${describeDatabase(address)}: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
