// Batching on a backend that records what it is given: who travels together, in which order, and who fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { FlotillaError } from '../../src/errors.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { createFindBatcher } from '../../src/store/find-batcher.ts';
import { distinctRuns, writeKeys } from '../../src/store/distinct-writes.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseBackend, LeaseWrite, WriteOutcome } from '../../src/store/lease-store.ts';
import { client4, hostAddress, lease4 } from './leases.ts';

const claim = (address: number, who = address): LeaseWrite<Lease4> => ({
  verb: 'claim',
  client: client4(who),
  lease: lease4(address, client4(who)),
});

/** Batches wait until `finish` is called; `fail` decides which batches are refused. */
function recorder(fail: (writes: readonly LeaseWrite<Lease4>[]) => Error | null = () => null) {
  const batches: (readonly LeaseWrite<Lease4>[])[] = [];
  const waiting: (() => void)[] = [];
  const backend = {
    backend: 'memfile',
    findAll: (queries: readonly unknown[]) =>
      Promise.resolve(queries.map(() => ({ own: [], held: [], now: 0 }))),
    writeAll(writes: readonly LeaseWrite<Lease4>[]): Promise<WriteOutcome<Lease4>[]> {
      batches.push(writes);
      return new Promise((resolve, reject) => {
        waiting.push(() => {
          const error = fail(writes);
          if (error) reject(error);
          else resolve(writes.map(() => ({ result: 'done', before: null, after: null })));
        });
      });
    },
    close: () => Promise.resolve(),
  } as unknown as LeaseBackend<Lease4>;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const finish = async (): Promise<void> => {
    await turn();
    waiting.shift()?.();
    await turn();
  };
  return { backend, batches, finish, turn };
}

test('a lone call leaves in the same turn of the event loop, and what gathers while lanes are busy goes together', async () => {
  const { backend, batches, finish, turn } = recorder();
  const store = createBatchingLeaseStore(backend, { lanes: 1 });
  const first = store.write(claim(1));
  await turn();
  assert.equal(batches.length, 1);
  const rest = [2, 3, 4].map((n) => store.write(claim(n)));
  await turn();
  assert.equal(batches.length, 1, 'the lane is busy');
  await finish();
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [1, 3],
  );
  await finish();
  await Promise.all([first, ...rest]);
});

test('the slower the backend, the longer batches of many calls gather', async () => {
  const started: number[] = [];
  const { backend } = recorder();
  const slow = {
    ...backend,
    async writeAll(writes: readonly LeaseWrite<Lease4>[]): Promise<WriteOutcome<Lease4>[]> {
      started.push(performance.now());
      await sleep(8);
      return writes.map(() => ({ result: 'done', before: null, after: null }));
    },
  } as LeaseBackend<Lease4>;
  const store = createBatchingLeaseStore(slow);
  for (let round = 0; round < 12; round++)
    await Promise.all(Array.from({ length: 8 }, (_, n) => store.write(claim(8 * round + n))));
  const apart = started.at(-1)! - started.at(-2)!;
  assert.ok(apart > 12, `each took 8 ms, and the last left ${apart} ms after the one before`);
  await store.close();
});

test('a second write of an address or a client waits for the first, and so does everything behind it', async () => {
  const { backend, batches, finish } = recorder();
  const store = createBatchingLeaseStore(backend, { lanes: 3 });
  const all = [claim(1, 1), claim(1, 2), claim(2, 2), claim(3, 3)].map((write) => store.write(write));
  await finish();
  assert.deepEqual(batches[0], [claim(1, 1), claim(3, 3)], 'client 2 waits although address 2 is free');
  assert.deepEqual(batches[1], [claim(1, 2)]);
  await finish();
  assert.deepEqual(batches[2], [claim(2, 2)]);
  await finish();
  await Promise.all(all);
});

const refusals = {
  'that the database refuses': new FlotillaError('DATABASE_QUERY', 'no'),
  'that cannot be encoded': new TypeError('Do not know how to serialize a BigInt'),
};
for (const [what, error] of Object.entries(refusals)) {
  test(`one item ${what} fails alone`, async () => {
    const isBad = (write: LeaseWrite<Lease4>): boolean =>
      'lease' in write && write.lease.address === hostAddress(5);
    const { backend, batches, finish } = recorder((writes) => (writes.some(isBad) ? error : null));
    const store = createBatchingLeaseStore(backend, { lanes: 1 });
    const results = Promise.allSettled(Array.from({ length: 100 }, (_, n) => store.write(claim(n))));
    for (let i = 0; i < 30; i++) await finish();
    assert.deepEqual(
      (await results).map(({ status }) => status === 'rejected'),
      Array.from({ length: 100 }, (_, n) => n === 5),
    );
    // Where each trial waits for a locked row, these are the waits.
    assert.ok(batches.filter((batch) => batch.some(isBad)).length <= 4);
  });
}

test('one lookup that fails, fails alone', async () => {
  const run = (queries: readonly number[]): Promise<readonly number[]> =>
    queries.includes(3) ? Promise.reject(new TypeError('three')) : Promise.resolve(queries);
  const batcher = createFindBatcher(run, { lanes: 1, maxBatch: 512, maxWaiting: 100 });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => batcher.find(n)));
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : null)),
    Array.from({ length: 20 }, (_, n) => (n === 3 ? null : n)),
  );
  await batcher.close();
});

test('an unreachable database is asked once per batch and everybody is told', async () => {
  const { backend, batches, finish } = recorder(() => new FlotillaError('DATABASE_UNREACHABLE', 'away'));
  const store = createBatchingLeaseStore(backend, { lanes: 1 });
  const results = Promise.allSettled([1, 2, 3].map((n) => store.write(claim(n))));
  await finish();
  assert.ok((await results).every(({ status }) => status === 'rejected'));
  assert.equal(batches.length, 1);
});

test('a full queue refuses, and closing finishes what was accepted and refuses the rest', async () => {
  const { backend, finish } = recorder();
  const store = createBatchingLeaseStore(backend, { lanes: 1, maxWaiting: 2 });
  const accepted = [store.write(claim(1)), store.write(claim(2))];
  await assert.rejects(store.write(claim(3)), { code: 'STORE_BUSY' });
  const closed = store.close();
  await assert.rejects(store.find({ client: null, subnetIds: null, addresses: [] }), {
    code: 'STORE_CLOSED',
  });
  await finish();
  await Promise.all([...accepted, closed]);
});

test('distinct runs keep every write once, in order per address and client, and share nothing inside a run', () => {
  const writes = fc.array(fc.tuple(fc.nat(6), fc.nat(6)).map(([address, who]) => claim(address, who)));
  fc.assert(
    fc.property(writes, (list) => {
      const runs = distinctRuns(list);
      const order = runs.flat();
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        list.map((_, i) => i),
      );
      for (const run of runs) {
        const keys = run.flatMap((i) => writeKeys(list[i]!));
        assert.equal(new Set(keys).size, keys.length);
      }
      const place = new Map(order.map((index, at) => [index, at]));
      for (let i = 0; i < list.length; i++) {
        for (let j = i + 1; j < list.length; j++) {
          const shares = writeKeys(list[i]!).some((key) => writeKeys(list[j]!).includes(key));
          if (shares) assert.ok(place.get(i)! < place.get(j)!);
        }
      }
    }),
  );
});
