// Four servers and many clients at random on a few addresses: from blocks, by wish, with leases that come and go, and servers that end.
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { isClaimable } from '../../src/store/judge.ts';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { mulberry32 } from '../support/mutate-packets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addresses6, leases4, prefixes6, type LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';

const size = 4_096;
const seconds = 10;
const runFor = 6_000;
const clients = 48;

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const title =
  'nothing is offered to a second client while the first one’s offer lasts, and whoever was offered it gets it';

async function schedule<L extends Lease>(make: LeaseMaker<L>, t: TestContext): Promise<void> {
  const pool = [make.range(0, size - 1)];
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const random = mulberry32(seed);
  const below = (n: number): number => Math.floor(random() * n);
  let names = 0;
  const openServer = (): LeaseStore<L> =>
    createBatchingLeaseStore(
      openMysqlForContract(
        database,
        { server: `server-${names++}`, soleAfter: 1e9, blocksFromRate: 0 },
        make.table,
      ).backend,
    );
  const servers = Array.from({ length: 4 }, openServer);
  const closing: Promise<void>[] = [];
  /** Clients in the midst of their turn. */
  const atWork = new Map<LeaseStore<L>, number>();
  /** Address → who was offered it, and until when that must hold at least. */
  const offers = new Map<number, { readonly who: number; readonly until: number }>();
  const recent: number[] = [];
  const counts = { blocks: 0, wishes: 0, taken: 0, bound: 0, back: 0 };
  const failures: string[] = [];
  const end = performance.now() + runFor;

  /** What `who` does, from its DISCOVER on. `leased`: the address that it had and comes back for. Returns the next one's. */
  const turn = async (server: LeaseStore<L>, who: number, leased: number | null): Promise<number | null> => {
    const client = make.client(who);
    const taken = leased === null && random() < 0.6 ? server.takeReserved(1, pool) : null;
    const reserved = taken === null ? null : make.numberOf(taken);
    const near = recent.length > 0 ? recent[below(recent.length)]! + below(5) - 2 : below(size);
    const n = leased ?? reserved ?? Math.min(Math.max(near, 0), size - 1);
    const address = make.address(n);
    const sent = performance.now();
    const hold = { address, subnetId: 1, seconds };
    const found = await server.find({ client, subnetIds: [1], addresses: [address], ...make.units, hold });
    const row = found.held[0];
    if (found.hold !== 'held') {
      counts.taken++;
      if (found.hold === 'later') await sleep(20);
      return null;
    }
    if (row && !isClaimable(row, found.now)) {
      server.withdraw(address, client);
      return null;
    }
    if (row) counts.back++;
    if (reserved !== null) counts.blocks++;
    else counts.wishes++;
    const other = offers.get(n);
    if (other && other.who !== who && other.until > performance.now())
      failures.push(
        `${n} was offered to ${other.who} and to ${who} (${reserved === null ? 'wish' : 'block'})`,
      );
    offers.set(n, { who, until: sent + seconds * 1000 });
    recent.push(n);
    if (recent.length > 40) recent.shift();
    await sleep(below(40));
    const fate = random();
    if (fate < 0.15) return null;
    const asked = await server.find({ client, subnetIds: [1], addresses: [address], ...make.units });
    if (asked.offered?.length !== 0 && fate >= 0.35) {
      offers.delete(n);
      failures.push(`${who} was offered ${n}, and then it was another's`);
      return null;
    }
    offers.delete(n);
    if (fate < 0.35) {
      server.withdraw(address, client);
      return null;
    }
    const outcome = await server.write({ ...make.claim(n, {}, who), seen: row ?? null });
    if (outcome.result !== 'done') {
      failures.push(`${who} was offered ${n} and refused it`);
      return null;
    }
    counts.bound++;
    await sleep(below(20));
    await server.write({ verb: 'release', client, address, keep: random() < 0.7 });
    return random() < 0.5 ? n : null;
  };

  const live = async (lane: number): Promise<void> => {
    let leased: number | null = null;
    for (let round = 0; performance.now() < end; round++) {
      // Now and then the client of before comes back for its address.
      const who = lane * 1_000_000 + (leased === null ? round : round - 1);
      const server = servers[below(servers.length)]!;
      atWork.set(server, (atWork.get(server) ?? 0) + 1);
      leased = await turn(server, who, leased);
      atWork.set(server, atWork.get(server)! - 1);
    }
  };

  const change = async (): Promise<void> => {
    while (performance.now() < end - 1_000) {
      await sleep(700);
      const place = below(servers.length);
      const old = servers[place]!;
      servers[place] = openServer();
      closing.push(
        (async () => {
          // What is under way is finished first.
          do await sleep(100);
          while (atWork.get(old));
          await old.close();
        })(),
      );
    }
  };
  await Promise.all([...Array.from({ length: clients }, (_, lane) => live(lane)), change()]);
  await Promise.all(closing);
  await Promise.all(servers.map((server) => server.close()));
  t.diagnostic(JSON.stringify(counts));
  assert.deepEqual(failures, []);
  for (const [what, n] of Object.entries(counts)) assert.ok(n > 0, what);
}

test(`${leases4.kind}: ${title}`, (t) => schedule(leases4, t));
test(`${addresses6.kind}: ${title}`, (t) => schedule(addresses6, t));
test(`${prefixes6.kind}: ${title}`, (t) => schedule(prefixes6, t));
