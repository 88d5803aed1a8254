// Flotilla as the bench runs it: the built program, its own migrations.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { migrationSource } from '../../migrations/index.ts';
import { programVersion } from '../../src/bin/version.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { databaseAccess } from '../../test/support/daemon.ts';
import { commonConfig, type Product } from './product.ts';
import { startServerProcess } from './server-process.ts';

export const flotillaProgram = resolve(import.meta.dirname, '../../dist/src/bin/flotilla.js');
const leaseFile = 'leases.csv';

/** As its first line says when it is called by its name. */
function programNodeOptions(): string[] {
  const [first = ''] = readFileSync(flotillaProgram, 'utf8').split('\n', 1);
  return first.split(' ').filter((word) => word.startsWith('--'));
}

/** `nodeOptions`: e.g. `--cpu-prof`. */
export function flotilla(nodeOptions: readonly string[] = []): Product {
  return {
    name: 'flotilla',
    version: programVersion,
    families: [4, 6],
    leaseFile,
    async migrate(_admin, socketPath, database) {
      await migrateToLatest({ ...database, socketPath, user: 'root', password: '' }, migrationSource);
    },
    async start(host, config) {
      const { family, directory, database } = config;
      mkdirSync(directory, { recursive: true });
      const file = join(directory, 'flotilla.json');
      const leases = database
        ? databaseAccess(database)
        : { type: 'memfile', persist: true, name: join(directory, leaseFile), 'lfc-interval': 0 };
      writeFileSync(
        file,
        JSON.stringify({ [`Dhcp${family}`]: { 'lease-database': leases, ...commonConfig(config) } }),
      );
      return startServerProcess(
        host,
        [
          process.execPath,
          ...programNodeOptions(),
          ...nodeOptions,
          flotillaProgram,
          `dhcp${family}`,
          '-c',
          file,
          '--instance',
          basename(directory),
          '--state-dir',
          directory,
        ],
        join(directory, 'log'),
      );
    },
  };
}
