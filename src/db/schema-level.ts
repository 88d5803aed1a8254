// What a database holds: nothing, Kea's schema, ours, something else; and at which level. Decides nothing.
import type { Knex } from 'knex';
import type { Connection, Pool, RowDataPacket } from 'mysql2/promise';
import { contractVersion, migrationTable } from './schema-names.ts';

export type SchemaState =
  /** No tables at all. */
  | 'empty'
  /** Kea's own script made it, at our level; nothing of ours in it. */
  | 'kea'
  /** Kea's schema at a lower or higher level than ours. */
  | 'kea-older'
  | 'kea-newer'
  /** Other people's tables. */
  | 'foreign'
  /** Ours, but migrations of this program are missing: older, or an interrupted init. */
  | 'behind'
  | 'current'
  /** Ours, with migrations that this program does not know. */
  | 'ahead';

export interface SchemaLevel {
  readonly state: SchemaState;
  /** `schema_version`, e.g. `30.0`; null when there is none. */
  readonly contract: string | null;
  /** Migrations that ran, oldest first. */
  readonly applied: readonly string[];
  /** Migrations of this program that did not. */
  readonly missing: readonly string[];
  /** Migrations that ran and that this program does not know. */
  readonly unknown: readonly string[];
  /** `VERSION()` of the server. */
  readonly server: string;
}

/** Reads the level of the database that `connection` is on. Needs SELECT on `schema_version` and our migration table. */
export async function readSchemaLevel(
  connection: Connection | Pool,
  source: Knex.MigrationSource<unknown>,
): Promise<SchemaLevel> {
  const known = (await source.getMigrations([])).map((migration) => source.getMigrationName(migration));
  const rows = async (sql: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql))[0];
  const tables = (
    await rows('SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()')
  ).map((row) => String(row['name']).toLowerCase());
  const applied = tables.includes(migrationTable)
    ? (await rows(`SELECT name FROM ${migrationTable} ORDER BY id`)).map((row) => String(row['name']))
    : [];
  const version = tables.includes('schema_version')
    ? (await rows('SELECT version, minor FROM schema_version ORDER BY version DESC, minor DESC LIMIT 1'))[0]
    : undefined;
  const contract = version === undefined ? null : `${String(version['version'])}.${String(version['minor'])}`;
  const missing = known.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !known.includes(name));
  const [server] = await rows('SELECT VERSION() AS version');
  return {
    state: stateOf(),
    contract,
    applied,
    missing,
    unknown,
    server: String(server!['version']),
  };

  function stateOf(): SchemaState {
    if (contract !== null && contract !== contractVersion)
      return compareVersions(contract, contractVersion) < 0 ? 'kea-older' : 'kea-newer';
    if (tables.includes(migrationTable)) {
      if (unknown.length > 0) return 'ahead';
      return missing.length > 0 ? 'behind' : 'current';
    }
    if (contract !== null) return 'kea';
    return tables.length === 0 ? 'empty' : 'foreign';
  }
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => text.split('.').map(Number)) as [number[], number[]];
  return a[0]! - b[0]! || a[1]! - b[1]!;
}
