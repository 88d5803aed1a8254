// The points of answers, and of a packet that has no lease.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import type { HookPoint } from '../../src/engine/hooks.ts';
import { pointsTable } from '../../src/hooks/points-table.ts';
import { encodeMessage4 } from '../../src/wire/v4/codec.ts';
import { ACK, client, plain } from '../engine/scenario.ts';
import { discover, havingAddress, inform, withParameters } from '../support/packets4.ts';
import { libraryOf, withHooks, Witness, type Callouts } from './hook-world.ts';

test('pkt4_send: changed options are sent, and never reach the configuration; skip sends the callout’s bytes', async () => {
  const config = plain({ 'option-data': [{ name: 'domain-name-servers', data: '192.0.2.53' }] });
  let spoil = true;
  const change: Callouts = {
    pkt4_send({ response4 }) {
      if (!spoil) return;
      response4.message.options.get(6)![3] = 99;
      response4.message.options.set(15, Buffer.from('hooked.example'));
    },
  };
  await withHooks(
    [libraryOf(change)],
    async ({ world }) => {
      const changed = await world.send(discover(client(1), withParameters(6)));
      assert.equal(changed?.hex(6), 'c0000263');
      assert.equal(changed.text(15), 'hooked.example');
      spoil = false;
      assert.equal((await world.send(discover(client(2), withParameters(6))))?.hex(6), 'c0000235');
    },
    config,
  );
  const pack: Callouts = {
    pkt4_send({ response4 }) {
      response4.bytes = encodeMessage4({ ...response4.message, siaddr: parseIpv4('192.0.2.9') });
      return 'skip';
    },
  };
  await withHooks([libraryOf(pack)], async ({ world }) => {
    assert.equal((await world.send(discover(client(1))))?.message.siaddr, parseIpv4('192.0.2.9'));
  });
  await withHooks([libraryOf({ pkt4_send: () => 'skip' })], async ({ world }) => {
    assert.equal(await world.send(discover(client(1))), null);
    assert.ok(world.log.some(({ text }) => text.includes('skip and gave no bytes')));
  });
});

test('buffer4_send: the bytes that it assigns are sent', async () => {
  const replace: Callouts = {
    buffer4_send({ response4 }) {
      response4.bytes = Uint8Array.from(response4.bytes!);
      response4.bytes.set([192, 0, 2, 200], 16);
    },
  };
  await withHooks([libraryOf(replace)], async ({ world }) => {
    assert.equal((await world.send(discover(client(1))))?.yiaddr, '192.0.2.200');
  });
});

test('an INFORM meets the points of packets and none of leases', async () => {
  const witness = new Witness();
  await withHooks([witness.library(Object.keys(pointsTable) as HookPoint[])], async ({ world }) => {
    const packet = inform(client(1), havingAddress('192.0.2.5'));
    assert.equal((await world.unicast(packet))?.type, ACK);
    assert.deepEqual(witness.points, [
      'buffer4_receive',
      'pkt4_receive',
      'subnet4_select',
      'pkt4_send',
      'buffer4_send',
    ]);
  });
});
