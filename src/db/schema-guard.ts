// A daemon's look at the database before it works on it: a schema it does not know is refused, with what to do.
import type { Knex } from 'knex';
import type { Connection, Pool } from 'mysql2/promise';
import { FlotillaError } from '../errors.ts';
import { readSchemaLevel, type SchemaLevel } from './schema-level.ts';
import { contractVersion } from './schema-names.ts';

/** Throws DATABASE_SCHEMA unless the database is exactly at the level of this program. */
export async function guardSchema(
  connection: Connection | Pool,
  source: Knex.MigrationSource<unknown>,
): Promise<SchemaLevel> {
  const level = await readSchemaLevel(connection, source);
  const refusal = refusalFor(level);
  if (refusal !== undefined) throw new FlotillaError('DATABASE_SCHEMA', refusal);
  return level;
}

/** Why a daemon does not work on this database, and what to do about it; undefined when it does. */
export function refusalFor(level: SchemaLevel): string | undefined {
  switch (level.state) {
    case 'current':
      return undefined;
    case 'empty':
      return "the database has no tables that this account can see: run 'flotilla db init', or grant SELECT";
    case 'kea':
      return "the database holds Kea's schema but not ours: run 'flotilla db init', which keeps every row";
    case 'behind':
      return level.applied.length === 0
        ? "the database was never finished: run 'flotilla db init' again"
        : `the database lacks ${level.missing.join(', ')}: run 'flotilla db upgrade'`;
    default:
      return unusable(level);
  }
}

/** Why not even `init` or `upgrade` may touch this database; undefined when they may. */
export function unusable(level: SchemaLevel): string | undefined {
  switch (level.state) {
    case 'kea-older':
      return (
        `schema_version is ${level.contract}, older than ${contractVersion}: ` +
        "upgrade it first with Kea 3.0's 'kea-admin db-upgrade mysql'"
      );
    case 'kea-newer':
      return `schema_version is ${level.contract}, newer than ${contractVersion}, which this Flotilla speaks: use a newer Flotilla`;
    case 'foreign':
      return 'the database holds tables but no schema_version: name an empty database, or one of Kea 3.0';
    case 'ahead':
      return `the database was made by a newer Flotilla (it has ${level.unknown.join(', ')}): use that version or a newer one`;
    default:
      return undefined;
  }
}
