// What a database error means for a batch: run it again, give up on it, or wait for the database.
import { FlotillaError, messageOf } from '../../errors.ts';

export type ErrorKind =
  /** Lost a race or a deadlock: rolled back, the same batch may run again at once. */
  | 'retry'
  /** No connection, or a server that takes no work now: nothing is known about what was under way. */
  | 'unreachable'
  /** The statement was refused: the same batch would fail again. */
  | 'refused';

/**
 * 1020 record changed, 1062 a row that appeared (write-sql.ts), 1213 deadlock, 1317 interrupted, 3572 nowait. Not 1205, a
 * lock that was waited for in vain: whoever holds it may do so for minutes, and only some items need that row.
 */
const retryNumbers = new Set([1020, 1062, 1213, 1317, 3058, 3572]);
/** Too many connections: of the server, of the account, of a resource limit. Those that are open go on working. */
const crowdedNumbers = new Set([1040, 1203, 1226]);
/**
 * 1040/1203/1226 too many connections, 1044/1045/1049 login, 1053/1077/1079 shutdown, 1290/1792/1836 read-only member,
 * 1461 too many statements, 1927/3169/4031 connection killed, 3032/3100 not ready, 1047 not in the cluster's primary part.
 */
const unreachableNumbers = new Set([
  1040, 1044, 1045, 1047, 1049, 1053, 1077, 1079, 1129, 1130, 1158, 1159, 1160, 1161, 1203, 1226, 1290, 1461,
  1792, 1836, 1927, 3032, 3100, 3169, 4031,
]);
const schemaNumbers = new Set([1054, 1146, 1305]);
const privilegeNumbers = new Set([1142, 1143, 1227, 1370, 1419]);

interface DriverError {
  readonly errno?: number;
  readonly code?: string;
  readonly fatal?: boolean;
  readonly sqlState?: string;
}

export function kindOf(error: unknown): ErrorKind {
  const { errno, fatal, sqlState } = error as DriverError;
  if (errno === undefined || sqlState === undefined) return 'unreachable';
  if (retryNumbers.has(errno)) return 'retry';
  if (fatal === true || unreachableNumbers.has(errno)) return 'unreachable';
  return 'refused';
}

/** No further connection, which says nothing of those that are open. */
export const isCrowded = (error: unknown): boolean => crowdedNumbers.has((error as DriverError).errno ?? 0);

/** 1062 a row that should not be there, 1242 one that is not as it was seen (claim-sql.ts). */
export function isWrongGuess(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno === 1062 || errno === 1242;
}

/** The error that callers see. Only DATABASE_QUERY is worth trying item by item. */
export function leaseDatabaseError(error: unknown, database: string): FlotillaError {
  if (error instanceof FlotillaError) return error;
  const { errno = 0, code } = error as DriverError;
  const because = `${messageOf(error)}${code ? ` (${code})` : ''}`;
  const make = (kind: 'DATABASE_UNREACHABLE' | 'DATABASE_SCHEMA' | 'DATABASE_PRIVILEGE' | 'DATABASE_QUERY') =>
    new FlotillaError(kind, `database ${database}: ${because}`, {}, { cause: error });
  if (kindOf(error) === 'unreachable') return make('DATABASE_UNREACHABLE');
  if (schemaNumbers.has(errno)) return make('DATABASE_SCHEMA');
  if (privilegeNumbers.has(errno)) return make('DATABASE_PRIVILEGE');
  return make('DATABASE_QUERY');
}
