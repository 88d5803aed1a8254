// One server of the race tests, a process of its own: claims addresses for its clients and reports what was acknowledged.
// Arguments: database URL, process number, clients, pool size, mode (claim | mixed), leases of `makers`.
// Prints `ack NUMBER-OF-ADDRESS NUMBER-OF-CLIENT` lines.
import { parseDatabaseUrl } from '../../src/db/address.ts';
import { silentLogger } from '../../src/log.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { Lease } from '../../src/store/lease.ts';
import { defaultLanes, openMysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import { makers, type LeaseMaker } from './leases.ts';

const [url = '', number = '0', clients = '0', poolSize = '0', mode = 'claim', kind = ''] =
  process.argv.slice(2);
const make = makers[kind as keyof typeof makers] as LeaseMaker<Lease>;
const backend = openMysqlBackend(
  { ...defaultLanes, table: make.table, address: parseDatabaseUrl(url), ownStatistics: true },
  { logger: silentLogger, random: Math.random },
);
const store = createBatchingLeaseStore(backend, { lanes: 3, maxBatch: 16 });
/** In the mixed life a client that finds the pool full soon gives up. */
const tries = mode === 'claim' ? 40 : 4;
const draw = (): number => Math.floor(Math.random() * Number(poolSize));

async function claimSomething(who: number): Promise<number | null> {
  for (let i = 0; i < tries; i++) {
    const n = draw();
    const classes = who % 3 === 0 ? { ISC: { 'client-classes': ['gold', `c${who % 5}`] } } : null;
    const changes = { poolId: n % 3, subnetId: 1 + (n % 2), userContext: classes };
    const outcome = await store.write(make.claim(n, changes, who));
    if (outcome.result !== 'done') continue;
    process.stdout.write(`ack ${n} ${who}\n`);
    return n;
  }
  return null;
}

async function live(who: number): Promise<void> {
  let n = await claimSomething(who);
  if (mode === 'claim') return;
  for (let round = 0; round < 6 && n !== null; round++) {
    const address = make.address(n);
    const client = make.client(who);
    const dice = Math.random();
    if (dice < 0.3) await store.write({ verb: 'release', client, address, keep: dice < 0.15 });
    else if (dice < 0.4)
      await store.write({ verb: 'decline', client, address, probation: dice < 0.35 ? 0 : 100 });
    else if (dice < 0.6) {
      const to = draw();
      const changes = { poolId: to % 3, subnetId: 1 + (to % 2), validLifetime: 1 };
      await store.write({ ...make.claim(to, changes, who), alsoRemove: address });
    } else if (dice < 0.7) await store.write({ verb: 'remove', client, address });
    else if (dice < 0.75) await store.reclaim({ limit: 20, remove: dice < 0.72 });
    n = await claimSomething(who);
  }
}

await Promise.all(Array.from({ length: Number(clients) }, (_, i) => live(Number(number) * 100_000 + i)));
await store.close();
