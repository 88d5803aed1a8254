// Claims that are carried out only while their row is as it was seen. Part of lease-store-contract.ts.
import assert from 'node:assert/strict';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseStore, LeaseWrite } from '../../src/store/lease-store.ts';
import type { Changes, LeaseMaker } from './leases.ts';

interface Rows<L extends Lease> {
  readonly put: (n: number, more?: Changes) => Promise<L>;
  readonly rowAt: (n: number) => Promise<L | undefined>;
}

type It<L extends Lease> = (
  title: string,
  body: (store: LeaseStore<L>, rows: Rows<L>) => Promise<void>,
) => void;

export function itClaimsOnlyAsSeen<L extends Lease>(make: LeaseMaker<L>, it: It<L>): void {
  it('a claim of a row `onlyAsSeen` writes nothing unless it is so', async (store, { put, rowAt }) => {
    const old = await put(1, { validLifetime: 4000 });
    const other = await put(2, { validLifetime: 4000 });
    const strict = (n: number, seen: L | null, who = n): LeaseWrite<L> => ({
      ...make.claim(n, {}, who),
      seen,
      onlyAsSeen: true,
    });
    const wrong = [
      strict(1, { ...old, cltt: old.cltt - 1 }),
      strict(1, { ...old, hostname: 'another' }),
      strict(1, null),
      strict(1, { ...old, userContext: { ISC: { 'client-classes': ['A'] } } }),
      strict(3, make.lease(3)),
    ];
    for (const write of wrong) assert.equal((await store.write(write)).result, 'absent');
    assert.deepEqual(await rowAt(1), old);
    assert.equal(await rowAt(3), undefined);
    // Neighbours of one batch: each has its own outcome.
    const [right, stale, plain] = await Promise.all([
      store.write(strict(1, old)),
      store.write(strict(2, { ...other, cltt: other.cltt - 1 })),
      store.write(strict(3, null)),
    ]);
    assert.deepEqual([right.result, stale.result, plain.result], ['done', 'absent', 'done']);
    assert.deepEqual(right.result === 'done' && [right.before, right.after], [old, await rowAt(1)]);
    assert.deepEqual(await rowAt(2), other);
  });

  it('a batch in which other claims saw wrong decides on each by itself', async (store, { put, rowAt }) => {
    const kept = await put(1, { validLifetime: 4000 });
    const renewed = await put(2, { validLifetime: 4000 });
    const taken = await put(3, { validLifetime: 4000 });
    const [strict, loose, fresh] = await Promise.all([
      store.write({ ...make.claim(1), seen: kept, onlyAsSeen: true }),
      store.write({ ...make.claim(2), seen: { ...renewed, cltt: renewed.cltt - 1 } }),
      // The row that it says is not there makes the whole packet fail.
      store.write({ ...make.claim(3), seen: null }),
    ]);
    assert.deepEqual([loose.result, fresh.result], ['done', 'done']);
    assert.deepEqual(loose.result === 'done' && loose.before, renewed);
    assert.deepEqual(fresh.result === 'done' && fresh.before, taken);
    // What did not go with the others was not carried out, and nobody was told that it was.
    assert.ok(strict.result === 'done' || strict.result === 'absent');
    assert.deepEqual(await rowAt(1), strict.result === 'done' ? strict.after : kept);
    const mixed = await Promise.all([
      store.write({ ...make.claim(1), seen: (await rowAt(1))!, onlyAsSeen: true }),
      store.write({ ...make.claim(2), seen: renewed }),
    ]);
    assert.deepEqual(
      mixed.map(({ result }) => result),
      ['done', 'done'],
    );
  });
}
