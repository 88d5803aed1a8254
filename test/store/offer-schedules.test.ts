// Four servers and many clients at random on a few addresses: from blocks, by wish, with leases that come and go, and servers that end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { isClaimable } from '../../src/store/judge.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { mulberry32 } from '../support/mutate-packets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { client4, hostAddress, lease4 } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';

const size = 4_096;
const pool = [{ first: hostAddress(0), last: hostAddress(size - 1) }];
const seconds = 10;
const runFor = 6_000;
const clients = 48;

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test('no address is offered to a second client while the first one’s offer lasts, and whoever was offered one gets it', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const random = mulberry32(seed);
  const below = (n: number): number => Math.floor(random() * n);
  let names = 0;
  const openServer = (): LeaseStore<Lease4> =>
    createBatchingLeaseStore(
      openMysqlForContract(database, { server: `server-${names++}`, soleAfter: 1e9, blocksFromRate: 0 })
        .backend,
    );
  const servers = Array.from({ length: 4 }, openServer);
  const closing: Promise<void>[] = [];
  /** Address → who was offered it, and until when that must hold at least. */
  const offers = new Map<number, { readonly who: number; readonly until: number }>();
  const recent: number[] = [];
  const counts = { blocks: 0, wishes: 0, taken: 0, bound: 0, back: 0 };
  const failures: string[] = [];
  const end = performance.now() + runFor;

  const live = async (lane: number): Promise<void> => {
    let leased: number | null = null;
    for (let round = 0; performance.now() < end; round++) {
      // Now and then the client of before comes back for its address.
      const who = lane * 1_000_000 + (leased === null ? round : round - 1);
      const client = client4(who);
      const server = servers[below(servers.length)]!;
      const reserved = leased === null && random() < 0.6 ? server.takeReserved(1, pool) : null;
      const near =
        recent.length > 0 ? recent[below(recent.length)]! + below(5) - 2 : hostAddress(below(size));
      const address: number =
        leased ?? Number(reserved ?? Math.min(Math.max(near, pool[0]!.first), pool[0]!.last));
      leased = null;
      const sent = performance.now();
      const hold = { address, subnetId: 1, seconds };
      const found = await server.find({ client, subnetIds: [1], addresses: [address], hold });
      const row = found.held[0];
      if (found.hold !== 'held') {
        counts.taken++;
        if (found.hold === 'later') await sleep(20);
        continue;
      }
      if (row && !isClaimable(row, found.now)) {
        server.withdraw(address, client);
        continue;
      }
      if (row) counts.back++;
      if (reserved !== null) counts.blocks++;
      else counts.wishes++;
      const other = offers.get(address);
      if (other && other.who !== who && other.until > performance.now())
        failures.push(
          `${address} was offered to ${other.who} and to ${who} (${reserved === null ? 'wish' : 'block'})`,
        );
      offers.set(address, { who, until: sent + seconds * 1000 });
      recent.push(address);
      if (recent.length > 40) recent.shift();
      await sleep(below(40));
      const fate = random();
      if (fate < 0.15) continue;
      const asked = await server.find({ client, subnetIds: [1], addresses: [address] });
      if (asked.offered?.length !== 0 && fate >= 0.35) {
        offers.delete(address);
        failures.push(`${who} was offered ${address}, and then it was another's`);
        continue;
      }
      offers.delete(address);
      if (fate < 0.35) {
        server.withdraw(address, client);
        continue;
      }
      const lease = { ...lease4(0), address, hwaddr: client.hwaddr };
      const outcome = await server.write({ verb: 'claim', client, lease, seen: row ?? null });
      if (outcome.result !== 'done') {
        failures.push(`${who} was offered ${address} and refused it`);
        continue;
      }
      counts.bound++;
      await sleep(below(20));
      await server.write({ verb: 'release', client, address, keep: random() < 0.7 });
      if (random() < 0.5) leased = address;
    }
  };

  const change = async (): Promise<void> => {
    while (performance.now() < end - 1_000) {
      await sleep(700);
      const place = below(servers.length);
      const old = servers[place]!;
      servers[place] = openServer();
      // What is under way is finished first.
      closing.push(sleep(500).then(() => old.close()));
    }
  };
  await Promise.all([...Array.from({ length: clients }, (_, lane) => live(lane)), change()]);
  await Promise.all(closing);
  await Promise.all(servers.map((server) => server.close()));
  t.diagnostic(JSON.stringify(counts));
  assert.deepEqual(failures, []);
  for (const [what, n] of Object.entries(counts)) assert.ok(n > 0, what);
});
