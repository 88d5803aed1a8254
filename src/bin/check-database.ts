// Whether the databases of a daemon have the schema that this program speaks; one that is away is asked again later.
import { migrationSource } from '../../migrations/index.ts';
import { describeDatabase, type DatabaseAddress } from '../db/address.ts';
import { openPool } from '../db/connect.ts';
import { guardSchema } from '../db/schema-guard.ts';
import { FlotillaError, messageOf } from '../errors.ts';

/** `ok`, or `away` with the reason. Throws DATABASE_SCHEMA when it answers and is not ours. */
export async function checkDatabase(
  address: DatabaseAddress,
): Promise<{ readonly state: 'ok' } | { readonly state: 'away'; readonly reason: string }> {
  const pool = openPool(address, 1);
  try {
    await guardSchema(pool, migrationSource);
    return { state: 'ok' };
  } catch (error) {
    if (error instanceof FlotillaError && error.code === 'DATABASE_SCHEMA') {
      throw new FlotillaError(
        'DATABASE_SCHEMA',
        `${describeDatabase(address)}: ${error.message}`,
        {},
        { cause: error },
      );
    }
    return { state: 'away', reason: messageOf(error) };
  } finally {
    await pool.end().catch(() => undefined);
  }
}

/** The same database named twice is checked once. */
export function distinctDatabases(addresses: readonly DatabaseAddress[]): readonly DatabaseAddress[] {
  return [...new Map(addresses.map((address) => [describeDatabase(address), address])).values()];
}

/** Whatever the account. */
export function isSameDatabase(a: DatabaseAddress, b: DatabaseAddress): boolean {
  return describeDatabase({ ...a, user: '' }) === describeDatabase({ ...b, user: '' });
}
