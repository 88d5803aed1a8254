// Where a database is: from a URL (`DATABASE_URL`, `--database`) or from Kea's connection keys.
import { FlotillaError } from '../errors.ts';

export interface DatabaseTls {
  /** File paths, Kea's keys trust-anchor, cert-file, key-file, cipher-list. */
  readonly trustAnchor?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly cipherList?: string;
}

/** Everything needed to connect. Never log it whole: see {@link describeDatabase}. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  /** UNIX socket; wins over host and port. */
  readonly socketPath?: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls?: DatabaseTls;
  /** Seconds. */
  readonly connectTimeout?: number;
}

/**
 * `mysql://user:password@host:port/name` or `mysql://user@localhost/name?socket=/path` (also `mariadb://`).
 * Throws DATABASE_URL; the message never holds the password.
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new FlotillaError(
      'DATABASE_URL',
      'the database address is not a URL such as mysql://user:password@host:3306/name',
    );
  }
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw new FlotillaError(
      'DATABASE_URL',
      `the database address starts with '${url.protocol}', expected mysql://`,
    );
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '' || database.includes('/')) {
    throw new FlotillaError('DATABASE_URL', 'the database address names no database: end it with /name');
  }
  const socketPath = url.searchParams.get('socket');
  const trustAnchor = url.searchParams.get('trust-anchor');
  const certFile = url.searchParams.get('cert-file');
  const keyFile = url.searchParams.get('key-file');
  const tls: DatabaseTls = {
    ...(trustAnchor !== null && { trustAnchor }),
    ...(certFile !== null && { certFile }),
    ...(keyFile !== null && { keyFile }),
  };
  return {
    host: url.hostname === '' ? 'localhost' : url.hostname,
    port: url.port === '' ? 3306 : Number(url.port),
    ...(socketPath !== null && { socketPath }),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

/** The inverse of {@link parseDatabaseUrl}, with the password: only to hand to a child process through its environment. */
export function formatDatabaseUrl(address: DatabaseAddress): string {
  const login =
    address.password === ''
      ? encodeURIComponent(address.user)
      : `${encodeURIComponent(address.user)}:${encodeURIComponent(address.password)}`;
  const query = address.socketPath === undefined ? '' : `?socket=${encodeURIComponent(address.socketPath)}`;
  return `mysql://${login}@${address.host}:${address.port}/${encodeURIComponent(address.database)}${query}`;
}

/** For logs and messages: no password. */
export function describeDatabase(address: DatabaseAddress): string {
  const place = address.socketPath ?? `${address.host}:${address.port}`;
  return `${address.user}@${place}/${address.database}`;
}
