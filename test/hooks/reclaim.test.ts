// lease4_expire and lease4_recover: by the timer and when an address is given to another client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acquire, client, plain } from '../engine/scenario.ts';
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
