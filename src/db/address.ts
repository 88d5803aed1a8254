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
  const unknown = [...url.searchParams.keys()].find((name) => !urlParameters.includes(name));
  if (unknown !== undefined) {
    throw new FlotillaError(
      'DATABASE_URL',
      `the database address has the unknown parameter '${unknown}', expected one of ${urlParameters.join(', ')}`,
    );
  }
  const database = decoded(url.pathname.slice(1), 'name');
  if (database === '' || database.includes('/')) {
    throw new FlotillaError('DATABASE_URL', 'the database address names no database: end it with /name');
  }
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const socketPath = parameter('socket');
  const [trustAnchor, certFile, keyFile, cipherList] = tlsParameters.map(parameter);
  const tls: DatabaseTls = {
    ...(trustAnchor !== undefined && { trustAnchor }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(cipherList !== undefined && { cipherList }),
  };
  return {
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    ...(socketPath !== undefined && { socketPath }),
    user: decoded(url.username, 'user'),
    password: decoded(url.password, 'password'),
    database,
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

const tlsParameters = ['trust-anchor', 'cert-file', 'key-file', 'cipher-list'];
const urlParameters = ['socket', ...tlsParameters];

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FlotillaError(
      'DATABASE_URL',
      `the ${part} in the database address has a % that is not followed by two hexadecimal digits: write % as %25`,
    );
  }
}

/** The inverse of {@link parseDatabaseUrl}, with the password: only to hand to a child process through its environment. */
export function formatDatabaseUrl(address: DatabaseAddress): string {
  const login =
    address.password === ''
      ? encodeURIComponent(address.user)
      : `${encodeURIComponent(address.user)}:${encodeURIComponent(address.password)}`;
  const { tls = {}, socketPath } = address;
  const values = [socketPath, tls.trustAnchor, tls.certFile, tls.keyFile, tls.cipherList];
  const query = urlParameters
    .map((name, index) => [name, values[index]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value!)}`);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const base = `mysql://${login}@${host}:${address.port}/${encodeURIComponent(address.database)}`;
  return query.length === 0 ? base : `${base}?${query.join('&')}`;
}

/** For logs and messages: no password. */
export function describeDatabase(address: DatabaseAddress): string {
  const place = address.socketPath ?? `${address.host}:${address.port}`;
  return `${address.user}@${place}/${address.database}`;
}
