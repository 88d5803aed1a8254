// The run's database as it is reached over a long wire: the proxy of delay-proxy.ts on a port of its own.
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/address.ts';
import { databaseHostAddress, type Lab } from './lab.ts';
import { startServerProcess } from './server-process.ts';

export interface FarDatabase {
  readonly address: DatabaseAddress;
  stop(): Promise<void>;
}

/** `roundTrip` in milliseconds. One at a time for each. */
export async function openFarDatabase(
  lab: Lab,
  database: DatabaseAddress,
  roundTrip: number,
): Promise<FarDatabase> {
  const port = 4000 + roundTrip;
  const program = join(import.meta.dirname, 'delay-proxy.ts');
  const words = [databaseHostAddress, port, database.port, roundTrip].map(String);
  const wire = await startServerProcess(
    lab.databaseHost,
    [process.execPath, '--import', 'tsx', program, ...words],
    join(lab.directory(`wire-${roundTrip}`), 'log'),
  );
  return { address: { ...database, port }, stop: () => wire.stop() };
}
