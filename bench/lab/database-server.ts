// The durable database server of a run, in a namespace of its own, and the proof that it is durable.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
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
): Promise<BenchDatabase> {
  const binary = findServerBinary();
  if (!binary) throw new Error('no mariadbd or mysqld is installed');
  mkdirSync(directory, { recursive: true });
  const wrapper = join(directory, `${binary.flavour}-in-namespace`);
  writeFileSync(
    wrapper,
    `#!/bin/sh\nPATH=${searchPath}\ncase "$*" in *--initialize*) exec ${binary.path} "$@" ;; esac\n` +
      `exec ip netns exec ${host.namespace} ${binary.path} "$@"\n`,
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
      '--innodb-buffer-pool-size=1G',
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
