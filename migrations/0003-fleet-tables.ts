// Makes our own tables and their first rows: an epoch per scope, and which configuration tables have rows now.
import type { Knex } from 'knex';
import { configTables, scopes } from './config-tables.ts';
import { fleetTables } from './fleet-table-rows.ts';

export async function up(knex: Knex): Promise<void> {
  for (const { create } of fleetTables) await knex.raw(create);
  for (const scope of scopes) await startEpoch(knex, scope);
  for (const { name } of configTables)
    await knex.raw(
      `INSERT INTO fleet_table (table_name, filled) SELECT '${name}', EXISTS (SELECT 1 FROM \`${name}\`)
       FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM fleet_table WHERE table_name = '${name}')`,
    );
}

/** The first epoch is in the log like any other: an edge that holds it asks for what came after. */
async function startEpoch(knex: Knex, scope: string): Promise<void> {
  await knex.raw(
    `INSERT IGNORE INTO fleet_change (scope, epoch, token, changed_at, db_user, table_name, row_key, operation, cause)
     VALUES (?, 1, LEFT(SHA2(CONCAT(UUID(), RAND()), 256), 16), UTC_TIMESTAMP(6), USER(), '*', '', 'truncate',
             'the change log begins: everything may differ')`,
    [scope],
  );
  await knex.raw(
    `INSERT IGNORE INTO fleet_epoch (scope, epoch, token, changed_at)
     SELECT scope, epoch, token, changed_at FROM fleet_change WHERE scope = ? ORDER BY epoch DESC LIMIT 1`,
    [scope],
  );
}
