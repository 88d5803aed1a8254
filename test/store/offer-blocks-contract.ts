// Blocks of a pool that one server reserves: offers without a row each, and no address that two clients were offered at once.
// Run on addresses of both families, and on prefixes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseFindings, LeaseStore, OfferHold } from '../../src/store/lease-store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { offerAddress } from '../../src/store/mysql/offer-sql.ts';
import type { LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';

export function offerBlocksContract<L extends Lease>(make: LeaseMaker<L>): void {
  const name = make.table.table;
  const it = (title: string, body: () => Promise<void>): void => void test(`${make.kind}: ${title}`, body);

  /** 256 blocks, of which one server has four unused at most. */
  const pool = [make.range(0, 16_383)];
  /** 64 blocks: one. */
  const smallPool = [make.range(0, 4_095)];

  let database: TestDatabase;
  let open: LeaseStore<L>[] = [];
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());
  beforeEach(async () => {
    await Promise.all(open.map((store) => store.close()));
    open = [];
    await database.pool.query(
      `DELETE FROM ${name}; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server; DELETE FROM fleet_offer_block`,
    );
  });
  after(() => Promise.all(open.map((store) => store.close())));

  const openServer = (server: string, clock?: () => number): LeaseStore<L> => {
    const options = { server, soleAfter: 1e9, blocksFromRate: 0, ...(clock && { clock }) };
    const { backend } = openMysqlForContract(database, options, make.table);
    const store = createBatchingLeaseStore(backend);
    open.push(store);
    return store;
  };

  const offer = (
    store: LeaseStore<L>,
    address: L['address'],
    who: number,
    more: Partial<OfferHold<L>> = {},
  ): Promise<LeaseFindings<L>> =>
    store.find({
      client: make.client(who),
      subnetIds: [1],
      addresses: [address],
      ...make.units,
      hold: { address, subnetId: 1, seconds: 10, ...more },
    });
  const holdOf = async (...args: Parameters<typeof offer>): Promise<LeaseFindings['hold']> =>
    (await offer(...args)).hold;

  /** An address of a block of this server's. */
  async function reserved(store: LeaseStore<L>, ranges = pool): Promise<L['address']> {
    // A server has no blocks in a subnet in which it never offered anything.
    await store.find({
      client: make.client(9_999_999),
      subnetIds: [],
      addresses: [],
      hold: { address: make.address(60_000), subnetId: 1, seconds: 0.001 },
    });
    for (;;) {
      const address = store.takeReserved(1, ranges);
      if (address !== null) return address;
      await sleep(10);
    }
  }

  const count = async (sql: string): Promise<number> =>
    Number(Object.values((await database.pool.query<RowDataPacket[]>(sql))[0][0]!)[0]);
  const written = (): Promise<number> =>
    count('SELECT COUNT(*) FROM fleet_offer WHERE expires > UTC_TIMESTAMP(3)');
  const writtenAt = (address: L['address']): Promise<number> =>
    count(
      `SELECT COUNT(*) FROM fleet_offer WHERE expires > UTC_TIMESTAMP(3) AND address = ${offerAddress(address)}`,
    );
  const blocks = (): Promise<number> =>
    count('SELECT COUNT(*) FROM fleet_offer_block WHERE expires > UTC_TIMESTAMP(3)');

  it('what a server offers from its block is in no row, and no other server offers it', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    const address = await reserved(a);
    assert.equal(await holdOf(a, address, 1), 'held');
    assert.equal(await written(), 0);
    assert.equal(await holdOf(a, address, 1), 'held', 'the same client may ask again');
    assert.equal(await holdOf(a, address, 2), 'taken');
    const other = await offer(b, address, 2);
    assert.deepEqual([other.hold, other.offered], ['taken', [address]]);
    const first = make.numberOf(address) - (make.numberOf(address) % 64);
    const block = make.range(first, first + 63);
    assert.deepEqual(
      await b.findFree([block], block.first, 9, make.client(2)),
      [],
      'nor does a search find it',
    );
    assert.deepEqual(await a.counts(), []);
    assert.equal((await a.write(make.claim(make.numberOf(address), {}, 1))).result, 'done');
  });

  it('demand that has only begun has its block at once, before the next tick measures it', async () => {
    // While the clock stands no tick measures anything.
    const a = openServer('a', () => 1_000);
    assert.ok(await Promise.race([reserved(a), sleep(5_000, null, { ref: false })]), 'no block after 5 s');
    assert.equal(await blocks(), 1, 'as much as so few clients need');
  });

  it('what is withdrawn the next client is offered, and not a third one', async () => {
    const a = openServer('a');
    const address = await reserved(a, smallPool);
    assert.equal(await holdOf(a, address, 1), 'held');
    a.withdraw(address, make.client(2));
    assert.equal(await holdOf(a, address, 2), 'taken', 'nobody withdraws what is not theirs');
    a.withdraw(address, make.client(1));
    const again = new Set<L['address']>();
    for (let i = 0; i < 64; i++) again.add(await reserved(a, smallPool));
    assert.ok(again.has(address));
    assert.equal(await holdOf(a, address, 2), 'held');
    assert.equal(await holdOf(a, address, 3), 'taken');
  });

  it('a client that comes back is offered its old address by any server, whoever has the block', async () => {
    const [a, b, c] = [openServer('a'), openServer('b'), openServer('c')];
    const address = await reserved(a);
    await a.write({
      verb: 'put',
      lease: make.lease(make.numberOf(address), { state: 3, validLifetime: 0 }, 5),
    });
    assert.equal(await holdOf(b, address, 5), 'held');
    assert.equal(await holdOf(a, address, 6), 'taken', 'b has written it down');
    assert.equal(await holdOf(c, address, 6), 'taken');
    await database.pool.query(`DELETE FROM ${name}`);
    assert.equal(await holdOf(a, address, 6), 'taken', 'also when its row is gone');
    const second = await reserved(a);
    await a.write({
      verb: 'put',
      lease: make.lease(make.numberOf(second), { state: 3, validLifetime: 0 }, 7),
    });
    assert.equal(await holdOf(a, second, 8), 'taken', 'from memory none is offered that has a row');
    assert.equal(await holdOf(a, second, 8), 'held', 'but written down');
    assert.equal(await holdOf(b, second, 7), 'taken');
  });

  it('a reserved address is no part of anybody’s block, and what any server may be asked for is written down', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    const address = await reserved(a);
    assert.equal(await holdOf(b, address, 1), 'taken');
    assert.equal(await holdOf(b, address, 1, { isReserved: true }), 'held');
    assert.equal(await holdOf(a, address, 2), 'taken');
    const second = await reserved(a);
    assert.equal(await holdOf(a, second, 3, { isPublic: true }), 'held');
    assert.equal(await writtenAt(second), 1);
    const asked = await b.find({
      client: make.client(3),
      subnetIds: [1],
      addresses: [second],
      ...make.units,
    });
    assert.deepEqual(asked.offered, [], 'so that another one sees whose it is');
    const stranger = await b.find({
      client: make.client(4),
      subnetIds: [1],
      addresses: [second],
      ...make.units,
    });
    assert.deepEqual(stranger.offered, [second]);
  });

  it('an address that was offered, or has a row, when a block was reserved is no part of it', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    for (let block = 0; block < 64; block++) {
      assert.equal(await holdOf(b, make.address(block * 64 + 7), block), 'held');
      await a.write({ verb: 'put', lease: make.lease(block * 64 + 9) });
    }
    const places = new Set<number>();
    for (let i = 0; i < 62; i++) places.add(make.numberOf(await reserved(a, smallPool)) % 64);
    assert.ok(!places.has(7) && !places.has(9), [...places].join());
  });

  it('only the database says whose a block is: without its row nothing is offered from memory', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    const address = await reserved(a);
    await database.pool.query('UPDATE fleet_offer_block SET expires = UTC_TIMESTAMP(3) + INTERVAL 9 SECOND');
    assert.equal(await holdOf(a, address, 1), 'taken', 'the block would end before the offer');
    await database.pool.query('UPDATE fleet_offer_block SET expires = UTC_TIMESTAMP(3)');
    const n = make.numberOf(address);
    const second = make.address(n % 64 === 63 ? n - 1 : n + 1);
    assert.equal(await holdOf(b, second, 2), 'held');
    assert.equal(await holdOf(a, second, 1), 'taken');
  });

  it('a server that died withholds its block until it ends, and one of its name refuses no client of before', async () => {
    await database.pool.query(
      `INSERT INTO fleet_offer_block VALUES (${make.table.family}, ${offerAddress(make.address(0))}, REPEAT('x', 16), 'dead', UTC_TIMESTAMP(3) + INTERVAL 1500000 MICROSECOND)`,
    );
    const [b, successor] = [openServer('b'), openServer('dead')];
    const asked = (store: LeaseStore<L>): Promise<LeaseFindings<L>> =>
      store.find({ client: make.client(1), subnetIds: [1], addresses: [make.address(1)], ...make.units });
    assert.equal(await holdOf(b, make.address(1), 1), 'taken');
    assert.equal(await holdOf(successor, make.address(1), 2), 'taken', 'it does not know what it offered');
    assert.deepEqual((await asked(b)).offered, [make.address(1)]);
    assert.deepEqual((await asked(successor)).offered, []);
    await sleep(1_500);
    assert.equal(await holdOf(b, make.address(1), 1), 'held');
  });

  it('when the demand ends the blocks are given back, and what was offered from them is written down', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    const address = await reserved(a);
    const second = await reserved(a);
    assert.equal(await holdOf(a, address, 1), 'held');
    while ((await blocks()) > 0) await sleep(50);
    assert.equal(await written(), 1);
    assert.equal(await holdOf(b, address, 2), 'taken');
    assert.equal(await holdOf(b, second, 2), 'held', 'and what was not is free');
    assert.equal(await holdOf(a, second, 3), 'taken');
    assert.equal(await holdOf(a, address, 1), 'held');
  });

  it('a server that ends gives its blocks back with what it offered', async () => {
    const [a, b] = [openServer('a'), openServer('b')];
    const address = await reserved(a);
    assert.equal(await holdOf(a, address, 1), 'held');
    await a.close();
    assert.equal(await blocks(), 0);
    assert.equal(await holdOf(b, address, 2), 'taken');
    assert.equal(await holdOf(b, address, 1), 'held');
  });

  it('in a pool that is nearly full there are no blocks, and none is withheld', async () => {
    const { backend } = openMysqlForContract(database, {}, make.table);
    const taken = Array.from({ length: 4_096 }, (_, n) => n).filter((n) => n % 8 !== 0);
    const cltt = Math.floor(Date.now() / 1000);
    await backend.writeAll(taken.map((n) => ({ verb: 'put', lease: make.lease(n, { cltt }) })));
    await backend.close();
    const a = openServer('a');
    assert.equal(await holdOf(a, make.address(0), 1), 'held');
    for (let i = 0; i < 60; i++) {
      assert.equal(a.takeReserved(1, smallPool), null);
      await sleep(20);
    }
    assert.equal(await blocks(), 0);
  });

  it('a server that stood still offers nothing before it was heard of again', async () => {
    let stood = 0;
    const a = openServer('a', () => performance.now() + stood);
    const address = await reserved(a);
    assert.equal(await holdOf(a, address, 1), 'held');
    stood = 120_000;
    // Another one believes since long that it is alone.
    await database.pool.query(
      `INSERT INTO fleet_offer_server VALUES (${make.table.family}, 1, 'b', 1, UTC_TIMESTAMP(3) + INTERVAL 2 SECOND)`,
    );
    const until = performance.now() + 1_900;
    while (performance.now() < until) {
      assert.equal(await holdOf(a, address, 1), 'later');
      assert.equal(await holdOf(a, make.address(9), 2), 'later');
      await sleep(20);
    }
    while ((await holdOf(a, make.address(9), 2)) === 'later') await sleep(20);
    assert.equal(await holdOf(a, make.address(9), 3), 'taken');
  });
}
