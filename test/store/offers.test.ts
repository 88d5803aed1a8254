// Two servers and one address: alone a server keeps its offers in memory, beside another it writes them down, always exactly.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseFindings, LeaseStore } from '../../src/store/lease-store.ts';
import { silentLogger } from '../../src/log.ts';
import { defaultLanes, openMysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { leases4, prefixes6, type LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';

function offersContract<L extends Lease>(make: LeaseMaker<L>): void {
  const it = (title: string, body: () => Promise<void>): void => void test(`${make.kind}: ${title}`, body);

  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());
  beforeEach(() =>
    database.pool.query(
      `DELETE FROM ${make.table.table}; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server`,
    ),
  );

  const openServer = (server: string, soleAfter = 0): LeaseStore<L> =>
    createBatchingLeaseStore(openMysqlForContract(database, { server, soleAfter }, make.table).backend);

  const offer = (store: LeaseStore<L>, n: number, who: number, seconds = 10): Promise<LeaseFindings<L>> =>
    store.find({
      client: make.client(who),
      subnetIds: [1],
      addresses: [make.address(n)],
      ...make.units,
      hold: { address: make.address(n), subnetId: 1, seconds },
    });

  /** What comes of it in the end: 'later' is said for as long as a server may have stood still, or gone. */
  async function holdOf(store: LeaseStore<L>, n: number, who: number): Promise<LeaseFindings<L>['hold']> {
    for (;;) {
      const { hold } = await offer(store, n, who);
      if (hold !== 'later') return hold;
      await sleep(25);
    }
  }

  const count = async (sql: string): Promise<number> =>
    Number(Object.values((await database.pool.query<RowDataPacket[]>(sql))[0][0]!)[0]);
  const written = (): Promise<number> => count('SELECT COUNT(*) FROM fleet_offer');
  const soleServers = (): Promise<number> => count('SELECT COUNT(*) FROM fleet_offer_server WHERE sole = 1');

  async function untilSole(): Promise<void> {
    while ((await soleServers()) === 0) await sleep(50);
    // The announcement counts once the server has looked again.
    await sleep(100);
  }

  it('a server that has been alone for a while writes no offer down', async () => {
    const a = openServer('a');
    assert.equal(await holdOf(a, 1, 1), 'held');
    assert.equal(await written(), 1);
    await untilSole();
    assert.equal(await holdOf(a, 2, 2), 'held');
    assert.equal(await written(), 1);
    const other = await offer(a, 2, 3);
    assert.deepEqual([other.hold, other.offered], ['taken', [make.address(2)]]);
    assert.deepEqual(await a.findFree([make.range(1, 4)], make.address(1), 9, make.client(3)), [
      make.address(3),
      make.address(4),
    ]);
    await a.close();
  });

  it('servers that know of each other look again when they announce themselves, not at every tick', async () => {
    let at = 1_000;
    const servers = ['a', 'b'].map((server) => {
      const { backend } = openMysqlForContract(
        database,
        { server, soleAfter: 1e9, clock: () => at },
        make.table,
      );
      return { backend, store: createBatchingLeaseStore(backend) };
    });
    for (const [i, { store }] of servers.entries()) await offer(store, i, i);
    const packets = (): number[] => servers.map(({ backend }) => backend.packets);
    /** Once two ticks have sent none; a tick is half a second. */
    const packetsAtRest = async (): Promise<number[]> => {
      for (const end = performance.now() + 20_000; performance.now() < end;) {
        const before = packets();
        await sleep(1_200);
        if (String(packets()) === String(before)) return before;
      }
      return assert.fail('they go on looking');
    };
    const before = await packetsAtRest();
    at += 4_000;
    const deadline = performance.now() + 20_000;
    while (packets().some((count, i) => count === before[i])) {
      assert.ok(performance.now() < deadline, 'they never look again');
      await sleep(50);
    }
    assert.deepEqual(
      await packetsAtRest(),
      before.map((count) => count + 1),
    );
    for (const { store } of servers) await store.close();
  });

  it('a second server offers nothing before the first one has written its offers down', async () => {
    const a = openServer('a');
    await offer(a, 1, 1);
    await untilSole();
    assert.equal(await holdOf(a, 2, 2), 'held');
    assert.equal(a.isAlone(1), true);
    assert.equal(a.isAlone(2), false, 'nobody has asked there yet');
    const b = openServer('b');
    const started = performance.now();
    let answer = await offer(b, 2, 3);
    assert.equal(answer.hold, 'later');
    while (answer.hold === 'later') {
      await sleep(25);
      answer = await offer(b, 2, 3);
    }
    assert.ok(performance.now() - started < 20_000);
    assert.equal(answer.hold, 'taken', 'what the first server offered from memory');
    assert.deepEqual(await b.findFree([make.range(1, 4)], make.address(1), 9, make.client(3)), [
      make.address(3),
      make.address(4),
    ]);
    assert.deepEqual([a.isAlone(1), b.isAlone(1)], [false, false]);
    assert.equal(await holdOf(b, 3, 3), 'held');
    assert.equal(await holdOf(a, 3, 4), 'taken', 'and the first one sees what the second offers');
    await a.close();
    await b.close();
  });

  it('a server that died while alone is waited for', async () => {
    await database.pool.query(
      `INSERT INTO fleet_offer_server VALUES (${make.table.family}, 1, 'dead', 1, UTC_TIMESTAMP(3) + INTERVAL 1500000 MICROSECOND)`,
    );
    const b = openServer('b', 60_000);
    const started = performance.now();
    while ((await offer(b, 1, 1)).hold === 'later') await sleep(25);
    assert.ok(performance.now() - started > 1_300);
    assert.equal(await holdOf(b, 1, 1), 'held');
    await b.close();
  });

  it('a server that ends leaves its offers to the others', async () => {
    const a = openServer('a');
    await offer(a, 1, 1);
    await untilSole();
    await offer(a, 2, 2);
    await a.close();
    const b = openServer('b');
    assert.equal(await holdOf(b, 2, 3), 'taken');
    assert.equal(await holdOf(b, 2, 2), 'held', 'the same client is offered the same');
    await b.close();
  });

  it('four servers at once: one holds the address, whoever it is, until the offer ends', async () => {
    const servers = ['a', 'b', 'c', 'd'].map((name) => openServer(name, 60_000));
    for (let n = 0; n < 50; n++) {
      const answers = await Promise.all(servers.map((store, i) => offer(store, n, 1000 * i + n, 2)));
      assert.equal(answers.filter(({ hold }) => hold === 'held').length, 1, `address ${n}`);
      const taken = answers.filter(({ hold }) => hold === 'taken').length;
      assert.equal(taken, 3, `address ${n}: ${answers.map(({ hold }) => hold).join(', ')}`);
    }
    await sleep(2_100);
    assert.equal(await holdOf(servers[3]!, 0, 9), 'held');
    await Promise.all(servers.map((store) => store.close()));
  });

  it('an offer is no lease: it is not counted, and a claim of its client succeeds', async () => {
    const a = openServer('a', 60_000);
    await offer(a, 1, 1);
    assert.deepEqual(await a.counts(), []);
    const outcome = await a.write(make.claim(1));
    assert.equal(outcome.result, 'done');
    await a.close();
  });

  it('without the tables, or the right to write them, a server remembers its offers and says so', async () => {
    const other = await createTestDatabase();
    await other.pool.query('DROP TABLE fleet_offer, fleet_offer_server');
    const store = createBatchingLeaseStore(openMysqlForContract(other, {}, make.table).backend);
    assert.equal(await holdOf(store, 1, 1), 'held');
    assert.equal(await holdOf(store, 1, 2), 'taken');
    await store.close();
    await other.drop();
  });

  it('two servers of one name: the one that was there hears of it, says so and offers under another name', async () => {
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (id: string) => void errors.push(id) };
    const a = createBatchingLeaseStore(
      openMysqlBackend<L>(
        {
          ...defaultLanes,
          table: make.table,
          address: database.address,
          ownStatistics: true,
          server: 'same',
          soleAfter: 0,
        },
        { logger, random: Math.random },
      ),
    );
    assert.equal(await holdOf(a, 1, 1), 'held');
    await untilSole();
    assert.equal(await holdOf(a, 2, 2), 'held');
    assert.equal(await written(), 1);
    const b = openServer('same', 1e9);
    assert.equal(await holdOf(b, 3, 3), 'held');
    // Within a tick the first one writes down what it had offered, and no more is kept in its memory alone.
    while ((await written()) < 3) await sleep(20);
    assert.equal(await holdOf(b, 2, 4), 'taken');
    assert.equal(await holdOf(a, 4, 5), 'held');
    assert.equal(await holdOf(b, 4, 6), 'taken');
    while (errors.length === 0) await sleep(50);
    assert.deepEqual(errors, ['FLOTILLA_SERVER_NAME_TAKEN']);
    // The new name is announced with the next tick.
    while ((await count('SELECT COUNT(DISTINCT server) FROM fleet_offer_server')) < 2) await sleep(50);
    await Promise.all([a.close(), b.close()]);
  });
}

offersContract(leases4);
offersContract(prefixes6);
