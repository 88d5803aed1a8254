// Values that no store can write, from callouts of DHCPv4: they are ignored and logged before they meet other clients' writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostQuery, HostStore } from '../../src/store/host-store.ts';
import { ACK, acquire, client, plain } from '../engine/scenario.ts';
import type { World } from '../engine/world.ts';
import { havingAddress, request } from '../support/packets4.ts';
import { hookWorld, libraryOf, withHooks, type Callouts } from './hook-world.ts';

const renewal = (world: World) => world.unicast(request(client(1), havingAddress(world.sent.at(-1)!.yiaddr)));

const circle: Record<string, unknown> = {};
circle['self'] = circle;
for (const [what, spoiled] of [
  ['a bigint in its user context', { userContext: { n: 1n } }],
  ['a circular user context', { userContext: circle }],
  ['a list for a user context', { userContext: [1] }],
  ['text for a user context', { userContext: 'text' }],
  ['a user context that says nothing', { userContext: { toJSON: () => undefined } }],
  ['no user context at all', { userContext: undefined }],
  ['text for a relay identifier', { relayId: '0a0b' }],
  ['numbers for a remote identifier', { remoteId: [1, 2] }],
] as const) {
  test(`a lease that a callout gave ${what} is written as it was`, async () => {
    const spoil = ({ lease4 }: { lease4: object }): void =>
      void Object.assign(lease4, spoiled, { hostname: 'x' });
    await withHooks([libraryOf({ lease4_select: spoil, lease4_renew: spoil })], async ({ world }) => {
      const ack = await acquire(world, client(1));
      assert.equal((await renewal(world))?.type, ACK);
      const lease = await world.lease(ack.yiaddr);
      assert.deepEqual(
        [lease?.hostname, lease?.userContext, lease?.relayId, lease?.remoteId],
        ['', null, null, null],
      );
      assert.ok(world.logged('HOOKS_CALLOUT_ERROR'));
      assert.equal(world.stat('flotilla-store-unavailable'), 0);
    });
  });
}

test('a lease keeps what is well formed, and no callout reaches the stored one through its user context', async () => {
  const mark: Callouts = {
    lease4_select({ lease4 }) {
      Object.assign(lease4, {
        userContext: { seen: { n: 1 } },
        relayId: Uint8Array.of(1),
        remoteId: Buffer.of(2),
      });
    },
    lease4_renew({ lease4 }) {
      (lease4.userContext!['seen'] as { n: number }).n++;
      return 'skip';
    },
  };
  await withHooks([libraryOf(mark)], async ({ world }) => {
    const { yiaddr: address } = await acquire(world, client(1));
    await renewal(world);
    const lease = await world.lease(address);
    assert.deepEqual(lease?.userContext, { seen: { n: 1 } });
    assert.equal(world.logged('HOOKS_CALLOUT_ERROR'), false);
  });
});

for (const [what, type, value] of [
  ['a type that there is not', 'shoe-size', Uint8Array.of(10, 11)],
  ['no type', undefined, Uint8Array.of(10, 11)],
  ['a type that every object has', 'toString', Uint8Array.of(10, 11)],
  ['text for a value', 'flex-id', '0a0b'],
  ['more bytes than an identifier has', 'flex-id', new Uint8Array(256)],
] as const) {
  test(`host4_identifier: ${what} is ignored and logged`, async () => {
    const asked: HostQuery[] = [];
    const hosts: HostStore = {
      find: (query) => (asked.push(query), Promise.resolve({ byIdentifier: [], byAddress: [] })),
      close: () => Promise.resolve(),
    };
    const spoil: Callouts = {
      host4_identifier: (args) => void Object.assign(args, { id_type: type, id_value: value }),
    };
    const config = plain({ 'host-reservation-identifiers': ['flex-id', 'hw-address'] });
    const hooked = await hookWorld([libraryOf(spoil)], config, { hosts });
    assert.equal((await acquire(hooked.world, client(1))).type, ACK);
    assert.ok(asked.length > 0);
    for (const { identifiers } of asked)
      assert.deepEqual(
        identifiers.map(({ type: name }) => name),
        ['hw-address'],
      );
    assert.ok(hooked.world.logged('HOOKS_CALLOUT_ERROR'));
    await hooked.close();
  });
}
