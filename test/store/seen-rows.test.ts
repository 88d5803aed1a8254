// Claims that say which row their writer saw: true or false, what is decided never depends on it, only what it costs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { judgeWrite } from '../../src/store/judge.ts';
import type { Lease, Lease4, Lease6 } from '../../src/store/lease.ts';
import type { ClientKey, LeaseFindings, LeaseWrite, WriteOutcome } from '../../src/store/lease-store.ts';
import type { MysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addresses6, client4, client6, leases4, prefixes6, type Changes, type LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

const clock = (): number => Math.floor(Date.now() / 1000);

/** A number in 0 ≤ x < below, the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What only one family's leases have. */
interface OwnPart<L extends Lease> {
  readonly someone: Partial<L>;
  /** Rows of the client itself. */
  readonly rows: Readonly<Record<string, (n: number) => Partial<L>>>;
  readonly changes: readonly Partial<L>[];
  /** Client `n`, when it claims a lease with these changes. */
  readonly client: (n: number, changes: Partial<L>) => ClientKey;
}

function seenRows<L extends Lease>(make: LeaseMaker<L>, own: OwnPart<L>): void {
  const it = (title: string, body: () => Promise<void>): void => void test(`${make.kind}: ${title}`, body);

  let database: TestDatabase;
  let backend: MysqlBackend<L>;
  before(async () => {
    database = await createTestDatabase();
    backend = openMysqlForContract(database, {}, make.table).backend;
  });
  after(async () => {
    await backend.close();
    await database.drop();
  });

  /** Rows that an address may have. `n` is its number, and its client's. */
  const rows: Readonly<Record<string, (n: number) => L | null>> = {
    none: () => null,
    own: (n) => make.lease(n, { cltt: clock() - 100 }),
    'own, another name': (n) => make.lease(n, { cltt: clock() - 100, hostname: "o'x\\.example" }),
    'own, another subnet and pool': (n) => make.lease(n, { cltt: clock() - 100, subnetId: 7, poolId: 3 }),
    'own, with classes': (n) =>
      make.lease(n, { cltt: clock() - 100, userContext: { ISC: { 'client-classes': ['A', 'B'] } } }),
    'own, infinite': (n) => make.lease(n, { cltt: clock() - 100, validLifetime: 0xffff_ffff }),
    'own, expired': (n) => make.lease(n, { cltt: clock() - 9000 }),
    'own, reclaimed': (n) => make.lease(n, { cltt: clock() - 9000, state: 2 }),
    'own, released': (n) => make.lease(n, { cltt: clock() - 100, state: 3, validLifetime: 0 }),
    "somebody's": (n) => ({ ...make.lease(n, { cltt: clock() - 100 }), ...own.someone }),
    "somebody's, expired": (n) => ({ ...make.lease(n, { cltt: clock() - 9000 }), ...own.someone }),
    "somebody's, reclaimed, other subnet": (n) => ({
      ...make.lease(n, { cltt: clock() - 9000, state: 2, subnetId: 9 }),
      ...own.someone,
    }),
    declined: (n) => ({
      ...make.lease(n, { cltt: clock() - 100, state: 1, validLifetime: 86_400 }),
      ...make.nobody,
    }),
    ...Object.fromEntries(
      Object.entries(own.rows).map(([kind, more]) => [
        kind,
        (n: number) => ({ ...make.lease(n, { cltt: clock() - 100 }), ...more(n) }),
      ]),
    ),
  };
  const kinds = Object.keys(rows);

  async function scenario(
    items: readonly { readonly there: string; readonly seen: string | null; readonly lease: Partial<L> }[],
  ): Promise<void> {
    await database.pool.query(`DELETE FROM ${make.table.table}`);
    const there = items.map((item, n) => rows[item.there]!(n));
    await backend.writeAll(there.flatMap((lease) => (lease ? [{ verb: 'put', lease } as const] : [])));
    const writes = items.map(({ there: kind, seen, lease }, n): LeaseWrite<L> => ({
      verb: 'claim',
      client: own.client(n, lease),
      lease: { ...make.lease(n), ...lease },
      ...(seen !== null && { seen: seen === kind ? there[n]! : rows[seen]!(n) }),
    }));
    const from = clock();
    const outcomes = await backend.writeAll(writes);
    const to = clock();
    const expected: (L | null)[] = [];
    for (const [n, write] of writes.entries()) {
      const verdict = judgeWrite(write, there[n]!, null, from);
      const outcome = outcomes[n]!;
      const label = `there: ${items[n]!.there}; seen: ${items[n]!.seen}`;
      assert.equal(outcome.result, verdict.result, label);
      if (outcome.result === 'conflict') {
        assert.deepEqual(outcome.holder, there[n], label);
        expected.push(there[n]!);
        continue;
      }
      const { before: had, after: has } = outcome as Extract<WriteOutcome<L>, { result: 'done' }>;
      assert.deepEqual(had, there[n], label);
      assert.ok(has!.cltt >= from && has!.cltt <= to, label);
      assert.deepEqual({ ...has, cltt: 0 }, { ...make.lease(n), ...items[n]!.lease, cltt: 0 }, label);
      expected.push(has);
    }
    const { leases } = await backend.page(null, 1000, null);
    assert.deepEqual(
      leases,
      expected.filter((lease) => lease !== null),
    );
    await assertStatisticsEqualRecount(database.pool);
  }

  it('each row there by each row seen, one claim in its batch', async () => {
    for (const there of kinds)
      for (const seen of [there, null, 'none', 'own', 'own, reclaimed'])
        await scenario([{ there, seen, lease: {} }]);
  });

  it('batches of claims whose writers saw the truth, most of it, or nothing', async () => {
    const below = numbers(20_261_121);
    const common: Changes[] = [
      {},
      {},
      { validLifetime: 7200 },
      { validLifetime: 0xffff_ffff },
      { hostname: "it's.example" },
      { subnetId: 2, poolId: 5 },
      { userContext: { ISC: { 'client-classes': ['B'] } } },
    ];
    const changes = [...common, ...own.changes] as Partial<L>[];
    for (let round = 0; round < 60; round++) {
      const lies = [0, 0, 1, 10][round % 4]!;
      const items = Array.from({ length: 1 + below(40) }, () => {
        const there = kinds[below(kinds.length)]!;
        const seen = below(100) < lies ? kinds[below(kinds.length)]! : below(8) === 0 ? null : there;
        return { there, seen, lease: changes[below(changes.length)]! };
      });
      await scenario(items);
    }
  });

  it('what is still as it was seen costs one round trip, new, renewed and reclaimed rows together', async () => {
    const items = ['none', 'own', 'own, infinite', 'own, another name', 'own, reclaimed', 'own, released'];
    await database.pool.query(`DELETE FROM ${make.table.table}`);
    const there = items.map((kind, n) => rows[kind]!(n));
    await backend.writeAll(there.flatMap((lease) => (lease ? [{ verb: 'put', lease } as const] : [])));
    const packets = backend.packets;
    const outcomes = await backend.writeAll(there.map((seen, n) => ({ ...make.claim(n), seen })));
    assert.equal(backend.packets, packets + 1);
    assert.deepEqual(
      outcomes.map(({ result }) => result),
      items.map(() => 'done'),
    );
    await assertStatisticsEqualRecount(database.pool);
  });
}

seenRows<Lease4>(leases4, {
  someone: { hwaddr: Uint8Array.of(9, 9, 9, 9, 9, 9), clientId: Uint8Array.of(1, 9) },
  rows: { 'own, by identifier': (n) => ({ clientId: Uint8Array.of(1, n) }) },
  changes: [
    { clientId: Uint8Array.of(1, 2, 3) },
    { userContext: { note: 'x' }, relayId: Uint8Array.of(1), remoteId: Uint8Array.of(2) },
  ],
  client: (n, { clientId = null }) => ({ ...client4(n), clientId }),
});

const own6 = (type: 0 | 2): OwnPart<Lease6> => ({
  someone: { duid: Uint8Array.of(0, 4, 9, 9, 9), iaid: 9 },
  rows: {
    'own, another preferred lifetime': () => ({ preferredLifetime: 1 }),
    'own, another IAID': () => ({ iaid: 77 }),
    'own, of the other kind': () => ({ type: type === 0 ? 2 : 0 }),
    'own, registered': () => ({ state: 4 }),
  },
  changes: [
    { preferredLifetime: 0xffff_ffff },
    { hwaddr: Uint8Array.of(2, 3), hwaddrType: 1, hwaddrSource: 8 },
    { state: 4 },
  ],
  client: (n) => client6(n, type),
});
seenRows(addresses6, own6(0));
seenRows(prefixes6, own6(2));

test('both identity associations of a message are looked up, and set aside, in one round trip, and committed in another', async () => {
  const database = await createTestDatabase();
  const { backend } = openMysqlForContract(database, {}, addresses6.table);
  const store = createBatchingLeaseStore(backend);
  const lookUp = (n: number): Promise<LeaseFindings<Lease6>[]> =>
    Promise.all(
      [addresses6, prefixes6].map((make) =>
        store.find({
          client: make.client(n),
          subnetIds: [1],
          addresses: [make.address(n)],
          ...make.units,
          hold: { address: make.address(n), subnetId: 1, seconds: 10 },
        }),
      ),
    );
  // The first one in a subnet makes the server known there.
  await lookUp(1);
  const packets = backend.packets;
  const found = await lookUp(2);
  assert.deepEqual(
    found.map(({ hold }) => hold),
    ['held', 'held'],
  );
  assert.equal(backend.packets, packets + 1);
  const outcomes = await Promise.all(
    [addresses6, prefixes6].map((make) => store.write({ ...make.claim(2), seen: null })),
  );
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ['done', 'done'],
  );
  assert.equal(backend.packets, packets + 2);
  await assertStatisticsEqualRecount(database.pool);
  await store.close();
  await database.drop();
});
