// The few connections of a store: packets out, results back; loss noticed once, refused at once, mended in the background.
import type { Pool, PoolConnection, QueryOptions, RowDataPacket } from 'mysql2';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { openPool } from '../../db/connect.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isCrowded, isWrongGuess, kindOf, leaseDatabaseError } from './database-error.ts';

export interface LaneOptions {
  readonly connections: number;
  /** Milliseconds that a packet may take before its connection is given up. */
  readonly queryTimeout: number;
}

export interface LaneDeps {
  readonly logger: Logger;
  /** 0 ≤ x < 1: spreads retries. */
  readonly random: () => number;
}

/** Result sets as arrays of cells, other statements as headers, in order. */
export type PacketResult = readonly unknown[];

export interface Lanes {
  readonly state: 'up' | 'down';
  /** Packets sent so far. */
  readonly packets: number;
  /** Whether the database knows INSERT … RETURNING. False until the first connection. */
  readonly returning: boolean;
  /**
   * One packet there and back on one connection. A batch that lost a race runs again, a few times. A connection lost on
   * the way leaves the outcome unknown: the packet runs again elsewhere (every packet of a store can: each write is
   * judged against the row that the first run may have left), and only what that run says counts.
   * Rejects with DATABASE_…; DATABASE_UNREACHABLE at once while the database is known to be away.
   */
  packet(sql: string): Promise<PacketResult>;
  /** The same for a packet that rests on a guess about rows. Null: the guess was wrong, nothing was done. */
  guess(sql: string): Promise<PacketResult | null>;
  onState(listener: (state: 'up' | 'down') => void): void;
  close(): Promise<void>;
}

const retries = 6;
const firstBackOff = 100;
const lastBackOff = 5_000;
/** Milliseconds until the database is asked for one connection more again. */
const crowdedFor = 30_000;

export function openLanes(address: DatabaseAddress, options: LaneOptions, deps: LaneDeps): Lanes {
  const { pool } = openPool(address, options.connections);
  const database = describeDatabase(address);
  const listeners: ((state: 'up' | 'down') => void)[] = [];
  let state: 'up' | 'down' = 'up';
  let closed = false;
  let packets = 0;
  let returning = false;
  let lastError: FlotillaError | null = null;
  let probe: NodeJS.Timeout | null = null;

  // GROUP_CONCAT carries the addresses of a batch; a lock is not worth waiting for longer than other clients wait.
  // MariaDB turns IN lists beyond this length into a join that loses the order of locks.
  // What only MariaDB reads tells whether it is one, of a version that has RETURNING.
  pool.on('connection', (connection) => {
    connection.query<RowDataPacket[][]>(
      'SELECT /*M!100500 1 + */ 0 AS known; ' +
        'SET SESSION group_concat_max_len = 4194304, innodb_lock_wait_timeout = 1, eq_range_index_dive_limit = 1; ' +
        '/*M! SET SESSION in_predicate_conversion_threshold = 0 */',
      (error, results) => {
        if (!error) returning = results[0]?.[0]?.['known'] === 1;
      },
    );
  });

  const setState = (next: 'up' | 'down'): void => {
    if (state === next) return;
    state = next;
    for (const listener of listeners) listener(next);
  };

  const goDown = (error: unknown): FlotillaError => {
    lastError = leaseDatabaseError(error, database);
    if (state === 'up' && !closed) {
      deps.logger.warn(
        'DHCPSRV_MYSQL_FATAL_ERROR',
        'lease database lost, trying again for as long as it takes',
        {
          database,
          error: messageOf(error),
        },
      );
      setState('down');
      scheduleProbe(firstBackOff);
    }
    wakeAll();
    return lastError;
  };

  const scheduleProbe = (delay: number): void => {
    if (closed) return;
    probe = setTimeout(() => void tryAgain(delay), delay * (0.5 + deps.random() / 2));
    probe.unref();
  };

  const tryAgain = async (delay: number): Promise<void> => {
    try {
      const connection = await taken(pool);
      try {
        await queried(connection, { sql: 'SELECT 1', timeout: options.queryTimeout });
        connection.release();
      } catch (error) {
        connection.destroy();
        throw error;
      }
      deps.logger.info('FLOTILLA_DATABASE_BACK', 'lease database is back', { database });
      setState('up');
    } catch (error) {
      lastError = leaseDatabaseError(error, database);
      scheduleProbe(Math.min(delay * 2, lastBackOff));
    }
  };

  const unreachable = (): FlotillaError =>
    closed
      ? new FlotillaError('STORE_CLOSED', 'the lease store is closed')
      : (lastError ?? new FlotillaError('DATABASE_UNREACHABLE', `database ${database} is away`));

  // Who finds no connection free waits here, not in the pool: there nobody tells the waiting that connecting failed.
  let lent = 0;
  let asking = 0;
  let queued: (() => void)[] = [];
  /** How many connections the database has place for, as far as is known. */
  let placed = options.connections;

  const connect = async (): Promise<PoolConnection> => {
    for (;;) {
      if (closed || state === 'down') throw unreachable();
      if (lent + asking >= placed) {
        await new Promise<void>((resolve) => queued.push(resolve));
        continue;
      }
      asking++;
      try {
        const connection = await taken(pool);
        lent++;
        return connection;
      } catch (error) {
        // The refusal may be here before the news that another one was let in: 1 is the one who asked in vain.
        if (lent + asking === 1 || !isCrowded(error)) throw goDown(error);
        crowded(lent + asking - 1, error);
      } finally {
        asking--;
      }
    }
  };

  /** Those connections that are open serve in turn. */
  const crowded = (left: number, error: unknown): void => {
    if (placed === options.connections) {
      const text = `the lease database takes ${left} of ${options.connections} connections at most, trying again`;
      deps.logger.warn('FLOTILLA_DATABASE_CROWDED', text, { database, error: messageOf(error) });
      setTimeout(() => {
        placed = options.connections;
        wakeAll();
      }, crowdedFor).unref();
    }
    placed = left;
  };

  const wakeAll = (): void => {
    const woken = queued;
    queued = [];
    for (const resolve of woken) resolve();
  };

  const giveBack = (connection: PoolConnection, isGood: boolean): void => {
    lent--;
    if (isGood) connection.release();
    else connection.destroy();
    queued.shift()?.();
  };

  const runOnce = async (connection: PoolConnection, sql: string): Promise<PacketResult> => {
    packets++;
    try {
      const results = await queried(connection, { sql, rowsAsArray: true, timeout: options.queryTimeout });
      giveBack(connection, true);
      return results;
    } catch (error) {
      // The transaction is open and the statistics switch may be on: neither may reach the next user of the connection.
      try {
        if (kindOf(error) === 'unreachable') throw error;
        await queried(connection, {
          sql: 'ROLLBACK; SET @fleet_statistics_off = NULL, @fleet_batch = NULL',
          timeout: options.queryTimeout,
        });
        giveBack(connection, true);
      } catch {
        giveBack(connection, false);
      }
      throw error;
    }
  };

  const run = async (sql: string, isGuess: boolean): Promise<PacketResult | null> => {
    let losses = 0;
    for (let attempt = 0; ; attempt++) {
      const connection = await connect();
      try {
        return await runOnce(connection, sql);
      } catch (error) {
        if (isGuess && isWrongGuess(error)) return null;
        const kind = kindOf(error);
        if (kind === 'refused' || (kind === 'retry' && attempt >= retries))
          throw leaseDatabaseError(error, database);
        if (kind === 'unreachable') {
          // Other idle connections may have died of the same restart; but a silent database is not asked again.
          losses++;
          const silent = (error as { code?: string }).code === 'PROTOCOL_SEQUENCE_TIMEOUT';
          if (silent || losses > options.connections) throw goDown(error);
        } else await pause(attempt, deps.random);
      }
    }
  };

  return {
    get state() {
      return state;
    },
    get packets() {
      return packets;
    },
    get returning() {
      return returning;
    },
    packet: (sql) => run(sql, false) as Promise<PacketResult>,
    guess: (sql) => run(sql, true),
    onState: (listener) => void listeners.push(listener),
    async close() {
      if (closed) return;
      closed = true;
      wakeAll();
      if (probe) clearTimeout(probe);
      await pool.promise().end();
    },
  };
}

// Not mysql2's own promises: they take a stack for every packet, in case it fails.
const taken = (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) =>
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
  );
const queried = (connection: PoolConnection, options: QueryOptions): Promise<PacketResult> =>
  new Promise((resolve, reject) => {
    connection.query(options, (error, results) => (error ? reject(error) : resolve(results as PacketResult)));
  });

/** 2 to 5 ms after the first loss, doubling: long enough for the winner's commit. */
function pause(attempt: number, random: () => number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 ** attempt * (2 + 3 * random())));
}
