// What every lease store promises. Each backend's own test file calls this with a way to open an empty store.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { infiniteLifetime, type Lease } from '../../src/store/lease.ts';
import { ownedBy } from '../../src/store/lease-owner.ts';
import type { LeaseBackend, LeaseStore, LeaseWrite } from '../../src/store/lease-store.ts';
import type { Changes, LeaseMaker } from './leases.ts';
import { itClaimsOnlyAsSeen } from './only-as-seen-contract.ts';
import type { Ownership } from './ownership-contract.ts';
import { offersAreWithheld } from './offer-contract.ts';

export interface OpenedBackend<L extends Lease> {
  readonly backend: LeaseBackend<L>;
  /** Empties the store. */
  clear(): Promise<void>;
  close(): Promise<void>;
  /** Throws when the statistics tables differ from a recount (database backends). */
  checkStatistics?(): Promise<void>;
}

/** `ownership`: the family's own part, ownership-contract.ts. */
export function leaseStoreContract<L extends Lease>(
  backend: string,
  make: LeaseMaker<L>,
  ownership: Ownership<L>,
  open: () => Promise<OpenedBackend<L>>,
): void {
  const name = `${backend}, ${make.kind}`;
  const { claim, client } = make;
  let opened: OpenedBackend<L>;
  let store: LeaseStore<L>;
  before(async () => {
    opened = await open();
    store = createBatchingLeaseStore(opened.backend);
  });
  beforeEach(() => opened.clear());
  after(async () => {
    try {
      await store.close();
    } finally {
      await opened.close();
    }
  });

  const rowAt = async (n: number): Promise<L | undefined> =>
    (await store.find({ client: null, subnetIds: null, addresses: [make.address(n)] })).held[0];
  const clock = async (): Promise<number> =>
    (await store.find({ client: null, subnetIds: null, addresses: [] })).now;
  const put = async (n: number, more: Changes = {}, owner: Partial<L> = {}): Promise<L> => {
    const lease = { ...make.lease(n, { cltt: (await clock()) - 100, ...more }), ...owner };
    await store.write({ verb: 'put', lease });
    return lease;
  };
  const it = (title: string, body: () => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      await body();
      await opened.checkStatistics?.();
    });
  };

  it('a free address goes to the client that claims it, with the store’s clock as cltt', async () => {
    const now = await clock();
    const outcome = await store.write(
      claim(1, {
        hostname: 'a,b"c\\&\'é',
        fqdnFwd: true,
        userContext: { a: ['x,y', { b: 1 }], ISC: {} },
        poolId: 3,
      }),
    );
    assert.equal(outcome.result, 'done');
    assert.equal(outcome.before, null);
    const row = (await rowAt(1))!;
    assert.deepEqual(row, outcome.after);
    assert.deepEqual(row, {
      ...make.lease(1),
      hostname: 'a,b"c\\&\'é',
      fqdnFwd: true,
      userContext: { a: ['x,y', { b: 1 }], ISC: {} },
      poolId: 3,
      cltt: row.cltt,
    });
    assert.ok(row.cltt >= now && row.cltt <= now + 2);
  });

  it('the holder renews, and sees the row as it was before', async () => {
    const old = await put(1, { validLifetime: 600 });
    const outcome = await store.write(claim(1, { validLifetime: 1200 }));
    assert.equal(outcome.result, 'done');
    assert.deepEqual(outcome.before, old);
    assert.equal((await rowAt(1))!.validLifetime, 1200);
  });

  it('somebody else’s claim of a leased address is a conflict that names the holder', async () => {
    await store.write(claim(1));
    const outcome = await store.write(claim(1, {}, 2));
    assert.equal(outcome.result, 'conflict');
    assert.deepEqual(outcome.holder, await rowAt(1));
  });

  for (const [what, row] of [
    ['expired', { validLifetime: 50 }],
    ['reclaimed', { validLifetime: 4000, state: 2 }],
    ['released', { validLifetime: 4000, state: 3 }],
    ['declined with its probation over', { validLifetime: 50, state: 1 }],
  ] as const) {
    it(`anybody may claim a row that is ${what}`, async () => {
      const old = await put(1, row, 'state' in row && row.state === 1 ? make.nobody : {});
      const outcome = await store.write(claim(1, {}, 2));
      assert.equal(outcome.result, 'done');
      assert.deepEqual(outcome.before, old);
      assert.equal((await rowAt(1))!.state, 0);
    });
  }

  it('nobody may claim a declined row during its probation, not even who shares its empty identifiers', async () => {
    await put(1, { state: 1, validLifetime: 4000 }, make.nobody);
    assert.equal((await store.write(claim(1))).result, 'conflict');
    const lease = { ...make.lease(1), ...make.nobody };
    const asNobody = { verb: 'claim', client: make.nobodysClient(1), lease } as const;
    assert.equal((await store.write(asNobody)).result, 'conflict');
  });

  ownership((title, body) => it(title, () => body(store)));

  it('an infinite lease never expires, and its cltt survives', async () => {
    const old = await put(1, { validLifetime: infiniteLifetime });
    assert.deepEqual(await rowAt(1), old);
    assert.equal((await store.write(claim(1, {}, 2))).result, 'conflict');
    assert.deepEqual(await store.reclaim({ limit: 0, remove: false }), []);
    const outcome = await store.write(claim(1, { validLifetime: infiniteLifetime }));
    assert.deepEqual(outcome.result === 'done' && outcome.after, await rowAt(1));
  });

  it('values that do not fit never fail, nor do their neighbours', async () => {
    const [huge, plain] = await Promise.all([
      store.write(claim(1, { hostname: '\ud800' + 'x'.repeat(999), validLifetime: 0xfffffffe })),
      store.write(claim(2)),
    ]);
    assert.equal(huge.result, 'done');
    assert.equal(plain.result, 'done');
    assert.equal((await store.write(claim(1, {}, 3))).result, 'conflict');
  });

  itClaimsOnlyAsSeen(make, (title, body) => it(title, () => body(store, { put, rowAt })));

  it('a claim that moves a client deletes its old row in the same write', async () => {
    await store.write(claim(1));
    const old = await rowAt(1);
    const outcome = await store.write({
      ...claim(2, {}, 1),
      alsoRemove: make.address(1),
    });
    assert.equal(outcome.result, 'done');
    assert.deepEqual(outcome.removed, old);
    assert.equal(await rowAt(1), undefined);
    assert.ok(await rowAt(2));
  });

  it('a move that is refused, or that names somebody else’s row, deletes nothing', async () => {
    await store.write(claim(1));
    await store.write(claim(2));
    const refused = { ...claim(2, {}, 1), alsoRemove: make.address(1) } as LeaseWrite<L>;
    assert.equal((await store.write(refused)).result, 'conflict');
    const foreign = { ...claim(3, {}, 1), alsoRemove: make.address(2) } as LeaseWrite<L>;
    const outcome = await store.write(foreign);
    assert.equal(outcome.result, 'done');
    assert.equal(outcome.removed, undefined);
    assert.ok(await rowAt(1));
    assert.ok(await rowAt(2));
  });

  it('a reserved address is taken back only while its row is as it was seen', async () => {
    const held = await put(1, { validLifetime: 4000 });
    const takeBack = { ...claim(1, {}, 2), reassign: { ...held, cltt: held.cltt - 1 } } as LeaseWrite<L>;
    assert.equal((await store.write(takeBack)).result, 'conflict');
    assert.equal((await store.write({ ...takeBack, reassign: held } as LeaseWrite<L>)).result, 'done');
    assert.ok(ownedBy((await rowAt(1))!, client(2)));
  });

  it('release deletes the client’s own lease, or keeps it for affinity with no time left', async () => {
    await store.write(claim(1));
    await store.write(claim(2));
    const release = (n: number, keep: boolean, who = n): LeaseWrite<L> => ({
      verb: 'release',
      client: client(who),
      address: make.address(n),
      keep,
    });
    assert.equal((await store.write(release(1, false, 2))).result, 'conflict');
    assert.equal((await store.write(release(1, false))).result, 'done');
    assert.equal(await rowAt(1), undefined);
    assert.equal((await store.write(release(1, false))).result, 'absent');
    const kept = await store.write(release(2, true));
    assert.ok(kept.result === 'done' && kept.after);
    assert.deepEqual(await rowAt(2), kept.after);
    assert.equal(kept.after.state, 3);
    assert.equal(kept.after.validLifetime, 0);
    assert.equal((await store.write(release(2, true))).result, 'conflict');
  });

  it('decline strips the owner and holds the address for the probation', async () => {
    await store.write(claim(1, { hostname: 'h', fqdnFwd: true, userContext: { a: 1 } }));
    const decline: LeaseWrite<L> = {
      verb: 'decline',
      client: client(1),
      address: make.address(1),
      probation: 900,
    };
    assert.equal((await store.write({ ...decline, client: client(2) })).result, 'conflict');
    const outcome = await store.write(decline);
    assert.ok(outcome.result === 'done' && outcome.after);
    assert.deepEqual(await rowAt(1), outcome.after);
    assert.deepEqual(outcome.after, {
      ...make.lease(1, { state: 1, validLifetime: 900, cltt: outcome.after.cltt }),
      ...make.nobody,
    });
    assert.equal((await store.write(decline)).result, 'conflict');
    await put(2, { validLifetime: 50 });
    assert.equal(
      (await store.write({ ...decline, client: client(2), address: make.address(2) })).result,
      'conflict',
    );
    assert.equal((await store.write({ ...decline, address: make.address(3) })).result, 'absent');
  });

  it('remove deletes a client’s own row, and with no client any row', async () => {
    await store.write(claim(1));
    const remove = { verb: 'remove', address: make.address(1) } as const;
    assert.equal((await store.write({ ...remove, client: client(2) })).result, 'conflict');
    assert.equal((await store.write({ ...remove, client: client(1) })).result, 'done');
    assert.equal((await store.write({ ...remove, client: null })).result, 'absent');
    await store.write(claim(1));
    const outcome = await store.write({ ...remove, client: null });
    assert.ok(outcome.result === 'done' && outcome.before && outcome.after === null);
  });

  it('replace acts only on a row that is still as expected', async () => {
    const old = await put(1);
    const by = { ...old, hostname: 'new', state: 2 as const };
    const replace = { verb: 'replace', address: old.address, expected: old, by } as const;
    assert.equal(
      (await store.write({ ...replace, expected: { ...old, cltt: old.cltt + 1 } })).result,
      'conflict',
    );
    assert.equal((await store.write(replace)).result, 'done');
    assert.deepEqual(await rowAt(1), by);
    assert.equal((await store.write({ ...replace, expected: by, by: null })).result, 'done');
    assert.equal((await store.write(replace)).result, 'absent');
  });

  it('five hundred callers at once each get their own answer', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, n) => store.write(claim(n % 250, {}, n))),
    );
    assert.equal(outcomes.filter(({ result }) => result === 'done').length, 250);
    for (const [n, outcome] of outcomes.entries()) {
      const owner =
        outcome.result === 'done' ? outcome.after : outcome.result === 'conflict' ? outcome.holder : null;
      assert.ok(ownedBy(owner!, client(n % 250)));
    }
    const found = await Promise.all(
      Array.from({ length: 250 }, (_, n) => store.find({ client: client(n), subnetIds: [1], addresses: [] })),
    );
    for (const [n, { own }] of found.entries()) assert.equal(own[0]!.address, make.address(n));
  });

  it('writes of one client happen in the order in which they were asked for', async () => {
    const outcomes = await Promise.all([
      store.write(claim(1)),
      store.write({ verb: 'release', client: client(1), address: make.address(1), keep: false }),
      store.write(claim(1, { hostname: 'again' })),
    ]);
    assert.deepEqual(
      outcomes.map(({ result }) => result),
      ['done', 'done', 'done'],
    );
    assert.equal((await rowAt(1))!.hostname, 'again');
  });

  it('reclaims the oldest expired leases first: kept in state 2, or deleted', async () => {
    const relay = { 'relay-agent-info': { 'sub-options': '0x0101' }, 'relay-info': [{ hop: 0 }] };
    const context = { ISC: relay, note: 'n' };
    const older = await put(1, { validLifetime: 20, hostname: 'h', fqdnFwd: true, userContext: context });
    await put(2, { validLifetime: 40 });
    await put(3, { validLifetime: 4000 });
    await put(4, { validLifetime: 30, state: 1 }, make.nobody);
    assert.deepEqual(await store.expired(1), [older], 'what reclaim takes next');
    assert.deepEqual(await store.reclaim({ limit: 1, remove: false }), [older]);
    const kept = (await rowAt(1))!;
    assert.deepEqual(
      [kept.state, kept.hostname, kept.fqdnFwd, kept.userContext],
      [2, '', false, { note: 'n' }],
    );
    assert.equal((await store.reclaim({ limit: 10, remove: true })).length, 2);
    assert.equal(await rowAt(2), undefined);
    assert.equal(await rowAt(4), undefined, 'a declined lease is recovered by deleting it');
    assert.ok(await rowAt(3));
    assert.deepEqual(await store.reclaim({ limit: 10, remove: false }), []);
  });

  it('flushes reclaimed rows once they were held long enough', async () => {
    await put(1, { state: 2, validLifetime: 50 });
    await put(2, { state: 2, validLifetime: 90 });
    await put(3, { validLifetime: 50 });
    assert.equal(await store.flushReclaimed(30), 1);
    assert.equal(await rowAt(1), undefined);
    assert.ok((await rowAt(2)) && (await rowAt(3)));
  });

  it('pages through the leases in order of address', async () => {
    for (const n of [5, 300, 1, 70_000]) await put(n, { subnetId: n === 300 ? 2 : 1 });
    const first = await store.page(null, 2, null);
    assert.deepEqual(
      first.leases.map((l) => l.address),
      [make.address(1), make.address(5)],
    );
    const rest = await store.page(first.leases[1]!.address, 10, [1]);
    assert.deepEqual(
      rest.leases.map((l) => l.address),
      [make.address(70_000)],
    );
  });

  it('finds all that clients have, whatever subnet and state, but nothing declined', async () => {
    const named = (n: number): Partial<L> =>
      (make.table.family === 4 ? { clientId: nameOf(n) } : {}) as Partial<L>;
    const nameOf = (n: number): Uint8Array => {
      const who = client(n);
      return who.family === 6 ? who.duid : Uint8Array.of(1, n);
    };
    const findOf = async (...clients: readonly number[]): Promise<number[]> => {
      const found = await store.ofClients(clients.map(nameOf));
      return found.map((lease) => make.numberOf(lease.address)).sort((a, b) => a - b);
    };
    const putFor = async (n: number, who: number, more: Changes = {}): Promise<void> => {
      const lease = { ...make.lease(n, { cltt: await clock(), ...more }, who), ...named(who) };
      await store.write({ verb: 'put', lease });
    };
    await putFor(1, 1);
    await putFor(2, 1, { subnetId: 2, state: 2 });
    await putFor(3, 2);
    await put(4, { state: 1 }, make.nobody);
    assert.deepEqual([await findOf(1), await findOf(1, 2, 3), await findOf()], [[1, 2], [1, 2, 3], []]);
    assert.deepEqual(await store.ofClients([new Uint8Array(0), new Uint8Array(3)]), []);
    // What changes after the first lookup counts as well.
    await putFor(2, 2);
    await putFor(5, 1);
    await store.write({ verb: 'remove', client: null, address: make.address(3) });
    assert.deepEqual([await findOf(1), await findOf(2)], [[1, 5], [2]]);
  });

  it('finds the free addresses of a full pool from any start, those of overwritable rows included', async () => {
    await Promise.all(Array.from({ length: 700 }, (_, n) => store.write(claim(n))));
    await store.write({ verb: 'remove', client: null, address: make.address(600) });
    await put(20, { validLifetime: 50 });
    await put(650, { state: 2 });
    const free = async (first: number, last: number, start: number, limit = 10): Promise<number[]> =>
      (await store.findFree([make.range(first, last)], make.address(start), limit)).map((address) =>
        make.numberOf(address),
      );
    assert.deepEqual(await free(0, 699, 0), [20, 600, 650]);
    assert.deepEqual(await free(0, 699, 601), [650, 20, 600]);
    assert.deepEqual([await free(0, 699, 601, 1), await free(0, 599, 300)], [[650], [20]]);
    assert.deepEqual(await free(690, 705, 695), [700, 701, 702, 703, 704, 705]);
    assert.deepEqual(await free(30, 99, 30), []);
  });

  it('an offered address is withheld from others', () => offersAreWithheld(store, make));

  it('counts leases by subnet, pool and state', async () => {
    await put(1, { poolId: 1 });
    await put(2, { poolId: 1 });
    await put(3, { poolId: 2, subnetId: 2, state: 1 });
    const counts = (await store.counts()).filter(({ state, leases }) => state < 2 && leases > 0);
    assert.deepEqual(
      counts
        .map(({ subnetId, poolId, leaseType, state, leases }) => [subnetId, poolId, leaseType, state, leases])
        .sort(),
      [
        [1, 1, make.leaseType, 0, 2],
        [2, 2, make.leaseType, 1, 1],
      ],
    );
  });
}
