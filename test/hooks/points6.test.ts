// Every DHCPv6 point: when it is called, with which arguments in which order, and what each status does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv6 } from '../../src/addr/ipv6.ts';
import type { JsonMap } from '../../src/config/written.ts';
import type { HookPoint } from '../../src/engine/hooks.ts';
import type { Callout, CalloutResult } from '../../src/hooks/library.ts';
import { pointsTable } from '../../src/hooks/points-table.ts';
import { encodePacket6 } from '../../src/wire/v6/codec.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { statusCode6 } from '../../src/wire/v6/status.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  duidOf,
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
  informationRequest,
  rebind,
  release,
  renew,
  request,
  solicit,
  withFqdn,
  withIaNa,
  withIaPd,
  withRequestedOptions,
} from '../support/packets6.ts';
import { always, latch, libraryOf, withHooks6, Witness, type Callouts } from './hook-world.ts';

const allPoints = (Object.keys(pointsTable) as HookPoint[]).filter((point) => !point.includes('4'));
const names: JsonMap = { 'dhcp-ddns': { 'enable-updates': true }, 'ddns-qualifying-suffix': 'example.org' };
const receive = ['buffer6_receive', 'pkt6_receive', 'subnet6_select', 'host6_identifier'];
const send = ['pkt6_send', 'buffer6_send'];
const named = withFqdn('one');
const again = (reply: Reply6) => reply.ias.map(asked);

test('points are called in packet order, with the arguments of the table in its order', async () => {
  const witness = new Witness();
  const config = plain6({
    ...names,
    'host-reservation-identifiers': ['flex-id', 'duid'],
    'cache-threshold': 0,
    'decline-probation-period': 10,
  });
  await withHooks6(
    [witness.library(allPoints)],
    async ({ world }) => {
      /** Points that sending this calls. */
      const pointsOf = async (packet: Parameters<typeof world.send>[0]): Promise<readonly string[]> => {
        const before = witness.calls.length;
        assert.ok(await world.send(packet));
        return witness.points.slice(before);
      };
      const chosen = ['lease6_select', 'ddns6_update'];
      const wanted = [withIaNa(1), named, client6(1)];
      assert.deepEqual(await pointsOf(solicit(...wanted)), [...receive, ...chosen, ...send]);
      const first = request(toServer(), ...wanted);
      assert.deepEqual(await pointsOf(first), [...receive, ...chosen, 'leases6_committed', ...send]);
      const extended = ['ddns6_update', 'leases6_committed'];
      const renewal = renew(toServer(), ...wanted);
      assert.deepEqual(await pointsOf(renewal), [...receive, 'lease6_renew', ...extended, ...send]);
      assert.deepEqual(await pointsOf(rebind(...wanted)), [
        ...receive,
        'lease6_rebind',
        ...extended,
        ...send,
      ]);
      const [text] = world.sent.at(-1)!.given;
      assert.deepEqual(await pointsOf(release(client6(1), toServer(), withIaNa(1, address(text!)))), [
        ...[...receive, 'lease6_release', 'leases6_committed', ...send],
      ]);
      const second = await acquire6(world, [withIaNa(1)], client6(2));
      assert.deepEqual(await pointsOf(decline(client6(2), toServer(), ...again(second))), [
        ...[...receive, 'lease6_decline', 'leases6_committed', ...send],
      ]);
      await acquire6(world, [withIaNa(1), withIaPd(2)], client6(3));
      await world.pass(100_000);
      assert.ok(witness.points.includes('lease6_expire') && witness.points.includes('lease6_recover'));
      for (const { point, args } of witness.calls) {
        const expected = pointsTable[point].arguments.map(({ name }) => name);
        assert.deepEqual(Object.keys(args), expected, point);
      }
      const uncalled = allPoints.filter((point) => !witness.points.includes(point));
      assert.deepEqual(uncalled, ['dhcp6_srv_configured', 'cb6_updated', 'addr6_register']);
    },
    config,
  );
});

test('arguments say what happens: packet, subnet, lease, IA, answer', async () => {
  const witness = new Witness();
  await withHooks6(
    [witness.library(allPoints)],
    async ({ world }) => {
      const first = await acquire6(world, [withIaNa(7), withIaPd(8)], client6(1));
      const select = witness.argumentsAt('lease6_select');
      assert.equal(select.fake_allocation, true);
      assert.equal(select.subnet6.id, 1);
      assert.equal(select.query6.iface, 'eth0');
      assert.equal(formatIpv6(select.query6.source), 'fe80::1');
      assert.ok(select.query6.classes.has('ALL'));
      const committed = witness.argumentsAt('leases6_committed');
      assert.deepEqual(
        committed.leases6.map(({ address: given }) => formatIpv6(given)).sort(),
        first.given.map((text) => text.replace('/56', '')).sort(),
      );
      assert.deepEqual(committed.deleted_leases6, []);
      assert.equal(committed.response6.message.type, REPLY);
      await world.send(renew(client6(1), toServer(), ...again(first)));
      const renewed = witness.calls.filter(({ point }) => point === 'lease6_renew').map(({ args }) => args);
      const ias = renewed as { ia_na: { iaid: number } | null; ia_pd: { iaid: number } | null }[];
      assert.deepEqual(
        ias.map(({ ia_na, ia_pd }) => [ia_na?.iaid ?? null, ia_pd?.iaid ?? null]),
        [
          [7, null],
          [null, 8],
        ],
      );
    },
    plain6({ 'cache-threshold': 0 }),
  );
});

for (const [point, status] of [
  ['buffer6_receive', 'drop'],
  ['pkt6_receive', 'skip'],
  ['pkt6_receive', 'drop'],
  ['subnet6_select', 'drop'],
  ['pkt6_send', 'drop'],
  ['buffer6_send', 'skip'],
  ['buffer6_send', 'drop'],
] as const) {
  test(`${status} at ${point} silences a SOLICIT, counted apart from the server's own drops`, async () => {
    await withHooks6([always(point, status)], async ({ world }) => {
      assert.equal(await world.send(solicit(client6(1), withIaNa(1))), null);
      assert.equal(world.stat('flotilla-hook-dropped'), 1);
      assert.equal(world.stat('pkt6-receive-drop'), 0);
    });
  });
}

for (const [point, status] of [
  ['lease6_renew', 'drop'],
  ['leases6_committed', 'skip'],
  ['ddns6_update', 'drop'],
  ['ddns6_update', 'skip'],
] as const) {
  test(`${status} means nothing at ${point}`, async () => {
    await withHooks6(
      [always(point, status)],
      async ({ world }) => {
        const first = await acquire6(world, [withIaNa(1)], client6(1), named);
        const renewal = renew(client6(1), toServer(), ...again(first), named);
        answered6(await world.send(renewal), REPLY, ...first.given);
        assert.equal((await world.lease(first.given[0]!))?.hostname, 'one.example.org.');
      },
      plain6({ ...names, 'cache-threshold': 0 }),
    );
  });
}

test('subnet6_select and leases6_committed hold a parked packet until its promise is there', async () => {
  for (const point of ['subnet6_select', 'leases6_committed'] as const) {
    const gate = latch<undefined>();
    await withHooks6([libraryOf({ [point]: () => ({ park: gate.promise }) })], async ({ world }) => {
      world.inject(request(client6(1), toServer(), withIaNa(1)));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(world.sent.length, 0, point);
      gate.open(undefined);
      await world.server.settled();
      assert.equal(world.sent[0]?.given.length, 1, point);
    });
    const refused6 = { [point]: () => ({ park: Promise.resolve('drop') }) } as Callouts;
    await withHooks6([libraryOf(refused6)], async ({ world }) => {
      assert.equal(await world.send(request(client6(1), toServer(), withIaNa(1))), null);
      assert.equal(world.stat('flotilla-hook-dropped'), 1, point);
    });
  }
});

test('buffer6_receive: other bytes are parsed instead, or skip says that the callout filled the message', async () => {
  const other = solicit(client6(7), withIaNa(1));
  await withHooks6(
    [libraryOf({ buffer6_receive: ({ query6 }) => void (query6.bytes = other.bytes) })],
    async ({ world }) => {
      const reply = await world.send(solicit(client6(1), withIaNa(1)));
      assert.equal(reply?.hex(1), duidOf(7).replaceAll(':', ''));
    },
  );
  const fill: Callouts = {
    buffer6_receive({ query6 }) {
      Object.assign(query6.message, other.message);
      return 'skip';
    },
  };
  await withHooks6([libraryOf(fill)], async ({ world }) => {
    const reply = answered6(await world.send(Uint8Array.of(1, 2, 3)), ADVERTISE);
    assert.equal(reply.hex(1), duidOf(7).replaceAll(':', ''));
  });
});

test('pkt6_receive: what it changes in the message counts from there on', async () => {
  const replace: Callouts = {
    pkt6_receive({ query6 }) {
      query6.message.options.set(option6.clientId, Buffer.from('00030001aabb', 'hex'));
    },
  };
  await withHooks6([libraryOf(replace)], async ({ world }) => {
    const reply = await acquire6(world, [withIaNa(1)], client6(1));
    const lease = await world.lease(reply.given[0]!);
    assert.equal(Buffer.from(lease!.duid).toString('hex'), '00030001aabb');
  });
});

test('subnet6_select: another subnet, none (skip), and one that is not configured', async () => {
  const two = {
    subnet6: [1, 2].map((id) => ({
      id,
      subnet: `2001:db8:${id}::/64`,
      pools: [{ pool: `2001:db8:${id}::/80` }],
      ...(id === 1 && { interface: 'eth0' }),
    })),
  };
  const choose: Callouts = {
    subnet6_select(args) {
      args.subnet6 = args.subnet6collection.get(2)!;
    },
  };
  await withHooks6(
    [libraryOf(choose)],
    async ({ world }) => {
      assert.match((await acquire6(world, [withIaNa(1)], client6(1))).given.join(), /^2001:db8:2::/);
    },
    two,
  );
  await withHooks6([always('subnet6_select', 'skip')], async ({ world }) => {
    refused(await world.send(solicit(client6(1), withIaNa(1))), statusCode6.NoAddrsAvail);
  });
  const invent: Callouts = {
    subnet6_select(args) {
      args.subnet6 = { ...args.subnet6!, id: 99 };
    },
  };
  await withHooks6([libraryOf(invent)], async ({ world }) => {
    assert.match((await acquire6(world, [withIaNa(1)], client6(1))).given.join(), /^2001:db8:1::/);
  });
});

test('host6_identifier: the identifier finds the reservation; any status but continue, or no value, does not', async () => {
  const config = plain6(
    { 'host-reservation-identifiers': ['flex-id'] },
    { reservations: [{ 'flex-id': '0a0b', 'ip-addresses': ['2001:db8:1::77'] }] },
  );
  const identify =
    (status: CalloutResult): Callout<'host6_identifier'> =>
    (args) => {
      args.id_value = Buffer.from('0a0b', 'hex');
      return status;
    };
  const mistyped: Callout<'host6_identifier'> = (args) =>
    void Object.assign(args, { id_type: 'shoe-size', id_value: Buffer.from('0a0b', 'hex') });
  const given = async (callout: Callout<'host6_identifier'>): Promise<string> => {
    let text = '';
    await withHooks6(
      [libraryOf({ host6_identifier: callout })],
      async ({ world }) => {
        text = leaseOf(await acquire6(world, [withIaNa(1)], client6(1))).text;
      },
      config,
    );
    return text;
  };
  assert.equal(await given(identify('continue')), '2001:db8:1::77');
  for (const callout of [identify('skip'), identify('drop'), () => undefined, mistyped])
    assert.notEqual(await given(callout), '2001:db8:1::77');
});

test('pkt6_send: changed options are sent, and never reach the configuration; skip sends the callout’s bytes', async () => {
  const config = plain6({ 'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }] });
  const asks = withRequestedOptions(23);
  let spoil = true;
  const change: Callouts = {
    pkt6_send({ response6 }) {
      if (!spoil) return;
      response6.message.options.get(23)![15] = 0x99;
      response6.message.options.set(24, Buffer.from('00', 'hex'));
    },
  };
  await withHooks6(
    [libraryOf(change)],
    async ({ world }) => {
      const changed = await world.send(informationRequest(client6(1), asks));
      assert.equal(changed?.hex(23), '20010db8000000000000000000000099');
      assert.equal(changed.hex(24), '00');
      spoil = false;
      const clean = await world.send(informationRequest(client6(2), asks));
      assert.equal(clean?.hex(23), '20010db8000000000000000000000053');
    },
    config,
  );
  const pack: Callouts = {
    pkt6_send({ response6 }) {
      response6.bytes = encodePacket6({ relays: [], message: { ...response6.message, transactionId: 99 } });
      return 'skip';
    },
  };
  await withHooks6([libraryOf(pack)], async ({ world }) => {
    assert.equal((await world.send(solicit(client6(1), withIaNa(1))))?.message.transactionId, 99);
  });
  await withHooks6([always('pkt6_send', 'skip')], async ({ world }) => {
    assert.equal(await world.send(solicit(client6(1), withIaNa(1))), null);
    assert.ok(world.log.some(({ text }) => text.includes('skip and gave no bytes')));
  });
});

test('buffer6_send: the bytes that it assigns are sent', async () => {
  const replace: Callouts = {
    buffer6_send({ response6 }) {
      response6.bytes = Uint8Array.from(response6.bytes!);
      response6.bytes.set([0, 0, 7], 1);
    },
  };
  await withHooks6([libraryOf(replace)], async ({ world }) => {
    assert.equal((await world.send(solicit(client6(1), withIaNa(1))))?.message.transactionId, 7);
  });
});

test('an INFORMATION-REQUEST meets the points of packets and none of leases', async () => {
  const witness = new Witness();
  await withHooks6([witness.library(allPoints)], async ({ world }) => {
    answered6(await world.send(informationRequest(client6(1))), REPLY);
    assert.deepEqual(witness.points, ['buffer6_receive', 'pkt6_receive', 'subnet6_select', ...send]);
  });
});
