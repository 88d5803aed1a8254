// Makes our routines and all triggers, in the place of those that Kea's own script made.
import type { Knex } from 'knex';
import { allTriggers, fleetObjects } from './stored-objects.ts';

export async function up(knex: Knex): Promise<void> {
  const objects = [...fleetObjects(), ...allTriggers()];
  // All go first: triggers of one event fire in the order in which they were made.
  for (const { drop } of objects) await knex.raw(drop);
  for (const { create } of objects) await knex.raw(create);
}
