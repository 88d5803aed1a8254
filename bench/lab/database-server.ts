// The durable database server of a run, in a namespace of its own, and the proof that it is durable.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { openPool } from '../../src/db/connect.ts';
import { parseDatabaseUrl, type DatabaseAddress } from '../../src/db/address.ts';
import { findServerBinary, openPrivateServer } from '../../scripts/private-server.mjs';
import { searchPath } from '../../scripts/test-programs.mjs';
import type { Host } from '../../test/support/netns.ts';

export interface BenchDatabase {
  readonly version: string;
  /** For the servers under test: over the network of the lab. */
  readonly address: DatabaseAddress;
  /** UNIX socket. */
  readonly socketPath: string;
  /** For the bench itself, past that network. */
  readonly admin: Pool;
  stop(): Promise<void>;
}

const port = 3306;
const account = { user: 'bench', password: 'bench' };

/** What a commit must survive: the process killed and the power gone. */
const durableSettings: Readonly<Record<string, string>> = {
  innodb_flush_log_at_trx_commit: '1',
  innodb_doublewrite: '1',
};

export async function openBenchDatabase(
  directory: string,
  host: Host,
  hostAddress: string,
  /** '' for the installed one, else of a chroot that has mysqld. */
  root: string,
): Promise<BenchDatabase> {
  const binary = root === '' ? findServerBinary() : serverBinaryIn(root);
  if (!binary) throw new Error(`no mariadbd or mysqld is installed${root && ` in ${root}`}`);
  mkdirSync(directory, { recursive: true });
  const wrapper = join(directory, `${binary.flavour}-in-namespace`);
  writeFileSync(
    wrapper,
    root === '' ? wrapped(binary.path, host) : wrappedIn(root, binary.path, directory, host),
  );
  chmodSync(wrapper, 0o755);
  const server = await openPrivateServer({
    directory: join(directory, 'server'),
    binary: { ...binary, path: wrapper },
    durable: true,
    extra: [
      '--skip-networking=0',
      `--port=${port}`,
      `--bind-address=${hostAddress}`,
      '--innodb-buffer-pool-size=2G',
      // MariaDB's word and MySQL's. With the default of some 100 MB a minute of full load waits for checkpoints.
      '--loose-innodb-log-file-size=1G',
      '--loose-innodb-redo-log-capacity=1G',
    ],
  });
  const socket = parseDatabaseUrl(server.url('mysql'));
  const admin = openPool(socket, 2);
  await assertDurable(admin);
  await admin.query(
    `CREATE USER '${account.user}'@'%' IDENTIFIED BY '${account.password}'; GRANT ALL ON *.* TO '${account.user}'@'%'`,
  );
  return {
    version: binary.version.replace(/^.*?Ver /, ''),
    socketPath: server.socketPath,
    admin,
    address: { ...withoutSocket(socket), host: hostAddress, port, ...account },
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}

const wrapped = (program: string, host: Host): string =>
  `#!/bin/sh\nPATH=${searchPath}\ncase "$*" in *--initialize*) exec ${program} "$@" ;; esac\n` +
  `exec ip netns exec ${host.namespace} ${program} "$@"\n`;

/** Its data and its socket stay outside: both are mounted at the same paths, for this process alone. */
function wrappedIn(root: string, program: string, directory: string, host: Host): string {
  const mounts = [directory, tmpdir()].map(
    (path) => `mkdir -p ${root}${path} && mount --bind ${path} ${root}${path}`,
  );
  const inside = `${mounts.join(' && ')} && exec chroot ${root} ${program} "$@"`;
  return (
    `#!/bin/sh\nPATH=${searchPath}\ncase "$*" in *--initialize*) exec unshare -m sh -c '${inside}' sh "$@" ;; esac\n` +
    `exec ip netns exec ${host.namespace} sh -c '${inside}' sh "$@"\n`
  );
}

function serverBinaryIn(root: string): ReturnType<typeof findServerBinary> {
  const path = '/usr/sbin/mysqld';
  if (!existsSync(join(root, path))) return undefined;
  const version = execFileSync('chroot', [root, path, '--no-defaults', '--version'], { encoding: 'utf8' });
  return { path, version: version.trim(), flavour: 'mysql' };
}

async function assertDurable(pool: Pool): Promise<void> {
  for (const [name, wanted] of Object.entries(durableSettings)) {
    const [[row]] = (await pool.query(`SELECT @@GLOBAL.${name} AS value`)) as unknown as [[RowDataPacket]];
    const found = String(row['value']);
    if (found !== wanted && !(wanted === '1' && found === 'ON'))
      throw new Error(`the database is not durable: ${name} is ${found}`);
  }
}

function withoutSocket({ socketPath: _, ...rest }: DatabaseAddress): DatabaseAddress {
  return rest;
}
