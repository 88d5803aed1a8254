// Removes everything of ours from a database and leaves plain Kea objects: same tables and rows, v30 triggers and routines.
import type { Knex } from 'knex';
import { contractTriggers } from './contract-triggers.ts';
import { fleetTables } from './fleet-table-rows.ts';
import { offerTables } from './offer-table-rows.ts';
import { queryRows } from './query.ts';
import { allTriggers, fleetObjects } from './stored-objects.ts';

/**
 * The statements, one per call, in order. Any prefix leaves a working database: triggers go before what they call.
 * The contract's lease triggers are made anew without the switch that our batches use.
 */
export function detachStatements(): string[] {
  const leaseTriggers = ([4, 6] as const)
    .flatMap((family) => contractTriggers(family, false))
    .filter(({ name }) => name.startsWith('lease'));
  return [
    ...allTriggers()
      .filter(({ name }) => name.startsWith('fleet_'))
      .map(({ drop }) => drop),
    ...leaseTriggers.flatMap(({ drop, create }) => [drop, create]),
    ...fleetObjects()
      .reverse()
      .map(({ drop }) => drop),
    ...[...offerTables, ...fleetTables].map(({ name }) => `DROP TABLE IF EXISTS \`${name}\``),
  ];
}

/** Runs {@link detachStatements}, and removes any other object named `fleet_*`, such as the record of migrations. */
export async function detach(knex: Knex): Promise<void> {
  for (const statement of detachStatements()) await knex.raw(statement);
  const left = await queryRows<{ name: string; kind: string }>(
    knex,
    `SELECT table_name AS name, table_type AS kind FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name LIKE 'fleet\\_%'`,
  );
  for (const { name, kind } of left)
    await knex.raw(`DROP ${kind === 'VIEW' ? 'VIEW' : 'TABLE'} IF EXISTS \`${name}\``);
}
