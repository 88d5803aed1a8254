// Every DHCPv4 point: when it is called, with which arguments in which order, and what each status does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import type { HookArguments, HookPoint } from '../../src/engine/hooks.ts';
import type { Callout, CalloutResult } from '../../src/hooks/library.ts';
import { pointsTable } from '../../src/hooks/points-table.ts';
import { ACK, NAK, OFFER, acquire, client, plain } from '../engine/scenario.ts';
import type { World } from '../engine/world.ts';
import {
  decline,
  discover,
  havingAddress,
  release,
  request,
  withHostName,
  withOption,
  withRequestedAddress,
} from '../support/packets4.ts';
import { libraryOf, withHooks, Witness, type Callouts } from './hook-world.ts';

const allPoints = Object.keys(pointsTable) as HookPoint[];
const names = { 'dhcp-ddns': { 'enable-updates': true }, 'ddns-qualifying-suffix': 'example.org' };
const yiaddr = '192.0.2.10';
const renewal = (world: World) => world.unicast(request(client(1), havingAddress(world.sent.at(-1)!.yiaddr)));

/** Every point answers the same. */
const always = (point: HookPoint, result: CalloutResult): Callouts => ({ [point]: () => result });

test('points are called in packet order, with the arguments of the table in its order', async () => {
  const witness = new Witness();
  const flexible = { 'host-reservation-identifiers': ['flex-id', 'hw-address'] };
  await withHooks(
    [witness.library(allPoints)],
    async ({ world }) => {
      const bound = await acquire(world, client(1), withHostName('one'));
      const receive = ['buffer4_receive', 'pkt4_receive', 'subnet4_select', 'host4_identifier'];
      const send = ['pkt4_send', 'buffer4_send'];
      const chosen = ['lease4_select', 'ddns4_update'];
      assert.deepEqual(witness.points, [
        ...[...receive, ...chosen, 'lease4_offer', ...send],
        ...[...receive, ...chosen, 'leases4_committed', ...send],
      ]);
      const before = witness.calls.length;
      await world.unicast(request(client(1), havingAddress(bound.yiaddr), withHostName('one')));
      assert.deepEqual(witness.points.slice(before), [
        ...[...receive, 'lease4_renew', 'ddns4_update', 'leases4_committed', ...send],
      ]);
      const renewed = witness.calls.length;
      await world.unicast(release(client(1), havingAddress(bound.yiaddr)));
      assert.deepEqual(witness.points.slice(renewed), [...receive, 'lease4_release', 'leases4_committed']);
      const second = await acquire(world, client(2));
      const acquired = witness.calls.length;
      await world.send(decline(client(2), withRequestedAddress(second.yiaddr)));
      assert.deepEqual(witness.points.slice(acquired), [...receive, 'lease4_decline', 'leases4_committed']);
      await acquire(world, client(3));
      await world.pass(100_000);
      await world.pass(100_000);
      assert.ok(witness.points.includes('lease4_expire') && witness.points.includes('lease4_recover'));
      for (const { point, args } of witness.calls) {
        const expected = pointsTable[point].arguments.map(({ name }) => name);
        assert.deepEqual(Object.keys(args), expected, point);
      }
    },
    plain({ ...names, ...flexible }),
  );
});

test('arguments say what happens: packet, subnet, lease, answer', async () => {
  const witness = new Witness();
  await withHooks([witness.library(allPoints)], async ({ world }) => {
    const { yiaddr: address } = await acquire(world, client(1));
    const select = witness.argumentsAt('lease4_select');
    assert.equal(select.fake_allocation, true);
    assert.equal(select.offer_lft, 0);
    assert.equal(select.subnet4.id, 1);
    assert.equal(select.lease4.address, parseIpv4(address));
    assert.equal(select.query4.iface, 'eth0');
    assert.ok(select.query4.classes.has('ALL'));
    const committed = witness.argumentsAt('leases4_committed');
    assert.equal(committed.leases4[0]?.address, parseIpv4(address));
    assert.deepEqual(committed.deleted_leases4, []);
    assert.equal(committed.response4?.message.yiaddr, parseIpv4(address));
    await renewal(world);
    const renew = witness.argumentsAt('lease4_renew');
    assert.equal(renew.clientid, null);
    assert.equal(Buffer.from(renew.hwaddr).toString('hex'), '020000000001');
    await world.unicast(release(client(1), havingAddress(address)));
    const released = witness.calls.filter(({ point }) => point === 'leases4_committed').at(-1)!;
    const last = released.args as HookArguments['leases4_committed'];
    assert.equal(last.response4, null);
    assert.equal(last.deleted_leases4[0]?.address, parseIpv4(address));
  });
});

for (const [point, status] of [
  ['buffer4_receive', 'drop'],
  ['pkt4_receive', 'skip'],
  ['pkt4_receive', 'drop'],
  ['subnet4_select', 'drop'],
  ['lease4_offer', 'drop'],
  ['pkt4_send', 'drop'],
  ['buffer4_send', 'skip'],
  ['buffer4_send', 'drop'],
] as const) {
  test(`${status} at ${point} silences a DISCOVER, counted apart from the server's own drops`, async () => {
    await withHooks([libraryOf(always(point, status))], async ({ world }) => {
      assert.equal(await world.send(discover(client(1))), null);
      assert.equal(world.stat('flotilla-hook-dropped'), 1);
      assert.equal(world.stat('pkt4-receive-drop'), 0);
    });
  });
}

for (const [point, status] of [
  ['lease4_select', 'drop'],
  ['lease4_offer', 'skip'],
  ['leases4_committed', 'skip'],
  ['ddns4_update', 'drop'],
] as const) {
  test(`${status} means nothing at ${point}`, async () => {
    await withHooks([libraryOf(always(point, status))], async ({ world }) => {
      assert.equal((await acquire(world, client(1), withHostName('one'))).type, ACK);
    });
  });
}

test('buffer4_receive: other bytes are parsed instead, or skip says that the callout filled the message', async () => {
  const other = discover(client(7)).bytes;
  await withHooks(
    [libraryOf({ buffer4_receive: ({ query4 }) => void (query4.bytes = other) })],
    async ({ world }) => {
      const reply = await world.send(discover(client(1)));
      assert.equal(Buffer.from(reply!.message.chaddr).toString('hex'), '020000000007');
    },
  );
  const fill: Callouts = {
    buffer4_receive({ query4 }) {
      Object.assign(query4.message, discover(client(8)).message);
      return 'skip';
    },
  };
  await withHooks([libraryOf(fill)], async ({ world }) => {
    const reply = await world.send(Uint8Array.of(1, 2, 3));
    assert.equal(Buffer.from(reply!.message.chaddr).toString('hex'), '020000000008');
  });
});

test('pkt4_receive: what it changes in the message counts from there on', async () => {
  const replace: Callouts = {
    pkt4_receive({ query4 }) {
      query4.message.options.set(61, Buffer.from('01aabb', 'hex'));
    },
  };
  await withHooks([libraryOf(replace)], async ({ world }) => {
    const { yiaddr: address } = await acquire(world, client(1));
    const lease = await world.lease(address);
    assert.equal(Buffer.from(lease!.clientId!).toString('hex'), '01aabb');
  });
});

test('pkt4_receive: a message that it spoilt is a counted silence, and the next packet of the client is answered', async () => {
  let isBroken = true;
  const spoil: Callouts = {
    pkt4_receive: ({ query4 }) => void (isBroken && Object.assign(query4.message, { chaddr: undefined })),
  };
  await withHooks([libraryOf(spoil)], async ({ world }) => {
    assert.equal(await world.send(discover(client(1))), null);
    assert.equal(world.stat('pkt4-processing-failed'), 1);
    isBroken = false;
    assert.equal((await world.send(discover(client(1))))?.type, OFFER);
  });
});

test('subnet4_select: another subnet, none (skip), and one that is not configured', async () => {
  const config = {
    subnet4: [
      { id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.20' }] },
      { id: 2, subnet: '10.0.0.0/24', pools: [{ pool: '10.0.0.10 - 10.0.0.20' }] },
    ],
  };
  const choose: Callouts = {
    subnet4_select(args) {
      args.subnet4 = args.subnet4collection.get(2)!;
    },
  };
  await withHooks(
    [libraryOf(choose)],
    async ({ world }) => {
      assert.match((await acquire(world, client(1))).yiaddr, /^10\.0\.0\./);
    },
    config,
  );
  await withHooks([libraryOf(always('subnet4_select', 'skip'))], async ({ world }) => {
    assert.equal(await world.send(discover(client(1))), null);
    assert.equal(world.stat('flotilla-no-subnet'), 1);
  });
  const invent: Callouts = {
    subnet4_select(args) {
      args.subnet4 = { ...args.subnet4!, id: 99 };
    },
  };
  await withHooks([libraryOf(invent)], async ({ world }) => {
    assert.equal((await acquire(world, client(1))).yiaddr.startsWith('192.0.2.'), true);
  });
});

test('host4_identifier: the identifier finds the reservation; any status but continue, or no value, does not', async () => {
  const config = plain(
    { 'host-reservation-identifiers': ['flex-id'] },
    { reservations: [{ 'flex-id': '0a0b', 'ip-address': '192.0.2.77' }] },
  );
  const identify =
    (status: CalloutResult): Callout<'host4_identifier'> =>
    (args) => {
      args.id_value = Buffer.from('0a0b', 'hex');
      return status;
    };
  await withHooks(
    [libraryOf({ host4_identifier: identify('continue') })],
    async ({ world }) => {
      assert.equal((await acquire(world, client(1))).yiaddr, '192.0.2.77');
    },
    config,
  );
  for (const callout of [identify('skip'), identify('drop'), () => undefined]) {
    await withHooks(
      [libraryOf({ host4_identifier: callout })],
      async ({ world }) => assert.notEqual((await acquire(world, client(1))).yiaddr, '192.0.2.77'),
      config,
    );
  }
});

test('host4_identifier comes before the subnet is chosen with early-global-reservations-lookup', async () => {
  const witness = new Witness();
  const config = plain({
    'host-reservation-identifiers': ['flex-id'],
    'early-global-reservations-lookup': true,
  });
  await withHooks(
    [witness.library(['subnet4_select', 'host4_identifier'])],
    async ({ world }) => {
      await world.send(discover(client(1)));
      assert.deepEqual(witness.points, ['host4_identifier', 'subnet4_select']);
    },
    config,
  );
});

test('lease4_select: skip leaves the client without a lease, a changed lifetime is written and announced', async () => {
  await withHooks([libraryOf(always('lease4_select', 'skip'))], async ({ world }) => {
    assert.equal(await world.send(discover(client(1))), null);
    const nak = await world.send(
      request(client(1), withRequestedAddress(yiaddr), withOption(54, [192, 0, 2, 1])),
    );
    assert.equal(nak?.type, NAK);
    assert.equal(await world.lease(yiaddr), undefined);
  });
  const shorten: Callouts = { lease4_select: ({ lease4 }) => void (lease4.validLifetime = 77) };
  await withHooks([libraryOf(shorten)], async ({ world }) => {
    const ack = await acquire(world, client(1));
    assert.equal(ack.number(51), 77);
    assert.equal((await world.lease(ack.yiaddr))?.validLifetime, 77);
  });
  const spoil: Callouts = { lease4_select: ({ lease4 }) => void (lease4.validLifetime = NaN) };
  await withHooks([libraryOf(spoil)], async ({ world }) => {
    assert.equal((await acquire(world, client(1))).number(51), 7200);
    assert.ok(world.logged('HOOKS_CALLOUT_ERROR'));
  });
});

test('lease4_renew: skip leaves the stored lease as it is, and the answer says what is left of it', async () => {
  await withHooks([libraryOf(always('lease4_renew', 'skip'))], async ({ world }) => {
    const { yiaddr: address } = await acquire(world, client(1));
    const before = await world.lease(address);
    await world.pass(1000);
    const ack = await world.unicast(request(client(1), havingAddress(address)));
    assert.equal(ack?.type, ACK);
    assert.equal(ack.number(51), 6200);
    assert.deepEqual(await world.lease(address), before);
  });
});

for (const [point, status, packet] of [
  ['lease4_release', 'skip', release],
  ['lease4_release', 'drop', release],
  ['lease4_decline', 'skip', decline],
  ['lease4_decline', 'drop', decline],
] as const) {
  test(`${status} at ${point} keeps the lease as it is`, async () => {
    await withHooks([libraryOf(always(point, status))], async ({ world }) => {
      const { yiaddr: address } = await acquire(world, client(1));
      await world.unicast(packet(client(1), havingAddress(address), withRequestedAddress(address)));
      assert.equal((await world.lease(address))?.state, 0);
    });
  });
}

test('ddns4_update: other names go into the lease and the answer', async () => {
  const rename: Callouts = {
    ddns4_update(args) {
      args.hostname = 'renamed.example.org';
      args['fwd-update'] = false;
    },
  };
  await withHooks(
    [libraryOf(rename)],
    async ({ world }) => {
      const ack = await acquire(world, client(1), withHostName('one'));
      assert.equal(ack.text(12), 'renamed.example.org');
      const lease = await world.lease(ack.yiaddr);
      assert.equal(lease?.hostname, 'renamed.example.org');
      assert.deepEqual([lease?.fqdnFwd, lease?.fqdnRev], [false, true]);
    },
    plain(names),
  );
});

test('leases4_committed: drop keeps the answer back, the lease stays written', async () => {
  await withHooks([libraryOf(always('leases4_committed', 'drop'))], async ({ world }) => {
    const offer = await world.send(discover(client(1)));
    const packet = request(client(1), withRequestedAddress(offer!.yiaddr), withOption(54, [192, 0, 2, 1]));
    assert.equal(await world.send(packet), null);
    assert.equal((await world.lease(offer!.yiaddr))?.state, 0);
  });
});

test('lease4_offer: an address in use is declined by the server, told, and never offered again', async () => {
  const declined: number[] = [];
  let found = true;
  const ping: Callouts = {
    lease4_offer(args) {
      return {
        park: Promise.resolve().then(() => {
          args.offer_address_in_use = found;
        }),
      };
    },
    lease4_server_decline: ({ lease4 }) => void declined.push(lease4.address),
  };
  await withHooks([libraryOf(ping)], async ({ world }) => {
    assert.equal(await world.send(discover(client(1), withRequestedAddress(yiaddr))), null);
    assert.deepEqual(declined, [parseIpv4(yiaddr)]);
    assert.equal((await world.lease(yiaddr))?.state, 1);
    assert.equal(world.stat('declined-addresses'), 1);
    found = false;
    const offer = await world.send(discover(client(1), withRequestedAddress(yiaddr)));
    assert.equal(offer?.type, OFFER);
    assert.notEqual(offer.yiaddr, yiaddr);
  });
  await withHooks([libraryOf({ lease4_offer: () => ({ park: Promise.resolve() }) })], async ({ world }) => {
    assert.equal((await world.send(discover(client(1))))?.type, OFFER);
    assert.ok(world.logged('DHCP4_HOOK_LEASE4_OFFER_ARGUMENT_MISSING'));
  });
});
