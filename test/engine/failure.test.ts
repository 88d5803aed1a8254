// What must never happen: an answer without a lease, an error that escapes, a packet that nobody counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Allocator } from '../../src/alloc/allocator.ts';
import type { EngineHooks } from '../../src/engine/hooks.ts';
import { FlotillaError } from '../../src/errors.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { discover, request, withRequestedAddress, withServerId } from '../support/packets4.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { ACK, acquire, answered, client, NAK, OFFER, plain, renew, silent } from './scenario.ts';
import { World } from './world.ts';

async function worldWith(change: (store: LeaseStore<Lease4>) => Partial<LeaseStore<Lease4>>): Promise<World> {
  const clock = new FakeClock();
  const store = await openMemoryStore(clock);
  const methods = [
    'find',
    'write',
    'reclaim',
    'flushReclaimed',
    'page',
    'findFree',
    'counts',
    'isAlone',
    'close',
  ] as const;
  const leases = { backend: store.leases.backend } as Record<string, unknown>;
  for (const name of methods)
    leases[name] = (store.leases[name] as (...args: unknown[]) => unknown).bind(store.leases);
  Object.assign(leases, change(store.leases));
  const world = new World(
    { config: plain() },
    { ...store, leases: leases as unknown as LeaseStore<Lease4> },
    clock,
  );
  await world.server.start();
  return world;
}

const lost = () => Promise.reject(new FlotillaError('DATABASE_UNREACHABLE', 'the database is gone'));
const selecting = (n: number, address: string) =>
  request(client(n), withRequestedAddress(address), withServerId('192.0.2.1'));

void test('a write that fails is never followed by an ACK', async () => {
  const world = await worldWith(() => ({ write: lost }));
  const offer = answered(await world.send(discover(client(1))), OFFER);
  silent(await world.send(selecting(1, offer.yiaddr)));
  assert.equal(world.stat('flotilla-store-unavailable'), 1);
  assert.equal(world.stat('pkt4-receive-drop'), 1);
  assert.equal(world.stat('pkt4-ack-sent'), 0);
  assert.equal(world.stat('assigned-addresses'), 0);
});

void test('a lookup that fails is a counted silence, and one error line for a burst', async () => {
  const world = await worldWith(() => ({ find: lost }));
  for (let n = 1; n <= 5; n++) silent(await world.send(discover(client(n))));
  assert.equal(world.stat('flotilla-store-unavailable'), 5);
  assert.equal(world.log.filter(({ id }) => id === 'FLOTILLA_STORE_UNAVAILABLE').length, 1);
});

void test('any other error is a counted silence too', async () => {
  const world = await worldWith(() => ({
    find: () => {
      throw new TypeError('a bug');
    },
  }));
  silent(await world.send(discover(client(1))));
  assert.equal(world.stat('pkt4-processing-failed'), 1);
});

for (const [what, point] of [
  ['that was answered', null],
  ['that had failed already', 'pkt4_send'],
] as const) {
  void test(`an error while a packet ${what} is settled costs that packet alone, and is counted once`, async () => {
    const clock = new FakeClock();
    let isBroken = true;
    const bug = (): never => {
      throw new TypeError('a bug');
    };
    const hooks: EngineHooks = {
      begin: () => ({
        has: (asked) => isBroken && asked === point,
        call: () => Promise.reject(new Error('a hook that failed')),
        end: () => undefined,
      }),
    };
    const allocator = (made: Allocator): Allocator => ({
      ...made,
      draw: (...args) => ({ ...made.draw(...args), ...(isBroken && { keep: bug }) }),
    });
    const world = new World(
      { config: plain(), allocator, hooks: () => hooks },
      await openMemoryStore(clock),
      clock,
    );
    await world.server.start();
    silent(await world.send(discover(client(1))));
    assert.equal(world.stat('pkt4-processing-failed'), 1);
    assert.equal(world.stat('pkt4-receive-drop'), 1);
    assert.equal(world.log.filter(({ id }) => id === 'DHCP4_PACKET_DROP_0007').length, 1);
    isBroken = false;
    answered(await world.send(discover(client(1))), OFFER);
  });
}

void test('an address that another server took between lookup and write is refused', async () => {
  const world = await worldWith((store) => ({
    write: async (write) => {
      const lease = write.verb === 'claim' ? write.lease : undefined;
      if (lease) {
        const theirs = { ...lease, hwaddr: Uint8Array.of(9, 9, 9, 9, 9, 9), clientId: null };
        await store.write({ verb: 'put', lease: theirs });
      }
      return await store.write(write);
    },
  }));
  const offer = answered(await world.send(discover(client(1))), OFFER);
  answered(await world.send(selecting(1, offer.yiaddr)), NAK);
  assert.deepEqual((await world.lease(offer.yiaddr))?.hwaddr, Uint8Array.of(9, 9, 9, 9, 9, 9));
});

void test('an exchange asks the store once to offer and writes once to lease; a renewal asks and writes', async () => {
  const calls: string[] = [];
  const world = await worldWith((store) => ({
    find: (query) => (calls.push('find'), store.find(query)),
    write: (write) => (calls.push('write'), store.write(write)),
    findFree: (...args) => (calls.push('findFree'), store.findFree(...args)),
  }));
  const ack = await acquire(world, client(1));
  assert.deepEqual(calls, ['find', 'write']);
  await world.pass(3600);
  calls.length = 0;
  await renew(world, ack.yiaddr, client(1));
  assert.deepEqual(calls, ['find', 'write']);
});

/** What the store is asked between an OFFER and the answer to its REQUEST. */
async function asked(meanwhile: (world: World) => Promise<unknown>): Promise<readonly [string[], number]> {
  const calls: string[] = [];
  const world = await worldWith((store) => ({
    find: (query) => (calls.push('find'), store.find(query)),
    write: (write) => (calls.push('write'), store.write(write)),
  }));
  const { yiaddr } = answered(await world.send(discover(client(1))), OFFER);
  await meanwhile(world);
  calls.length = 0;
  const reply = await world.send(selecting(1, yiaddr));
  assert.equal(world.stat('assigned-addresses'), 1);
  return [calls, reply!.type];
}

void test('what an offer was based on counts for five seconds, for one configuration and one REQUEST', async () => {
  const nothing = (): Promise<void> => Promise.resolve();
  assert.deepEqual(await asked(nothing), [['write'], ACK]);
  assert.deepEqual(await asked((world) => world.pass(4)), [['write'], ACK]);
  assert.deepEqual(await asked((world) => world.pass(5)), [['find', 'write'], ACK]);
  const reconfigured = (world: World) => world.reconfigure(plain({ 'valid-lifetime': 77 }));
  assert.deepEqual(await asked(reconfigured), [['find', 'write'], ACK]);
  // The lost ACK: what was written is renewed.
  const acknowledged = (world: World) => world.send(selecting(1, '192.0.2.100'));
  const [calls, type] = await asked(acknowledged);
  assert.deepEqual([calls[0], type], ['find', ACK]);
});

void test('the lease that follows a remembered offer begins by the clock of the store', async () => {
  const world = await worldWith(() => ({}));
  const { yiaddr } = answered(await world.send(discover(client(1))), OFFER);
  await world.pass(3);
  answered(await world.send(selecting(1, yiaddr)), ACK);
  assert.equal((await world.lease(yiaddr))?.cltt, Math.floor(world.clock.now() / 1000));
});

void test('stopping answers what was accepted', async () => {
  const world = await worldWith(() => ({}));
  world.inject(discover(client(1)));
  await world.server.stop();
  assert.equal(world.sent.length, 1);
  world.inject(discover(client(2)));
  await world.server.settled();
  assert.equal(world.sent.length, 1);
});

void test('a retransmission is answered once, and the replaced packet is counted', async () => {
  const world = await worldWith(() => ({}));
  for (let i = 0; i < 3; i++) world.inject(discover(client(1)));
  await world.server.settled();
  assert.equal(world.sent.length, 2);
  assert.equal(world.stat('pkt4-duplicate'), 1);
  assert.equal(world.stat('pkt4-received'), 3);
});

void test('the queue of the configuration drops the oldest packet and counts it', async () => {
  const clock = new FakeClock();
  const queue = { 'enable-queue': true, 'queue-type': 'kea-ring4', capacity: 2 };
  const world = new World(
    { config: plain({ 'dhcp-queue-control': queue }), server: { maxInFlight: 1 } },
    await openMemoryStore(clock),
    clock,
  );
  await world.server.start();
  for (let n = 1; n <= 5; n++) world.inject(discover(client(n)));
  await world.server.settled();
  assert.deepEqual(
    world.sent.map(({ message }) => message.chaddr[5]),
    [1, 4, 5],
  );
  assert.equal(world.stat('pkt4-queue-full'), 2);
  assert.equal(world.stat('pkt4-receive-drop'), 2);
  assert.equal(world.stat('pkt4-received'), 5);
});

void test('statistics of a shared store are read back from it', async () => {
  const world = await worldWith(() => ({
    counts: () =>
      Promise.resolve([
        { subnetId: 1, poolId: 0, leaseType: 0, state: 0, leases: 7 },
        { subnetId: 1, poolId: 0, leaseType: 0, state: 1, leases: 2 },
        { subnetId: 1, poolId: 0, leaseType: 0, state: 2, leases: 100 },
        { subnetId: 99, poolId: 0, leaseType: 0, state: 0, leases: 5 },
      ]),
  }));
  assert.equal(world.stat('subnet[1].assigned-addresses'), 9);
  assert.equal(world.stat('subnet[1].pool[0].declined-addresses'), 2);
  assert.equal(world.stat('assigned-addresses'), 14);
  assert.equal(world.statistics.get('subnet[99].assigned-addresses'), undefined);
});
