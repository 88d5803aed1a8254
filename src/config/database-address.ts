// A database entry of the configuration → where to connect, with the password from wherever it is kept.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseAddress, DatabaseTls } from '../db/address.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { invalid, numberAt, stringAt } from './read-json.ts';
import type { JsonMap } from './written.ts';

export interface PasswordSources {
  /** Relative paths of password-file start here: the directory of the configuration file. */
  readonly directory: string;
  /** `process.env`: FLOTILLA_DATABASE_PASSWORD is used when the entry names no password. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const passwordVariable = 'FLOTILLA_DATABASE_PASSWORD';

/**
 * For entries of lease-database, hosts-databases and config-databases with type mysql. A host that is a path is a UNIX
 * socket. Throws CONFIG_INVALID, or CONFIG_FILE when the password file cannot be read.
 */
export function databaseAddressOf(entry: JsonMap, sources: PasswordSources): DatabaseAddress {
  const type = stringAt(entry, 'type');
  if (type !== 'mysql')
    throw invalid(
      `a database of type '${type ?? ''}' cannot be connected to; only mysql (MariaDB, MySQL)`,
      'type',
    );
  const database = stringAt(entry, 'name') ?? '';
  if (database === '') throw invalid("the key 'name' (the database) is missing", 'name');

  const host = stringAt(entry, 'host') ?? '';
  const port = numberAt(entry, 'port') ?? 0;
  const connectTimeout = numberAt(entry, 'connect-timeout');
  const tls = tlsOf(entry);
  return {
    host: host === '' || host.startsWith('/') ? 'localhost' : host,
    port: port === 0 ? 3306 : port,
    ...(host.startsWith('/') && { socketPath: host }),
    user: stringAt(entry, 'user') ?? '',
    password: passwordOf(entry, sources),
    database,
    ...(tls && { tls }),
    ...(connectTimeout !== undefined && { connectTimeout }),
  };
}

function passwordOf(entry: JsonMap, { directory, environment }: PasswordSources): string {
  const password = stringAt(entry, 'password');
  const file = stringAt(entry, 'password-file');
  if (password !== undefined && file !== undefined)
    throw invalid("use 'password' or 'password-file', not both", 'password-file');
  if (password !== undefined) return password;
  if (file === undefined) return environment[passwordVariable] ?? '';
  const path = resolve(directory, file);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new FlotillaError('CONFIG_FILE', `cannot read the password file '${path}': ${messageOf(error)}`, {
      key: 'password-file',
    });
  }
}

function tlsOf(entry: JsonMap): DatabaseTls | undefined {
  const trustAnchor = stringAt(entry, 'trust-anchor');
  const certFile = stringAt(entry, 'cert-file');
  const keyFile = stringAt(entry, 'key-file');
  const cipherList = stringAt(entry, 'cipher-list');
  if ([trustAnchor, certFile, keyFile, cipherList].every((value) => value === undefined)) return undefined;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw invalid(
      "'cert-file' and 'key-file' belong together",
      certFile === undefined ? 'key-file' : 'cert-file',
    );
  return {
    ...(trustAnchor !== undefined && { trustAnchor }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(cipherList !== undefined && { cipherList }),
  };
}
