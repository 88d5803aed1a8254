// Makes the tables through which servers on one pool keep their offers apart.
import type { Knex } from 'knex';
import { offerTables } from './offer-table-rows.ts';

export async function up(knex: Knex): Promise<void> {
  for (const { create } of offerTables) await knex.raw(create);
}
