// `flotilla db wait`: for start scripts, until the database answers and its schema is one that daemons work on.
import { setTimeout as sleep } from 'node:timers/promises';
import { migrationSource } from '../../../migrations/index.ts';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { guardSchema } from '../../db/schema-guard.ts';
import { messageOf } from '../../errors.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

const pauseMilliseconds = 500;

/** Throws the last error when the time is up. */
export async function waitForDatabase(
  address: DatabaseAddress,
  options: { readonly seconds: number },
  deps: DatabaseToolDeps,
): Promise<void> {
  const end = Date.now() + options.seconds * 1000;
  let said: string | undefined;
  for (;;) {
    try {
      await withConnection(address, (connection) => guardSchema(connection, migrationSource));
      deps.write(`the database ${describeDatabase(address)} is ready\n`);
      return;
    } catch (error) {
      if (Date.now() + pauseMilliseconds > end) throw error;
      const reason = messageOf(error);
      if (reason !== said) deps.write(`waiting: ${reason}\n`);
      said = reason;
      await sleep(pauseMilliseconds);
    }
  }
}
