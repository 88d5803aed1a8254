// The DHCPv6 points of leases: what each status and each changed argument does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { statusCode6 } from '../../src/wire/v6/status.ts';
import {
  acquire6,
  answered6,
  asked,
  client6,
  leaseOf,
  plain6,
  refused,
  REPLY,
  toServer,
} from '../engine/scenario6.ts';
import type { Reply6 } from '../engine/replies.ts';
import {
  address,
  decline,
  rebind,
  release,
  renew,
  request,
  withFqdn,
  withIaNa,
  withIaPd,
} from '../support/packets6.ts';
import { always, libraryOf, withHooks6, type Callouts } from './hook-world.ts';

const names: JsonMap = { 'dhcp-ddns': { 'enable-updates': true }, 'ddns-qualifying-suffix': 'example.org' };
const named = withFqdn('one');
const again = (reply: Reply6) => reply.ias.map(asked);

test('lease6_select: skip leaves the IA without a lease, a changed lifetime is written and announced', async () => {
  const onlyAddresses: Callouts = {
    lease6_select: ({ lease6 }) => (lease6.type === 2 ? 'skip' : 'continue'),
  };
  await withHooks6([libraryOf(onlyAddresses)], async ({ world }) => {
    const reply = await world.send(request(client6(1), toServer(), withIaNa(1), withIaPd(2)));
    assert.equal(answered6(reply, REPLY).given.length, 1);
    refused(reply, statusCode6.NoPrefixAvail, 1);
    assert.equal(world.stat('assigned-pds'), 0);
  });
  const shorten: Callouts = {
    lease6_select({ lease6 }) {
      lease6.validLifetime = 77;
      lease6.preferredLifetime = 33;
    },
  };
  await withHooks6([libraryOf(shorten)], async ({ world }) => {
    const reply = await acquire6(world, [withIaNa(1)], client6(1));
    assert.deepEqual([leaseOf(reply).preferred, leaseOf(reply).valid], [33, 77]);
    assert.equal((await world.lease(reply.given[0]!))?.validLifetime, 77);
  });
  const spoil: Callouts = { lease6_select: ({ lease6 }) => void (lease6.validLifetime = NaN) };
  await withHooks6([libraryOf(spoil)], async ({ world }) => {
    assert.equal(leaseOf(await acquire6(world, [withIaNa(1)], client6(1))).valid, 7200);
    assert.ok(world.logged('HOOKS_CALLOUT_ERROR'));
  });
});

for (const [what, spoiled] of [
  ['a bigint in its user context', { userContext: { n: 1n } }],
  ['a list for a user context', { userContext: [1] }],
  ['text for a user context', { userContext: 'text' }],
] as const) {
  test(`a lease that a callout gave ${what} is written as it was`, async () => {
    const spoil = ({ lease6 }: { lease6: object }): void =>
      void Object.assign(lease6, spoiled, { hostname: 'x' });
    await withHooks6([libraryOf({ lease6_select: spoil, lease6_renew: spoil })], async ({ world }) => {
      const reply = await acquire6(world, [withIaNa(1)], client6(1));
      answered6(await world.send(renew(client6(1), toServer(), ...again(reply))), REPLY);
      const lease = await world.lease(reply.given[0]!);
      assert.deepEqual([lease?.hostname, lease?.userContext], ['', null]);
      assert.ok(world.logged('HOOKS_CALLOUT_ERROR'));
      assert.equal(world.stat('flotilla-store-unavailable'), 0);
    });
  });
}

for (const [point, message] of [
  ['lease6_renew', renew],
  ['lease6_rebind', rebind],
] as const) {
  test(`${point}: skip leaves the stored lease as it is, and the answer says what is left of it`, async () => {
    await withHooks6(
      [always(point, 'skip')],
      async ({ world }) => {
        const first = await acquire6(world, [withIaNa(1)], client6(1));
        const before = await world.lease(first.given[0]!);
        await world.pass(1000);
        const server = message === renew ? [toServer()] : [];
        const reply = answered6(await world.send(message(client6(1), ...server, ...again(first))), REPLY);
        assert.deepEqual([leaseOf(reply).preferred, leaseOf(reply).valid], [3500, 6200]);
        assert.deepEqual(await world.lease(first.given[0]!), before);
      },
      plain6({ 'cache-threshold': 0 }),
    );
  });
}

for (const [point, status, message, outcome] of [
  ['lease6_release', 'skip', release, statusCode6.Success],
  ['lease6_release', 'drop', release, statusCode6.Success],
  ['lease6_decline', 'skip', decline, statusCode6.Success],
  ['lease6_decline', 'drop', decline, null],
] as const) {
  test(`${status} at ${point} keeps the lease as it is`, async () => {
    await withHooks6([always(point, status)], async ({ world }) => {
      const first = await acquire6(world, [withIaNa(1)], client6(1));
      const reply = await world.send(message(client6(1), toServer(), ...again(first)));
      assert.equal(reply?.status ?? null, outcome);
      assert.equal((await world.lease(first.given[0]!))?.state, 0);
      assert.equal(world.stat('assigned-nas'), 1);
      assert.equal(world.stat('flotilla-hook-dropped'), outcome === null ? 1 : 0);
    });
  });
}

test('ddns6_update: other names go into the lease and the answer', async () => {
  const rename: Callouts = {
    ddns6_update(args) {
      args.hostname = 'renamed.example.org.';
      args['fwd-update'] = false;
    },
  };
  await withHooks6(
    [libraryOf(rename)],
    async ({ world }) => {
      const reply = await acquire6(world, [withIaNa(1)], client6(1), named);
      assert.ok(reply.hex(39).startsWith(`0207${Buffer.from('renamed').toString('hex')}`));
      const lease = await world.lease(reply.given[0]!);
      assert.equal(lease?.hostname, 'renamed.example.org.');
      assert.deepEqual([lease.fqdnFwd, lease.fqdnRev], [false, true]);
    },
    plain6(names),
  );
});

test('leases6_committed: drop keeps the answer back, the lease stays written', async () => {
  await withHooks6([always('leases6_committed', 'drop')], async ({ world }) => {
    const packet = request(client6(1), toServer(), withIaNa(1, address('2001:db8:1::12')));
    assert.equal(await world.send(packet), null);
    assert.equal((await world.lease('2001:db8:1::12'))?.state, 0);
  });
});

test('lease6_expire and lease6_recover: skip leaves the lease to the library', async () => {
  const expired: string[] = [];
  const library = libraryOf({
    lease6_expire({ lease6 }) {
      expired.push(formatIpv6(lease6.address));
      return 'skip';
    },
    lease6_recover: () => 'skip',
  });
  const config = plain6({
    'decline-probation-period': 10,
    'expired-leases-processing': { 'reclaim-timer-wait-time': 8000 },
  });
  await withHooks6(
    [library],
    async ({ world }) => {
      const first = await acquire6(world, [withIaNa(1), withIaPd(2)], client6(1));
      const second = await acquire6(world, [withIaNa(1)], client6(2));
      await world.send(decline(client6(2), toServer(), ...again(second)));
      await world.pass(8001);
      assert.deepEqual(expired.sort(), first.given.map((text) => text.replace('/56', '')).sort());
      assert.equal((await world.lease(first.given[0]!))?.state, 0);
      assert.equal((await world.lease(second.given[0]!))?.state, 1);
      assert.equal(world.stat('reclaimed-leases'), 2);
    },
    config,
  );
});

test('an expired lease that is given to another client is told before', async () => {
  const told: number[] = [];
  const library = libraryOf({ lease6_expire: ({ lease6 }) => void told.push(lease6.duid.at(-1)!) });
  const config = plain6(
    { 'expired-leases-processing': { 'reclaim-timer-wait-time': 0 } },
    { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }] },
  );
  await withHooks6(
    [library],
    async ({ world }) => {
      await acquire6(world, [withIaNa(1)], client6(1));
      await world.pass(8000);
      assert.deepEqual(told, []);
      await acquire6(world, [withIaNa(1)], client6(2));
      assert.deepEqual(told, [1]);
      assert.equal((await world.lease('2001:db8:1::10'))?.address, parseIpv6('2001:db8:1::10'));
    },
    config,
  );
});
