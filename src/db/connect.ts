// Connections to MariaDB and MySQL, all with the same session: UTC, strict, READ COMMITTED.
import { readFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import mysql, { type ConnectionOptions, type Pool, type PoolOptions } from 'mysql2/promise';
import { FlotillaError, messageOf } from '../errors.ts';
import { describeDatabase, type DatabaseAddress } from './address.ts';

/**
 * What every session of ours starts with. One packet, before the first statement of the user.
 * UTC: TIMESTAMP columns are epoch seconds for us; strict: a value that does not fit is an error, never a silent clamp;
 * READ COMMITTED: REPEATABLE READ's gap locks lose most concurrent lease batches to deadlocks.
 */
export const sessionStatements =
  "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'; " +
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';

/** mysql2 options: dates as text, big numbers exact (as text when beyond 2^53), several statements per packet. */
export function connectionOptions(address: DatabaseAddress): ConnectionOptions {
  const { tls } = address;
  return {
    ...(address.socketPath === undefined
      ? { host: address.host, port: address.port }
      : { socketPath: address.socketPath }),
    user: address.user,
    password: address.password,
    database: address.database,
    connectTimeout: (address.connectTimeout ?? 5) * 1000,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    // MySQL's JSON columns arrive as text, as MariaDB's do.
    jsonStrings: true,
    supportBigNumbers: true,
    multipleStatements: true,
    ...(tls && {
      ssl: {
        ...(tls.trustAnchor !== undefined && { ca: readFileSync(tls.trustAnchor) }),
        ...(tls.certFile !== undefined && { cert: readFileSync(tls.certFile) }),
        ...(tls.keyFile !== undefined && { key: readFileSync(tls.keyFile) }),
        ...(tls.cipherList !== undefined && { ciphers: tls.cipherList }),
      },
    }),
  };
}

/** A pool of at most `limit` connections. The name of the host is resolved anew for each connection. */
export function openPool(address: DatabaseAddress, limit: number, more: PoolOptions = {}): Pool {
  const pool = mysql.createPool({
    ...connectionOptions(address),
    connectionLimit: limit,
    maxIdle: limit,
    idleTimeout: 600_000,
    enableKeepAlive: true,
    ...more,
  });
  pool.pool.on('connection', (connection) => {
    connection.query(sessionStatements);
  });
  return pool;
}

/** Proves that the database answers. Throws DATABASE_UNREACHABLE, without secrets. */
export async function ping(address: DatabaseAddress): Promise<void> {
  try {
    if (address.socketPath === undefined) await lookup(address.host);
    const connection = await mysql.createConnection(connectionOptions(address));
    await connection.query('SELECT 1');
    await connection.end();
  } catch (error) {
    throw new FlotillaError(
      'DATABASE_UNREACHABLE',
      `cannot use the database ${describeDatabase(address)}: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}
