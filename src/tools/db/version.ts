// `flotilla db version`: the level of Kea's contract, of our migrations, and the server.
import { migrationSource } from '../../../migrations/index.ts';
import type { DatabaseAddress } from '../../db/address.ts';
import { refusalFor } from '../../db/schema-guard.ts';
import { readSchemaLevel } from '../../db/schema-level.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

export async function printVersion(address: DatabaseAddress, deps: DatabaseToolDeps): Promise<void> {
  const level = await withConnection(address, (connection) => readSchemaLevel(connection, migrationSource));
  const lines = [
    `Kea schema:         ${level.contract ?? 'none'}`,
    `Flotilla migration: ${level.applied.at(-1) ?? 'none'}`,
    `Server:             ${level.server}`,
    `Usable:             ${refusalFor(level) ?? 'yes'}`,
  ];
  deps.write(`${lines.join('\n')}\n`);
}
