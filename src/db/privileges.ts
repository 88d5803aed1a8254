// Before the first change to a database: may this account make our tables, routines and triggers? Says which grants lack.
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { FlotillaError, messageOf } from '../errors.ts';
import {
  currentAccount,
  databaseScope,
  grantStatement,
  holds,
  privilegesOn,
  quoteName,
  type Account,
} from './grants.ts';

/** What `flotilla db init`, `upgrade` and `detach` use, each by at least one statement. */
export const ownerPrivileges: readonly string[] = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'EXECUTE',
  'TRIGGER',
];

const probeTable = 'fleet_privilege_probe';
/** ER_BINLOG_CREATE_ROUTINE_NEED_SUPER */
const trustNeeded = 1419;

/**
 * Throws DATABASE_PRIVILEGE with the exact statements that an administrator has to run.
 * The grants are read first, because that lists all that lack at once; then a table and a trigger are made and dropped,
 * because only that proves what the binary log allows.
 */
export async function requireOwnerPrivileges(connection: Connection, database: string): Promise<void> {
  const account = await currentAccount(connection);
  const held = await privilegesOn(connection, database);
  const missing = ownerPrivileges.filter((privilege) => !holds(held, privilege));
  if (missing.length > 0) {
    const statement = grantStatement(missing, await databaseScope(connection, database), account);
    throw new FlotillaError(
      'DATABASE_PRIVILEGE',
      `the account lacks ${missing.join(', ')} on ${database}. An administrator has to run:\n  ${statement}`,
    );
  }
  await proveTriggers(connection, database, account);
}

/** Creates the database when it does not exist. Throws DATABASE_PRIVILEGE when the account may not. */
export async function ensureDatabase(connection: Connection, database: string): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [database],
  );
  if (rows.length > 0) return false;
  const create = `CREATE DATABASE IF NOT EXISTS ${quoteName(database)} CHARACTER SET utf8mb4`;
  try {
    await connection.query(create);
  } catch (error) {
    if (![1044, 1045, 1142, 1227].includes((error as { errno?: number }).errno ?? 0)) throw error;
    const account = await currentAccount(connection);
    const grant = grantStatement(ownerPrivileges, await databaseScope(connection, database), account);
    throw new FlotillaError(
      'DATABASE_PRIVILEGE',
      `the database ${database} does not exist (or is hidden from the account), and the account may not create it. ` +
        `An administrator has to run:\n  ${create};\n  ${grant}`,
      {},
      { cause: error },
    );
  }
  return true;
}

async function proveTriggers(connection: Connection, database: string, account: Account): Promise<void> {
  const table = `${quoteName(database)}.${quoteName(probeTable)}`;
  const trigger = `${quoteName(database)}.${quoteName(`${probeTable}_AINS`)}`;
  await connection.query(`DROP TABLE IF EXISTS ${table}`);
  try {
    await connection.query(`CREATE TABLE ${table} (id INT PRIMARY KEY) ENGINE = InnoDB`);
    await connection.query(
      `CREATE TRIGGER ${trigger} AFTER INSERT ON ${table} FOR EACH ROW SET @fleet_probe = NEW.id`,
    );
  } catch (error) {
    if ((error as { errno?: number }).errno !== trustNeeded) {
      throw new FlotillaError(
        'DATABASE_PRIVILEGE',
        `the account cannot make a table with a trigger on ${database}: ${messageOf(error)}`,
        {},
        { cause: error },
      );
    }
    throw new FlotillaError(
      'DATABASE_PRIVILEGE',
      'the binary log is on, and this server lets only SUPER accounts make triggers and functions then (error 1419). ' +
        'An administrator has to run one of:\n' +
        '  SET GLOBAL log_bin_trust_function_creators = 1;   -- and the same in the server configuration\n' +
        `  ${grantStatement(['SUPER'], '*.*', account)}`,
      {},
      { cause: error },
    );
  } finally {
    await connection.query(`DROP TABLE IF EXISTS ${table}`);
  }
}
