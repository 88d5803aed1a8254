// Claims that say which row their writer saw: true or false, what is decided never depends on it, only what it costs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { judgeWrite } from '../../src/store/judge.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseWrite, WriteOutcome } from '../../src/store/lease-store.ts';
import type { MysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { client4, lease4 } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

let database: TestDatabase;
let backend: MysqlBackend<Lease4>;
before(async () => {
  database = await createTestDatabase();
  backend = openMysqlForContract(database).backend;
});
after(async () => {
  await backend.close();
  await database.drop();
});

const clock = (): number => Math.floor(Date.now() / 1000);
const someone = { hwaddr: Uint8Array.of(9, 9, 9, 9, 9, 9), clientId: Uint8Array.of(1, 9) };

/** Rows that an address may have. `n` is its number, and its client's. */
const rows: Readonly<Record<string, (n: number) => Lease4 | null>> = {
  none: () => null,
  own: (n) => lease4(n, { cltt: clock() - 100 }),
  'own, by identifier': (n) => lease4(n, { cltt: clock() - 100, clientId: Uint8Array.of(1, n) }),
  'own, another name': (n) => lease4(n, { cltt: clock() - 100, hostname: "o'x\\.example" }),
  'own, another subnet and pool': (n) => lease4(n, { cltt: clock() - 100, subnetId: 7, poolId: 3 }),
  'own, with classes': (n) =>
    lease4(n, { cltt: clock() - 100, userContext: { ISC: { 'client-classes': ['A', 'B'] } } }),
  'own, infinite': (n) => lease4(n, { cltt: clock() - 100, validLifetime: 0xffff_ffff }),
  'own, expired': (n) => lease4(n, { cltt: clock() - 9000 }),
  'own, reclaimed': (n) => lease4(n, { cltt: clock() - 9000, state: 2 }),
  'own, released': (n) => lease4(n, { cltt: clock() - 100, state: 3, validLifetime: 0 }),
  "somebody's": (n) => lease4(n, { ...someone, cltt: clock() - 100 }),
  "somebody's, expired": (n) => lease4(n, { ...someone, cltt: clock() - 9000 }),
  "somebody's, reclaimed, other subnet": (n) =>
    lease4(n, { ...someone, cltt: clock() - 9000, state: 2, subnetId: 9 }),
  declined: (n) =>
    lease4(n, { hwaddr: new Uint8Array(0), cltt: clock() - 100, state: 1, validLifetime: 86_400 }),
};
const kinds = Object.keys(rows);

/** A number in 0 ≤ x < below, the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function scenario(
  items: readonly { readonly there: string; readonly seen: string | null; readonly lease: Partial<Lease4> }[],
): Promise<void> {
  await database.pool.query('DELETE FROM lease4');
  const there = items.map((item, n) => rows[item.there]!(n));
  await backend.writeAll(there.flatMap((lease) => (lease ? [{ verb: 'put', lease } as const] : [])));
  const writes = items.map(({ there: kind, seen, lease }, n): LeaseWrite<Lease4> => ({
    verb: 'claim',
    client: { ...client4(n), clientId: lease.clientId ?? null },
    lease: lease4(n, lease),
    ...(seen !== null && { seen: seen === kind ? there[n]! : rows[seen]!(n) }),
  }));
  const from = clock();
  const outcomes = await backend.writeAll(writes);
  const to = clock();
  const expected: (Lease4 | null)[] = [];
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
    const { before: had, after: has } = outcome as Extract<WriteOutcome<Lease4>, { result: 'done' }>;
    assert.deepEqual(had, there[n], label);
    assert.ok(has!.cltt >= from && has!.cltt <= to, label);
    assert.deepEqual({ ...has, cltt: 0 }, { ...lease4(n, items[n]!.lease), cltt: 0 }, label);
    expected.push(has);
  }
  const { leases } = await backend.page(null, 1000, null);
  assert.deepEqual(
    leases,
    expected.filter((lease) => lease !== null),
  );
  await assertStatisticsEqualRecount(database.pool);
}

test('each row there by each row seen, one claim in its batch', async () => {
  for (const there of kinds)
    for (const seen of [there, null, 'none', 'own', 'own, reclaimed'])
      await scenario([{ there, seen, lease: {} }]);
});

test('batches of claims whose writers saw the truth, most of it, or nothing', async () => {
  const below = numbers(20_261_121);
  const changes: Partial<Lease4>[] = [
    {},
    {},
    { validLifetime: 7200 },
    { validLifetime: 0xffff_ffff },
    { hostname: "it's.example" },
    { subnetId: 2, poolId: 5 },
    { clientId: Uint8Array.of(1, 2, 3) },
    { userContext: { ISC: { 'client-classes': ['B'] } } },
    { userContext: { note: 'x' }, relayId: Uint8Array.of(1), remoteId: Uint8Array.of(2) },
  ];
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

test('what is still as it was seen costs one round trip, new, renewed and reclaimed rows together', async () => {
  const items = ['none', 'own', 'own, infinite', 'own, another name', 'own, reclaimed', 'own, released'];
  await database.pool.query('DELETE FROM lease4');
  const there = items.map((kind, n) => rows[kind]!(n));
  await backend.writeAll(there.flatMap((lease) => (lease ? [{ verb: 'put', lease } as const] : [])));
  const packets = backend.packets;
  const outcomes = await backend.writeAll(
    there.map((seen, n) => ({ verb: 'claim', client: client4(n), lease: lease4(n), seen })),
  );
  assert.equal(backend.packets, packets + 1);
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    items.map(() => 'done'),
  );
  await assertStatisticsEqualRecount(database.pool);
});
