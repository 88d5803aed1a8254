// `flotilla db detach`: takes everything named fleet_* away and gives Kea's triggers their plain form back.
import { detach, migrationSource } from '../../../migrations/index.ts';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { openKnex } from '../../db/knex.ts';
import { requireOwnerPrivileges } from '../../db/privileges.ts';
import { unusable } from '../../db/schema-guard.ts';
import { readSchemaLevel } from '../../db/schema-level.ts';
import { FlotillaError } from '../../errors.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

/** Can be run again when interrupted. Rows of Kea's tables are never touched. */
export async function detachDatabase(
  address: DatabaseAddress,
  options: { readonly confirmed: boolean },
  deps: DatabaseToolDeps,
): Promise<void> {
  await withConnection(address, async (connection) => {
    const level = await readSchemaLevel(connection, migrationSource);
    const reason =
      unusable(level) ??
      (level.state === 'kea' || level.state === 'empty'
        ? 'there is nothing of Flotilla in this database'
        : undefined);
    if (reason !== undefined) throw new FlotillaError('DATABASE_SCHEMA', reason);
    if (!options.confirmed)
      throw new FlotillaError(
        'USAGE',
        `this removes every table, routine and trigger of Flotilla from ${describeDatabase(address)}, the change log ` +
          'among them. Stop every edge, then repeat it with --yes',
      );
    await requireOwnerPrivileges(connection, address.database);
  });
  const knex = openKnex(address);
  try {
    await detach(knex);
  } finally {
    await knex.destroy();
  }
  deps.write(`${describeDatabase(address)} is a plain database of Kea again\n`);
}
