// What the schema is told by, for whoever must not load what makes it.

/** The level of Kea's schema that Flotilla speaks: `schema_version` holds version 30, minor 0. */
export const contractVersion = '30.0';

/** knex's record of what ran; its lock table has `_lock` appended. */
export const migrationTable = 'fleet_migration';
