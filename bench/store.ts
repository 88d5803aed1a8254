// How fast a lease store is: claims and lookups per second by lanes and callers, and what a lone caller waits.
// node --import tsx bench/store.ts mysql://user@localhost/name?socket=/path [seconds]     (a database made by `flotilla db init`)
// node --import tsx bench/store.ts memfile [seconds]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDatabaseUrl } from '../src/db/address.ts';
import { silentLogger } from '../src/log.ts';
import { createBatchingLeaseStore } from '../src/store/batching.ts';
import type { LeaseBackend, LeaseStore } from '../src/store/lease-store.ts';
import type { Lease4 } from '../src/store/lease.ts';
import { lease4Rows } from '../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../src/store/memfile/memfile-backend.ts';
import { lease4Sql } from '../src/store/mysql/lease4-rows.ts';
import { openMysqlBackend } from '../src/store/mysql/mysql-backend.ts';

const [where = '', secondsText = '2'] = process.argv.slice(2);
const seconds = Number(secondsText);

function leaseOf(n: number): Lease4 {
  const hwaddr = Uint8Array.of(2, 9, n >>> 24, n >>> 16, n >>> 8, n);
  return {
    family: 4,
    address: 0x0a000000 + n,
    hwaddr,
    clientId: null,
    validLifetime: 3600,
    cltt: 0,
    subnetId: 1,
    poolId: 0,
    fqdnFwd: false,
    fqdnRev: false,
    hostname: `host-${n}`,
    state: 0,
    userContext: null,
    relayId: null,
    remoteId: null,
  };
}

async function openBackend(lanes: number): Promise<{ backend: LeaseBackend<Lease4>; done: () => void }> {
  if (where !== 'memfile') {
    const backend = openMysqlBackend(
      {
        table: lease4Sql,
        address: parseDatabaseUrl(where),
        ownStatistics: true,
        connections: lanes,
        queryTimeout: 10_000,
      },
      { logger: silentLogger, random: Math.random },
    );
    return { backend, done: () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  const backend = await openMemfileBackend(
    { rows: lease4Rows, path: join(folder, 'leases.csv'), lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: Date.now },
  );
  return { backend, done: () => rmSync(folder, { recursive: true }) };
}

let next = 0;

/** One client's exchange as far as the store sees it: lookup with a candidate, then the claim. */
async function pair(store: LeaseStore<Lease4>, n: number): Promise<void> {
  const lease = leaseOf(n);
  const client = { family: 4, clientId: null, hwaddr: lease.hwaddr } as const;
  await store.find({ client, subnetIds: [1], addresses: [lease.address, lease.address + 1] });
  const outcome = await store.write({ verb: 'claim', client, lease });
  if (outcome.result !== 'done') throw new Error(`claim of ${n}: ${outcome.result}`);
}

async function measure(lanes: number, callers: number, renew: boolean): Promise<void> {
  const { backend, done } = await openBackend(lanes);
  const store = createBatchingLeaseStore(backend, { lanes });
  const from = next;
  const started = performance.now();
  const cpu = process.cpuUsage();
  let pairs = 0;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() - started < seconds * 1000) {
        await pair(store, renew ? from + caller : next++);
        pairs++;
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  next += callers;
  console.log(
    `${lanes} lanes ${String(callers).padStart(4)} callers ${renew ? 'renewing' : 'new     '}: ` +
      `${Math.round(pairs / elapsed)} find+claim pairs/s, mean ${((callers * 1000 * elapsed) / pairs).toFixed(1)} ms, ` +
      `CPU ${((user + system) / 1e4 / elapsed).toFixed(0)} %`,
  );
  await store.close();
  done();
}

async function lone(): Promise<void> {
  const { backend, done } = await openBackend(2);
  const store = createBatchingLeaseStore(backend);
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const started = performance.now();
    await pair(store, next++);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(`lone caller: find+claim p50 ${times[150]!.toFixed(2)} ms, p99 ${times[297]!.toFixed(2)} ms`);
  await store.close();
  done();
}

await lone();
for (const callers of [256, 1024]) for (const lanes of [1, 2, 3]) await measure(lanes, callers, false);
await measure(2, 1024, true);
