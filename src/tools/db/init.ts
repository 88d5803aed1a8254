// `flotilla db init` and `upgrade`: from nothing, from Kea's own schema or from an older level to the present one.
import type { Connection } from 'mysql2/promise';
import { migrationSource } from '../../../migrations/index.ts';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { migrateToLatest } from '../../db/migrate.ts';
import { ensureDatabase, requireOwnerPrivileges } from '../../db/privileges.ts';
import { unusable } from '../../db/schema-guard.ts';
import { readSchemaLevel, type SchemaLevel } from '../../db/schema-level.ts';
import { FlotillaError } from '../../errors.ts';
import { createProgress } from './progress.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

/** Can be run again at any time: it does what is missing, and nothing when nothing is. */
export async function initDatabase(address: DatabaseAddress, deps: DatabaseToolDeps): Promise<void> {
  // Any account may use information_schema, so this works before the database exists.
  await withConnection({ ...address, database: 'information_schema' }, async (connection) => {
    if (await ensureDatabase(connection, address.database))
      deps.write(`created the database ${address.database}\n`);
  });
  await bringUp(address, deps, (level) => {
    if (level.state === 'kea')
      deps.write(`adopting the tables of Kea ${level.contract}: every row stays as it is\n`);
  });
}

/** Throws DATABASE_SCHEMA on a database that was never ours: making one there is `init`'s decision. */
export async function upgradeDatabase(address: DatabaseAddress, deps: DatabaseToolDeps): Promise<void> {
  await withConnection(address, async () => undefined);
  await bringUp(address, deps, (level) => {
    if (level.state === 'empty' || level.state === 'kea')
      throw new FlotillaError(
        'DATABASE_SCHEMA',
        "the database has nothing of Flotilla: run 'flotilla db init'",
      );
  });
}

async function bringUp(
  address: DatabaseAddress,
  deps: DatabaseToolDeps,
  look: (level: SchemaLevel) => void,
): Promise<void> {
  const progress = createProgress(deps);
  const before = async (connection: Connection): Promise<void> => {
    const level = await readSchemaLevel(connection, migrationSource);
    refuseUnusable(level);
    look(level);
    if (level.state !== 'current') await requireOwnerPrivileges(connection, address.database);
  };
  const options = { before, progress: progress.step };
  const ran = await migrateToLatest(address, migrationSource, options).finally(progress.end);
  const outcome = ran.length === 0 ? 'is up to date' : `is ready (${ran.length} migrations)`;
  deps.write(`the database ${describeDatabase(address)} ${outcome}\n`);
}

function refuseUnusable(level: SchemaLevel): void {
  const reason = unusable(level);
  if (reason !== undefined) throw new FlotillaError('DATABASE_SCHEMA', reason);
}
