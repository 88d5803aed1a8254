// A durable database server of a test's own with one migrated database in it, for tests that kill it.
import { openPool } from '../../src/db/connect.ts';
import { parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { migrationSource } from '../../migrations/index.ts';
import { createTestServer, type TestServerProcess } from './database.ts';

export interface MigratedServer {
  readonly server: TestServerProcess;
  readonly address: DatabaseAddress;
}

export async function createMigratedServer(extra: readonly string[] = []): Promise<MigratedServer> {
  const server = await createTestServer({ extra });
  const address = parseDatabaseUrl(server.url('flotilla'));
  const admin = openPool({ ...address, database: '' }, 1);
  await admin.query('CREATE DATABASE IF NOT EXISTS flotilla CHARACTER SET utf8mb4');
  await admin.end();
  await migrateToLatest(address, migrationSource);
  return { server, address };
}
