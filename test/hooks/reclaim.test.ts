// lease4_expire and lease4_recover: by the timer and when an address is given to another client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookScope } from '../../src/engine/hooks.ts';
import { reviewedReclaim } from '../../src/engine/reviewed-reclaim.ts';
import { reclaimCallouts4 } from '../../src/engine/v4/reclaim-callouts.ts';
import { silentLogger } from '../../src/log.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { openMemoryStore } from '../engine/memory-store.ts';
import { acquire, client, plain } from '../engine/scenario.ts';
import { lease4 } from '../store/leases.ts';
import { decline, withRequestedAddress } from '../support/packets4.ts';
import { libraryOf, withHooks } from './hook-world.ts';

const onePlace = plain(
  { 'expired-leases-processing': { 'reclaim-timer-wait-time': 0 } },
  { pools: [{ pool: '192.0.2.10 - 192.0.2.10' }] },
);

test('skip at lease4_expire: the library reclaimed it, the server writes nothing but counts', async () => {
  const expired: number[] = [];
  const library = libraryOf({
    lease4_expire({ lease4, remove_lease }) {
      expired.push(lease4.address);
      assert.equal(remove_lease, false);
      return 'skip';
    },
  });
  await withHooks([library], async ({ world }) => {
    const { yiaddr } = await acquire(world, client(1));
    const before = await world.lease(yiaddr);
    await world.pass(8000);
    assert.equal(expired.length, 1, 'asked once in a cycle, although the lease is still there');
    assert.deepEqual(await world.lease(yiaddr), before);
    assert.equal(world.stat('reclaimed-leases'), 1);
  });
});

test('without a status the timer reclaims as it would without libraries', async () => {
  let asked = 0;
  await withHooks([libraryOf({ lease4_expire: () => void asked++ })], async ({ world }) => {
    for (let n = 1; n <= 5; n++) await acquire(world, client(n));
    await world.pass(8000);
    assert.equal(asked, 5);
    assert.equal(world.stat('reclaimed-leases'), 5);
    assert.equal(world.stat('assigned-addresses'), 0);
    assert.equal((await world.lease('192.0.2.10'))?.state ?? 2, 2);
  });
});

test('what a callout changes in an expired lease goes nowhere, inside its user context neither', async () => {
  const library = libraryOf({
    lease4_select: ({ lease4 }) => void (lease4.userContext = { site: { floor: 1 } }),
    lease4_expire({ lease4 }) {
      (lease4.userContext!['site'] as { floor: number }).floor = 2;
      lease4.userContext = { ...lease4.userContext, more: true };
      lease4.hostname = 'changed';
    },
  });
  await withHooks([library], async ({ world }) => {
    const { yiaddr } = await acquire(world, client(1));
    await world.pass(8000);
    const lease = await world.lease(yiaddr);
    assert.deepEqual([lease?.state, lease?.userContext, lease?.hostname], [2, { site: { floor: 1 } }, '']);
  });
});

test('skip at lease4_recover: the address stays declined, and leases behind it are reclaimed all the same', async () => {
  const config = plain({
    'decline-probation-period': 10,
    'expired-leases-processing': { 'max-reclaim-leases': 1 },
  });
  await withHooks(
    [libraryOf({ lease4_recover: () => 'skip' })],
    async ({ world }) => {
      const first = await acquire(world, client(1));
      await world.send(decline(client(1), withRequestedAddress(first.yiaddr)));
      const second = await acquire(world, client(2));
      await world.pass(8000);
      assert.equal((await world.lease(first.yiaddr))?.state, 1);
      assert.notEqual((await world.lease(second.yiaddr))?.state, 0);
    },
    config,
  );
});

test('an expired lease that is given to another client is told before', async () => {
  const told: string[] = [];
  const library = libraryOf({
    lease4_expire: ({ lease4 }) => void told.push(Buffer.from(lease4.hwaddr).toString('hex')),
  });
  await withHooks(
    [library],
    async ({ world }) => {
      await acquire(world, client(1));
      await world.pass(8000);
      assert.deepEqual(told, []);
      await acquire(world, client(2));
      assert.deepEqual(told, ['020000000001']);
    },
    onePlace,
  );
});

test('a cycle over many leases asks about each once and reads each a few times, however many chunks it has', async () => {
  const clock = new FakeClock();
  const { leases } = await openMemoryStore(clock);
  const count = 300;
  const now = Math.floor(clock.now() / 1000);
  for (let address = 1; address <= count; address++) {
    const lease = { ...expiredLease, address, cltt: now - 10_000 + address };
    await leases.write({ verb: 'put', lease });
  }
  let read = 0;
  const asked: number[] = [];
  const scope: HookScope = {
    has: () => true,
    call: () => Promise.resolve({ status: 'continue', parked: false }),
    end: () => undefined,
  };
  const reclaim = reviewedReclaim<Lease4>({
    ...reclaimCallouts4,
    expire: (_scope, { address }) => {
      asked.push(address);
      // Every 60th is kept: the library says that it reclaimed it, and leaves the row.
      return Promise.resolve({ status: address % 60 === 0 ? 'skip' : 'continue', parked: false });
    },
    hooks: () => scope,
    leases: {
      ...leases,
      write: (write) => leases.write(write),
      async expired(limit) {
        const rows = await leases.expired(limit);
        read += rows.length;
        return rows;
      },
    },
    log: silentLogger,
  });
  const cycle = { seen: new Set<number>() };
  for (let complete = false; !complete;) ({ complete } = await reclaim({ limit: 10, remove: false }, cycle)!);
  assert.deepEqual(
    asked,
    Array.from({ length: count }, (_, i) => i + 1),
  );
  assert.ok(read < 3 * count, `${read} rows were read of ${count}`);
  assert.equal((await leases.expired(count)).length, 5);
  await leases.close();
});

const expiredLease = lease4(0, { address: 0, validLifetime: 100 });
