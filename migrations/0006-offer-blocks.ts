// Makes the table in which servers on one pool reserve blocks of addresses for their offers.
import type { Knex } from 'knex';
import { offerBlockTable } from './offer-table-rows.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(offerBlockTable.create);
}
