// `flotilla db detach`: takes everything named fleet_* away and gives Kea's triggers their plain form back.
import type { Connection } from 'mysql2/promise';
import { migrationSource } from '../../../migrations/index.ts';
import { contractTriggers } from '../../../migrations/contract-triggers.ts';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { readCatalogue } from '../../db/catalogue.ts';
import { quoteName } from '../../db/grants.ts';
import { migrationTable } from '../../db/migrate.ts';
import { requireOwnerPrivileges } from '../../db/privileges.ts';
import { unusable } from '../../db/schema-guard.ts';
import { readSchemaLevel } from '../../db/schema-level.ts';
import { FlotillaError } from '../../errors.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

const ourPrefix = 'fleet_';

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
    const statements = await removals(connection);
    if (!options.confirmed)
      throw new FlotillaError(
        'USAGE',
        `this removes ${statements.filter((sql) => sql.startsWith('DROP TABLE')).length} tables of Flotilla from ` +
          `${describeDatabase(address)}, the change log among them. Stop every edge, then repeat it with --yes`,
      );
    await requireOwnerPrivileges(connection, address.database);
    for (const sql of statements) await connection.query(sql);
    deps.write(`${describeDatabase(address)} is a plain database of Kea ${level.contract ?? ''} again\n`);
  });
}

/** In this order an interruption leaves a database that still counts as ours: our own record of migrations goes last. */
async function removals(connection: Connection): Promise<string[]> {
  const { objects, tables, columns } = await readCatalogue(connection);
  const ours = (name: string): boolean => name.toLowerCase().startsWith(ourPrefix);
  const named = (kind: string): string[] =>
    objects.filter((object) => object.kind === kind && ours(object.name)).map(({ name }) => name);
  const drop = (kind: string) => (name: string) => `DROP ${kind} IF EXISTS ${quoteName(name)}`;
  const ourTables = tables.filter(ours);
  const plain = [...contractTriggers(4, false), ...contractTriggers(6, false)];
  const records = ourTables.filter((name) => name.startsWith(migrationTable));
  return [
    ...named('trigger').map(drop('TRIGGER')),
    ...plain.map((trigger) => trigger.drop),
    ...plain.map((trigger) => trigger.create),
    ...named('procedure').map(drop('PROCEDURE')),
    ...named('function').map(drop('FUNCTION')),
    ...named('view').map(drop('VIEW')),
    ...columns
      .filter(({ table, name }) => ours(name) && tables.includes(table) && !ours(table))
      .map(({ table, name }) => `ALTER TABLE ${quoteName(table)} DROP COLUMN ${quoteName(name)}`),
    ...ourTables.filter((name) => !records.includes(name)).map(drop('TABLE')),
    ...records.map(drop('TABLE')),
  ];
}
