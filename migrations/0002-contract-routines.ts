// Makes the routines of the contract, in the place of those that Kea's own script made.
import type { Knex } from 'knex';
import { contractRoutines } from './stored-objects.ts';

export async function up(knex: Knex): Promise<void> {
  for (const { drop, create } of contractRoutines()) {
    await knex.raw(drop);
    await knex.raw(create);
  }
}
