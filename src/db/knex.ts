// knex, for migrations and tools only: a daemon that does not load it starts a tenth of a second earlier.
import knexFactory, { type Knex } from 'knex';
import type { DatabaseAddress } from './address.ts';
import { connectionOptions, sessionStatements } from './connect.ts';

/** knex on the same address, for migrations and tools. Destroy it when done. */
export function openKnex(address: DatabaseAddress, limit = 1): Knex {
  return knexFactory({
    client: 'mysql2',
    // What goes wrong is thrown; knex would also print it.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    connection: connectionOptions(address) as unknown as Knex.MySql2ConnectionConfig,
    pool: {
      min: 0,
      max: limit,
      afterCreate: (
        connection: { query: (sql: string, done: (error: Error | null) => void) => void },
        done: (error: Error | null, connection: unknown) => void,
      ) => {
        connection.query(sessionStatements, (error) => done(error, connection));
      },
    },
  });
}
