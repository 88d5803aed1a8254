// What a server wrote itself it does not look up for a renewal; and whoever changed it meanwhile is never overruled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '../../src/addr/family.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { KnownLeases } from '../../src/engine/known-leases.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { renew as renewOf, withIaNa, withIaPd } from '../support/packets6.ts';
import { client4, leases4 } from '../store/leases.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { ACK, acquire, answered, client, NAK, plain, reboot, renew } from './scenario.ts';
import { acquire6, answered6, asked, client6, plain6, REPLY, toServer } from './scenario6.ts';
import { World } from './world.ts';
import type { LeaseOf } from './world-kinds.ts';

/** A server whose leases are as far away as a database, and how often it looked there. */
async function distantWorld<F extends Family>(family: F, config: JsonMap) {
  const clock = new FakeClock();
  const store = await openMemoryStore(clock, family);
  const count = { lookups: 0 };
  const leases: LeaseStore<LeaseOf<F>> = {
    ...store.leases,
    backend: 'mysql',
    find: (query) => {
      count.lookups++;
      return store.leases.find(query);
    },
  };
  const world = new World<F>({ family, config }, { ...store, leases }, clock);
  await world.server.start();
  /** What another server, or an administrator, does. */
  const put = async (lease: LeaseOf<F>): Promise<void> => {
    await store.leases.write({ verb: 'put', lease });
  };
  return { world, count, put, store: store.leases };
}

const noCache = { 'cache-threshold': 0 };

void test('DHCPv4: a renewal is written without a lookup, again and again', async () => {
  const { world, count } = await distantWorld(4, plain(noCache));
  const { yiaddr } = await acquire(world, client(1));
  for (let n = 0; n < 3; n++) {
    await world.pass(60);
    count.lookups = 0;
    answered(await renew(world, yiaddr, client(1)), ACK, yiaddr);
    assert.equal(count.lookups, 0);
    assert.equal((await world.lease(yiaddr))!.cltt, Math.floor(world.clock.now() / 1000));
  }
  assert.equal(world.stat('assigned-addresses'), 1);
});

void test('DHCPv6: nor is one of an address and a prefix', async () => {
  const { world, count } = await distantWorld(6, plain6(noCache));
  const first = await acquire6(world, [withIaNa(1), withIaPd(2)], client6(1));
  await world.pass(60);
  count.lookups = 0;
  const packet = renewOf(client6(1), toServer(), ...first.ias.map(asked));
  answered6(await world.send(packet), REPLY, ...first.given);
  assert.equal(count.lookups, 0);
  const [text] = first.ias[0]!.leases.map((lease) => lease.text);
  assert.equal((await world.lease(text!))!.cltt, Math.floor(world.clock.now() / 1000));
});

void test('what others wrote into the lease meanwhile stays', async () => {
  const { world, count, put } = await distantWorld(4, plain(noCache));
  const { yiaddr } = await acquire(world, client(1));
  await put({ ...(await world.lease(yiaddr))!, userContext: { seat: 12 } });
  await world.pass(60);
  count.lookups = 0;
  answered(await renew(world, yiaddr, client(1)), ACK, yiaddr);
  assert.equal(count.lookups, 1);
  assert.deepEqual((await world.lease(yiaddr))!.userContext, { seat: 12 });
});

void test('DHCPv4: a lease that went to another client is refused', async () => {
  const { world, put } = await distantWorld(4, plain(noCache));
  const { yiaddr } = await acquire(world, client(1));
  const theirs = { ...(await world.lease(yiaddr))!, hwaddr: Uint8Array.of(9, 9, 9, 9, 9, 9), clientId: null };
  await put(theirs);
  answered(await renew(world, yiaddr, client(1)), NAK);
  assert.deepEqual(await world.lease(yiaddr), theirs);
});

void test('DHCPv6: a lease that went to another client is withdrawn', async () => {
  const { world, put } = await distantWorld(6, plain6(noCache));
  const first = await acquire6(world, [withIaNa(1)], client6(1));
  const [mine] = first.given;
  const theirs = { ...(await world.lease(mine!))!, duid: Uint8Array.of(0, 3, 0, 1, 9, 9) };
  await put(theirs);
  const reply = await world.send(renewOf(client6(1), toServer(), ...first.ias.map(asked)));
  assert.ok(!answered6(reply, REPLY).given.includes(mine!));
  assert.deepEqual(await world.lease(mine!), theirs);
});

void test('a lease that was deleted is not acknowledged as if it were there', async () => {
  const { world, store } = await distantWorld(4, plain({ ...noCache, authoritative: true }));
  const { yiaddr } = await acquire(world, client(1));
  const { address } = (await world.lease(yiaddr))!;
  await store.write({ verb: 'remove', client: null, address });
  answered(await reboot(world, yiaddr, client(1)), NAK);
  assert.equal(await world.lease(yiaddr), undefined);
});

void test('a lease that may be reused without a write is looked up first', async () => {
  const { world, store, count } = await distantWorld(4, plain({ 'cache-threshold': 0.5 }));
  const { yiaddr } = await acquire(world, client(1));
  const { address } = (await world.lease(yiaddr))!;
  await store.write({ verb: 'remove', client: null, address });
  count.lookups = 0;
  answered(await renew(world, yiaddr, client(1)), ACK, yiaddr);
  assert.notEqual(count.lookups, 0);
  assert.ok(await world.lease(yiaddr));
});

void test('the client of a reservation that came meanwhile has to begin anew', async () => {
  const { world } = await distantWorld(4, plain(noCache));
  const { yiaddr } = await acquire(world, client(1));
  await world.reconfigure(
    plain(noCache, { reservations: [{ 'hw-address': '02:00:00:00:00:01', 'ip-address': '192.0.2.77' }] }),
  );
  answered(await renew(world, yiaddr, client(1)), NAK);
});

void test('leases near their end, of other addresses, and those of long ago are not remembered', () => {
  let now = 0;
  const known = new KnownLeases<LeaseOf<4>>(() => now, 2);
  const lease = (n: number, seconds: number) => leases4.lease(n, { cltt: 1000, validLifetime: seconds });
  known.remember(client4(1), lease(1, 600));
  assert.equal(known.get(client4(1), leases4.address(2)), null);
  known.remember(client4(1), lease(1, 600));
  now = 5_000;
  assert.deepEqual(known.get(client4(1), leases4.address(1)), { lease: lease(1, 600), now: 1005 });
  now = 0;
  known.remember(client4(1), lease(1, 600));
  now = 595_000;
  assert.equal(known.get(client4(1), leases4.address(1)), null, 'five seconds are left');
  for (const n of [1, 2, 3]) known.remember(client4(n), lease(n, 6000));
  assert.equal(known.get(client4(1), leases4.address(1)), null, 'there was room for two');
  assert.notEqual(known.get(client4(3), leases4.address(3)), null);
});

void test('memories that are often wrong rest for a while', () => {
  let now = 0;
  const known = new KnownLeases<LeaseOf<4>>(() => now);
  const isKnown = (): boolean => {
    known.remember(client4(1), leases4.lease(1, { cltt: 1000, validLifetime: 600 }));
    return known.get(client4(1), leases4.address(1)) !== null;
  };
  for (let n = 0; n < 100; n++) known.wasRight();
  for (let n = 0; n < 8; n++) known.wasWrong();
  assert.ok(isKnown());
  known.wasWrong();
  assert.ok(!isKnown());
  now = 10_000;
  assert.ok(isKnown());
});
