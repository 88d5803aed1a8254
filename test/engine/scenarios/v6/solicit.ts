// SOLICIT: what is advertised, with and without Rapid Commit (RFC 8415 §18.3.1, §18.3.9).
import assert from 'node:assert/strict';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  prefix,
  request,
  solicit,
  withIaNa,
  withIaPd,
  withRapidCommit,
  withRequestedOptions,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  duidOf,
  iaOf,
  leaseOf,
  plain6,
  plainSubnet6,
  refused,
  REPLY,
  scenario6,
  toServer,
  withIaTa,
} from '../../scenario6.ts';

const rapid = plain6({}, { 'rapid-commit': true });
const nothing = plain6({}, { pools: [], 'pd-pools': [] });
const one = plain6(
  {},
  {
    pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }],
    'pd-pools': [{ prefix: '2001:db8:8000::', 'prefix-len': 56, 'delegated-len': 56 }],
  },
);
/** Pools of prefixes of three lengths. */
const lengths = plain6(
  {},
  {
    'pd-pools': [
      { prefix: '2001:db8:8000::', 'prefix-len': 44, 'delegated-len': 48 },
      { prefix: '2001:db8:9000::', 'prefix-len': 52, 'delegated-len': 56 },
      { prefix: '2001:db8:a000::', 'prefix-len': 60, 'delegated-len': 64 },
    ],
  },
);

export const solicitation: readonly Scenario<6>[] = [
  scenario6('§18.3.9: an ADVERTISE promises an address and writes nothing', plain6(), async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(7))), ADVERTISE);
    const ia = iaOf(reply);
    assert.equal(ia.kind, 'IA_NA');
    assert.equal(ia.iaid, 7);
    assert.match(leaseOf(reply).text, /^2001:db8:1::1[0-9a]$/);
    assert.equal(await w.lease(leaseOf(reply).text), undefined);
    assert.equal(reply.message.transactionId, 0x123456);
    assert.equal(reply.hex(1), duidOf(1).replaceAll(':', ''));
    assert.equal(reply.hex(2), '000300010200000000fe');
    assert.equal(reply.to, '[fe80::1]:546');
    assert.equal(reply.status, undefined);
    assert.equal(reply.hex(14), '');
    assert.equal(w.stat('pkt6-solicit-received'), 1);
    assert.equal(w.stat('pkt6-advertise-sent'), 1);
    assert.ok(w.logged('DHCP6_LEASE_ADVERT'));
  }),
  scenario6('§18.3.9: the offer of a prefix writes nothing either', plain6(), async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withIaPd(7))), ADVERTISE);
    assert.equal(iaOf(reply).kind, 'IA_PD');
    const { text } = leaseOf(reply);
    assert.match(text, /^2001:db8:8000:[0-9a-f:]*:\/56$/);
    assert.equal(await w.lease(text.replace('/56', '')), undefined);
  }),
  scenario6('a client that solicits again is offered the same again', plain6(), async (w) => {
    const first = answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE);
    await w.send(solicit(client6(2), withIaNa(1), withIaPd(1)));
    answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE, ...first.given);
  }),
  scenario6('a client that comes back is offered its leases', plain6(), async (w) => {
    const wanted = [withIaNa(1, address('2001:db8:1::15')), withIaPd(2, prefix('2001:db8:8000:400::/56'))];
    const first = await acquire6(w, wanted, client6(1));
    assert.deepEqual(first.given, ['2001:db8:1::15', '2001:db8:8000:400::/56']);
    await acquire6(w, [withIaNa(1), withIaPd(2)], client6(2));
    answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(2))), ADVERTISE, ...first.given);
  }),
  scenario6('two clients that solicit at once are not offered the same', plain6(), async (w) => {
    w.inject(solicit(client6(1), withIaNa(1), withIaPd(1)));
    w.inject(solicit(client6(2), withIaNa(1), withIaPd(1)));
    await w.server.settled();
    assert.equal(new Set(w.sent.flatMap(({ given }) => given)).size, 4);
  }),
  scenario6('§12: every IA gets its own lease, in the order of the message', plain6(), async (w) => {
    const wanted = [withIaNa(1), withIaPd(1), withIaNa(2), withIaPd(9), withIaNa(3)];
    const reply = answered6(await w.send(solicit(client6(1), ...wanted)), ADVERTISE);
    assert.deepEqual(
      reply.ias.map(({ kind, iaid }) => `${kind} ${iaid}`),
      ['IA_NA 1', 'IA_PD 1', 'IA_NA 2', 'IA_PD 9', 'IA_NA 3'],
    );
    assert.equal(new Set(reply.given).size, 5);
  }),
  scenario6('§12: another IAID is another binding', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const second = await acquire6(w, [withIaNa(2)], client6(1));
    assert.notDeepEqual(second.given, first.given);
    const leased = await w.lease(leaseOf(first).text);
    assert.equal(leased?.iaid, 1);
  }),
  scenario6('§18.2.1: a free address that the client names is offered', plain6(), async (w) => {
    answered6(
      await w.send(solicit(client6(1), withIaNa(1, address('2001:db8:1::17')))),
      ADVERTISE,
      '2001:db8:1::17',
    );
  }),
  scenario6(
    'a hint that another client leases, or outside of the pools, is not followed',
    plain6(),
    async (w) => {
      await acquire6(w, [withIaNa(1, address('2001:db8:1::17'))], client6(1));
      for (const hint of ['2001:db8:1::17', '2001:db8:1::99', '2001:db8:77::1']) {
        const reply = answered6(await w.send(solicit(client6(2), withIaNa(1, address(hint)))), ADVERTISE);
        assert.notEqual(leaseOf(reply).text, hint);
        assert.equal(iaOf(reply).leases.length, 1);
      }
    },
  ),
  scenario6('§18.2.1: a free prefix that the client names is offered', plain6(), async (w) => {
    const hint = withIaPd(1, prefix('2001:db8:8000:700::/56'));
    answered6(await w.send(solicit(client6(1), hint)), ADVERTISE, '2001:db8:8000:700::/56');
  }),
  scenario6('a hint inside a prefix of the pool, of another length, is not followed', plain6(), async (w) => {
    const reply = await w.send(solicit(client6(1), withIaPd(1, prefix('2001:db8:8000:700::/60'))));
    assert.match(leaseOf(reply).text, /\/56$/);
  }),
  scenario6('RFC 8168 §3.2: ::/56 asks for that length', lengths, async (w) => {
    const lengthFor = async (n: number, wish: string): Promise<string> => {
      const reply = await w.send(solicit(client6(n), withIaPd(1, prefix(wish))));
      return leaseOf(reply).text.replace(/.*\//, '');
    };
    assert.equal(await lengthFor(1, '::/48'), '48');
    assert.equal(await lengthFor(2, '::/56'), '56');
    assert.equal(await lengthFor(3, '::/64'), '64');
  }),
  scenario6(
    'RFC 8168 §3.2: without a pool of that length a larger prefix is given, else a smaller',
    lengths,
    async (w) => {
      const given = async (n: number, wish: string): Promise<string> =>
        leaseOf(await w.send(solicit(client6(n), withIaPd(1, prefix(wish))))).text;
      assert.match(await given(1, '::/60'), /\/(48|56)$/);
      assert.match(await given(2, '::/44'), /\/(48|56|64)$/);
    },
  ),
  scenario6(
    'a length hint without a prefix of that length left goes on with another length',
    lengths,
    async (w) => {
      for (let n = 1; n <= 16; n++) {
        const reply = await acquire6(w, [withIaPd(1, prefix('::/64'))], client6(n));
        assert.match(leaseOf(reply).text, /\/64$/);
      }
      const reply = await acquire6(w, [withIaPd(1, prefix('::/64'))], client6(17));
      assert.match(leaseOf(reply).text, /\/(48|56)$/);
    },
  ),
  scenario6('§18.3.9: where nothing is left the IA says so, and the ADVERTISE is sent', one, async (w) => {
    await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    const reply = answered6(await w.send(solicit(client6(2), withIaNa(1), withIaPd(1))), ADVERTISE);
    refused(reply, statusCode6.NoAddrsAvail, 0);
    refused(reply, statusCode6.NoPrefixAvail, 1);
    assert.equal(w.stat('v6-allocation-fail'), 2);
    assert.equal(w.stat('subnet[1].v6-allocation-fail-subnet'), 2);
  }),
  scenario6('one IA of several that gets nothing does not spoil the others', one, async (w) => {
    const reply = answered6(
      await w.send(solicit(client6(1), withIaNa(1), withIaNa(2), withIaPd(1))),
      ADVERTISE,
    );
    assert.equal(reply.given.length, 2);
    refused(reply, statusCode6.NoAddrsAvail, reply.ias[0]!.leases.length === 0 ? 0 : 1);
  }),
  scenario6('a subnet without pools advertises nothing and is counted as such', nothing, async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE);
    refused(reply, statusCode6.NoAddrsAvail, 0);
    refused(reply, statusCode6.NoPrefixAvail, 1);
    assert.equal(w.stat('subnet[1].v6-allocation-fail-no-pools'), 2);
    assert.equal(w.stat('v6-allocation-fail'), 0);
  }),
  scenario6(
    '§18.3.1: a client of no subnet is told that there is nothing',
    plain6({}, { interface: 'eth9' }),
    async (w) => {
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE);
      refused(reply, statusCode6.NoAddrsAvail, 0);
      refused(reply, statusCode6.NoPrefixAvail, 1);
      assert.ok(w.logged('DHCP6_SUBNET_SELECTION_FAILED'));
    },
  ),
  scenario6(
    '§13.2: temporary addresses are not served; an IA_TA alone is answered without IA',
    plain6(),
    async (w) => {
      const reply = answered6(await w.send(solicit(client6(1), withIaTa(4), withIaNa(1))), ADVERTISE);
      assert.deepEqual(
        reply.ias.map(({ kind }) => kind),
        ['IA_NA'],
      );
      assert.equal(reply.hex(4), '');
    },
  ),
  scenario6('a SOLICIT without any IA is answered with options', plain6(), async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withRequestedOptions(23))), ADVERTISE);
    assert.deepEqual(reply.ias, []);
  }),

  scenario6(
    '§18.3.1: Rapid Commit where the subnet allows it is a REPLY with a written lease',
    rapid,
    async (w) => {
      const packet = solicit(client6(1), withIaNa(1), withIaPd(1), withRapidCommit());
      const reply = answered6(await w.send(packet), REPLY);
      assert.ok(reply.message.options.has(14));
      assert.equal((await w.lease(reply.given[0]!))?.state, 0);
      assert.equal((await w.lease(reply.given[1]!.replace('/56', '')))?.type, 2);
      assert.equal(w.stat('subnet[1].assigned-nas'), 1);
      assert.equal(w.stat('subnet[1].assigned-pds'), 1);
      assert.equal(w.stat('pkt6-reply-sent'), 1);
    },
  ),
  scenario6('§18.3.1: without the subnet’s consent Rapid Commit is ignored', plain6(), async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), withRapidCommit())), ADVERTISE);
    assert.ok(!reply.message.options.has(14));
    assert.equal(await w.lease(leaseOf(reply).text), undefined);
  }),
  scenario6(
    '§18.3.1: without the client’s option a subnet with rapid-commit advertises',
    rapid,
    async (w) => {
      answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE);
    },
  ),
  scenario6('Rapid Commit of a client that has its leases extends them', rapid, async (w) => {
    const first = await w.send(solicit(client6(1), withIaNa(1), withRapidCommit()));
    const again = await w.send(solicit(client6(1), withIaNa(1), withRapidCommit()));
    answered6(again, REPLY, ...first!.given);
    assert.equal(w.stat('subnet[1].assigned-nas'), 1);
  }),
  scenario6(
    '§18.3.9: a configured Preference is in the ADVERTISE alone',
    plain6({ 'option-data': [{ name: 'preference', data: '200' }] }),
    async (w) => {
      const advertise = answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE);
      assert.equal(advertise.hex(7), 'c8');
      const reply = await w.send(request(client6(1), toServer(), asked(iaOf(advertise))));
      assert.equal(answered6(reply, REPLY).hex(7), '');
    },
  ),
  scenario6(
    'bytes that are no message, and types that only servers send, are counted',
    plain6(),
    async (w) => {
      silent(await w.send(Uint8Array.of(1, 2)));
      assert.equal(w.stat('pkt6-parse-failed'), 1);
      assert.equal(w.stat('pkt6-received'), 1);
    },
  ),
  scenario6(
    'the DUID of the lease, its IAID and lifetimes are stored',
    plain6({}, { id: 1, 'valid-lifetime': 1000, 'preferred-lifetime': 500 }),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(0xdeadbeef)], client6(3));
      const lease = (await w.lease(leaseOf(reply).text))!;
      assert.equal(Buffer.from(lease.duid).toString('hex'), duidOf(3).replaceAll(':', ''));
      assert.equal(lease.iaid, 0xdeadbeef);
      assert.equal(lease.prefixLength, 128);
      assert.deepEqual([lease.preferredLifetime, lease.validLifetime], [500, 1000]);
      assert.equal(lease.subnetId, 1);
      assert.equal(lease.type, 0);
    },
  ),
  scenario6(
    'a client of an unlisted subnet of many is found by the interface name alone',
    {
      subnet6: [
        { ...plainSubnet6, id: 2, interface: 'eth1' },
        { id: 5, subnet: '2001:db8:5::/64', interface: 'eth0', pools: [{ pool: '2001:db8:5::/80' }] },
      ],
    },
    async (w) => {
      assert.match(leaseOf(await w.send(solicit(client6(1), withIaNa(1)))).text, /^2001:db8:5::/);
      assert.match(
        leaseOf(await w.send(solicit(client6(2), withIaNa(1)), { iface: 'eth1' })).text,
        /^2001:db8:1::/,
      );
    },
  ),
];
