// Which database errors pass by themselves, and trying again after them with a growing, jittered pause.
import { setTimeout as sleepFor } from 'node:timers/promises';

/**
 * `transaction`: rolled back by the server, the connection is good: run the same transaction again.
 * `connection`: the connection is gone; whether a COMMIT on its way succeeded is unknown.
 * `busy`: the server takes no work from us at present (too many connections, failing over, starting).
 * `permanent`: trying again gives the same error.
 */
export type ErrorKind = 'transaction' | 'connection' | 'busy' | 'permanent';

const kindByNumber: ReadonlyMap<number, ErrorKind> = new Map([
  [1020, 'transaction'], // record has changed since last read (MariaDB snapshot isolation)
  [1205, 'transaction'], // lock wait timeout
  [1213, 'transaction'], // deadlock; on Galera and group replication also at COMMIT
  [1412, 'transaction'], // table definition changed under a consistent snapshot
  [1615, 'transaction'], // prepared statement needs to be re-prepared
  [3101, 'transaction'], // group replication rolled back during COMMIT
  [1053, 'connection'], // server shutdown in progress
  [1158, 'connection'], // communication packets
  [1159, 'connection'],
  [1160, 'connection'],
  [1161, 'connection'],
  [1927, 'connection'], // connection was killed (MariaDB)
  [2006, 'connection'], // server has gone away
  [2013, 'connection'], // lost connection during query
  [4031, 'connection'], // disconnected for inactivity (MySQL)
  [1040, 'busy'], // too many connections
  [1047, 'busy'], // Galera: node not ready
  [1203, 'busy'], // max_user_connections
  [1226, 'busy'], // a resource limit of the account
  [1290, 'busy'], // read only: a failover is on its way
  [1461, 'busy'], // max_prepared_stmt_count
  [1637, 'busy'], // too many active transactions
  [1836, 'busy'], // read only mode
]);

/** Errors of the socket and of mysql2 itself, which carry no number of the server. */
const connectionCodes: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  // The UNIX socket of a server that is not up yet.
  'ENOENT',
]);

/** What kind of error this is. Looks through `cause`, so a wrapped database error is still recognised. */
export function kindOfDatabaseError(error: unknown): ErrorKind {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { errno, code, syscall, message } = at as NodeJS.ErrnoException;
    const byNumber = typeof errno === 'number' ? kindByNumber.get(errno) : undefined;
    if (byNumber !== undefined) return byNumber;
    if (code !== undefined && connectionCodes.has(code) && (code !== 'ENOENT' || syscall === 'connect'))
      return 'connection';
    // mysql2 gives this one no code: a statement was queued on a connection that had been closed.
    if (message.startsWith("Can't add new command when connection is in closed state")) return 'connection';
    if (at instanceof AggregateError && at.errors.length > 0) return kindOfDatabaseError(at.errors[0]);
  }
  return 'permanent';
}

export interface RetryOptions {
  /** How often to try in all; default 5. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; doubles each time. Default 5. */
  readonly firstDelay?: number;
  /** Milliseconds; default 500. */
  readonly longestDelay?: number;
  /** Default: `transaction` only, which is always safe to run again. */
  readonly kinds?: readonly ErrorKind[];
  /** Told before each pause. */
  readonly onRetry?: (error: unknown, attempt: number, delay: number) => void;
}

export interface RetryDeps {
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/** Runs `work` until it succeeds, fails for good, or has been tried `attempts` times; throws its last error. */
export async function withRetry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
  deps: RetryDeps = {},
): Promise<T> {
  const { attempts = 5, firstDelay = 5, longestDelay = 500, kinds = ['transaction'], onRetry } = options;
  const { random = Math.random, sleep = sleepFor } = deps;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= attempts || !kinds.includes(kindOfDatabaseError(error))) throw error;
      const delay = backoff(attempt, firstDelay, longestDelay, random);
      onRetry?.(error, attempt, delay);
      await sleep(delay);
    }
  }
}

/** Milliseconds after attempt 1, 2, …: between half and the whole of a doubling, bounded pause, so that a herd disperses. */
export function backoff(
  attempt: number,
  firstDelay: number,
  longestDelay: number,
  random: () => number = Math.random,
): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** Math.min(attempt - 1, 30));
  return whole / 2 + (whole / 2) * random();
}
