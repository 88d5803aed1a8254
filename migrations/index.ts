// The ordered migrations of the database, and what `flotilla db check` and `db detach` need to know about them.
import type { Knex } from 'knex';
import * as contractTables from './0001-contract-tables.ts';
import * as contractRoutines from './0002-contract-routines.ts';
import * as fleetTablesMigration from './0003-fleet-tables.ts';
import * as triggers from './0004-triggers.ts';
import * as offerTablesMigration from './0005-offer-tables.ts';
import * as offerBlocksMigration from './0006-offer-blocks.ts';
import { fleetTables as firstFleetTables } from './fleet-table-rows.ts';
import { offerBlockTable, offerTables } from './offer-table-rows.ts';

export { contractTables } from './contract.ts';
export type { ContractColumn, ContractForeignKey, ContractIndex, ContractTable } from './contract.ts';
export { detach, detachStatements } from './detach.ts';
export { seedRows } from './seed-rows.ts';
export { contractRoutines, allTriggers, fleetObjects } from './stored-objects.ts';
export type { StoredObject } from './routine.ts';

/** Every table of ours, whichever migration makes it. */
export const fleetTables = [...firstFleetTables, ...offerTables, offerBlockTable];

interface NamedMigration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
}

const migrations: readonly NamedMigration[] = [
  { name: '0001_contract_tables', up: contractTables.up },
  { name: '0002_contract_routines', up: contractRoutines.up },
  { name: '0003_fleet_tables', up: fleetTablesMigration.up },
  { name: '0004_triggers', up: triggers.up },
  { name: '0005_offer_tables', up: offerTablesMigration.up },
  { name: '0006_offer_blocks', up: offerBlocksMigration.up },
];

/** Names without extension, so that a compiled program finds what a development one recorded. */
export const migrationSource: Knex.MigrationSource<NamedMigration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: ({ name }) => name,
  getMigration: async ({ up }) => ({
    up,
    /** Backwards is `flotilla db detach`. */
    down: async () => undefined,
    // DDL commits by itself: a transaction around it would only promise what it cannot keep.
    config: { transaction: false },
  }),
};
