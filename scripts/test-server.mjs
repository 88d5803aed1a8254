// The server that all tests share: fast instead of durable, in memory where the machine has room for it.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endAbandoned, openPrivateServer } from './private-server.mjs';

const root = resolve(import.meta.dirname, '..');
const neededBytes = 1.5e9;

/** Started when it does not run yet. `release({ remove: true })` also frees the memory its files occupy. */
export async function openTestServer(binary, say) {
  const directory = testServerDirectory();
  const server = await openPrivateServer({ directory, binary, durable: false, say });
  return {
    url: server.url(),
    started: server.started,
    async release({ remove }) {
      const stopped = await server.release();
      if (stopped && remove) rmSync(directory, { recursive: true, force: true });
    },
  };
}

const throwAwayPrefix = `flotilla-db-${process.getuid?.()}-`;

/** Where a test keeps the data of a server of its own. */
export function throwAwayDirectory() {
  return mkdtempSync(join(tmpdir(), throwAwayPrefix));
}

/** Ends the servers of tests that were killed before they could. */
export async function endAbandonedTestServers() {
  for (const name of readdirSync(tmpdir())) {
    const directory = join(tmpdir(), name);
    if (name.startsWith(throwAwayPrefix) && (await endAbandoned(directory)))
      rmSync(directory, { recursive: true, force: true });
  }
}

function testServerDirectory() {
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 10);
  const inMemory = join('/dev/shm', `flotilla-test-${process.getuid?.()}-${digest}`);
  return existsSync(inMemory) || roomIn('/dev/shm') > neededBytes ? inMemory : join(root, 'var/test-db');
}

function roomIn(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
