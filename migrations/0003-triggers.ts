// Makes the triggers, in the place of those that Kea's own script made.
import type { Knex } from 'knex';
import { allContractTriggers } from './stored-objects.ts';

export async function up(knex: Knex): Promise<void> {
  for (const { drop, create } of allContractTriggers(true)) {
    await knex.raw(drop);
    await knex.raw(create);
  }
}
