// ISC Kea as the bench runs it: the installed one, or one inside a chroot; its own schema script, its own hook library.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '../../src/addr/family.ts';
import { searchPath } from '../../scripts/test-programs.mjs';
import { databaseAccess } from '../../test/support/daemon.ts';
import { commonConfig, type Product } from './product.ts';
import { startServerProcess } from './server-process.ts';

const hookLibraries = [
  '/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_mysql.so',
  '/usr/lib/aarch64-linux-gnu/kea/hooks/libdhcp_mysql.so',
];
const schemaScript = '/usr/share/kea/scripts/mysql/dhcpdb_create.mysql';
/** Where Kea 3.0 insists on its lease files, and may read its file: the directory of a server is mounted there. */
const stateDirectory = '/var/lib/kea';
const leaseFile = 'leases.csv';

/** `root`: '' for the installed one. Returns why there is none instead. */
export function kea(root: string): Product | string {
  const inRoot = (...command: string[]): string[] => (root === '' ? command : ['chroot', root, ...command]);
  const run = (command: readonly string[]): string =>
    execFileSync(command[0]!, command.slice(1), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, PATH: searchPath },
    });
  const versionOf = (family: Family): string | null => {
    try {
      return run(inRoot(`kea-dhcp${family}`, '-v')).trim();
    } catch {
      return null;
    }
  };
  const families = ([4, 6] as const).filter((family) => versionOf(family) !== null);
  if (families.length === 0)
    return root === ''
      ? 'neither kea-dhcp4 nor kea-dhcp6 is installed (Debian: apt-get install kea-dhcp4-server kea-dhcp6-server)'
      : `there is no kea-dhcp4 or kea-dhcp6 in ${root}`;
  // From 2.7 on MySQL is a library of its own; before, it is part of the server.
  const hooks = hookLibraries.filter((path) => existsSync(root + path)).map((library) => ({ library }));
  return {
    name: 'kea',
    version: versionOf(families[0]!)!,
    families,
    leaseFile,
    async migrate(_admin, socketPath, database) {
      execFileSync('mysql', [`--socket=${socketPath}`, '--user=root', database.database], {
        input: readFileSync(root + schemaScript),
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { ...process.env, PATH: searchPath },
      });
    },
    start(host, config) {
      const { family, directory, database } = config;
      const program = `kea-dhcp${family}`;
      mkdirSync(directory, { recursive: true });
      const leases = database
        ? databaseAccess(database)
        : { type: 'memfile', persist: true, name: join(stateDirectory, leaseFile), 'lfc-interval': 0 };
      writeFileSync(
        join(directory, 'kea.json'),
        JSON.stringify({
          [`Dhcp${family}`]: {
            ...(hooks.length > 0 && { 'hooks-libraries': hooks }),
            'lease-database': leases,
            'multi-threading': { 'enable-multi-threading': true, 'thread-pool-size': 2 },
            loggers: [{ name: program, severity: 'INFO', 'output-options': [{ output: 'stdout' }] }],
            ...commonConfig(config),
          },
        })
          // Its grammar takes no whole number here, and JavaScript writes no other.
          .replace('"cache-threshold":0,', '"cache-threshold":0.0,'),
      );
      // `ip netns exec` has made a mount namespace, so what is mounted here is seen by this server alone.
      const script =
        `mkdir -p ${root}${stateDirectory} && mount --bind ${directory} ${root}${stateDirectory} && ` +
        `KEA_PIDFILE_DIR=${stateDirectory} KEA_LOCKFILE_DIR=none exec ` +
        inRoot(program, '-c', join(stateDirectory, 'kea.json')).join(' ');
      return startServerProcess(host, ['sh', '-c', script], join(directory, 'log'));
    },
  };
}
