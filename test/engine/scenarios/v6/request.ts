// REQUEST: what was advertised is committed (RFC 8415 §18.3.2), or the reason why it is not.
import assert from 'node:assert/strict';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  prefix,
  request,
  solicit,
  withIaNa,
  withIaPd,
  withServerId,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  iaOf,
  leaseOf,
  plain6,
  refused,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const one = plain6({}, { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }] });

export const requests: readonly Scenario<6>[] = [
  scenario6('§18.3.2: a REPLY leaves with its leases in the store', plain6(), async (w) => {
    const reply = await acquire6(w, [withIaNa(1), withIaPd(2)], client6(1));
    const [address6, prefix6] = reply.given;
    assert.equal((await w.lease(address6!))?.state, 0);
    assert.equal((await w.lease(prefix6!.replace('/56', '')))?.prefixLength, 56);
    assert.equal(w.stat('pkt6-request-received'), 1);
    assert.equal(w.stat('pkt6-reply-sent'), 1);
    assert.equal(w.stat('assigned-nas'), 1);
    assert.equal(w.stat('assigned-pds'), 1);
    assert.equal(w.stat('subnet[1].cumulative-assigned-nas'), 1);
    assert.equal(w.stat('subnet[1].cumulative-assigned-pds'), 1);
    assert.ok(w.logged('DHCP6_LEASE_ALLOC'));
  }),
  scenario6('a REQUEST that is repeated gets the same lease, counted once', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    const again = await w.send(request(client6(1), toServer(), ...first.ias.map(asked)));
    answered6(again, REPLY, ...first.given);
    assert.equal(w.stat('assigned-nas'), 1);
    assert.equal(w.stat('cumulative-assigned-pds'), 1);
  }),
  scenario6(
    '§18.3.2: an address of another link is answered NotOnLink, the other IAs are served',
    plain6(),
    async (w) => {
      const wanted = [withIaNa(1, address('2001:db8:99::1')), withIaNa(2), withIaPd(3)];
      const reply = answered6(await w.send(request(client6(1), toServer(), ...wanted)), REPLY);
      refused(reply, statusCode6.NotOnLink, 0);
      assert.equal(iaOf(reply, 1).leases.length, 1);
      assert.equal(iaOf(reply, 2).leases.length, 1);
      assert.equal(reply.status, undefined);
    },
  ),
  scenario6(
    '§18.3.2: a prefix from elsewhere is no matter of the link: another one is given',
    plain6(),
    async (w) => {
      const reply = await w.send(request(client6(1), toServer(), withIaPd(1, prefix('2001:db8:77::/56'))));
      assert.match(answered6(reply, REPLY).given.join(), /^2001:db8:8000:[0-9a-f:]*:\/56$/);
    },
  ),
  scenario6(
    'an address that another client leases is not given; the client gets another',
    plain6(),
    async (w) => {
      const taken = await acquire6(w, [withIaNa(1)], client6(1));
      const reply = await w.send(request(client6(2), toServer(), ...taken.ias.map(asked)));
      assert.equal(answered6(reply, REPLY).given.length, 1);
      assert.notDeepEqual(reply!.given, taken.given);
      assert.equal((await w.lease(taken.given[0]!))?.duid.at(-1), 1);
    },
  ),
  scenario6('a full pool is answered with a status, and nothing is written', one, async (w) => {
    const taken = await acquire6(w, [withIaNa(1)], client6(1));
    const reply = await w.send(request(client6(2), toServer(), ...taken.ias.map(asked)));
    refused(answered6(reply, REPLY), statusCode6.NoAddrsAvail);
    assert.equal(w.stat('assigned-nas'), 1);
  }),
  scenario6('a REQUEST without a hint gets anything free', plain6(), async (w) => {
    const reply = answered6(await w.send(request(client6(1), toServer(), withIaNa(1), withIaPd(1))), REPLY);
    assert.equal(reply.given.length, 2);
    assert.equal((await w.lease(reply.given[0]!))?.state, 0);
  }),
  scenario6('a REQUEST that no SOLICIT came before is served', plain6(), async (w) => {
    const packet = request(client6(1), toServer(), withIaNa(1, address('2001:db8:1::18')));
    answered6(await w.send(packet), REPLY, '2001:db8:1::18');
  }),
  scenario6(
    'several addresses in one IA_NA: the client leaves with what it asked for first',
    plain6(),
    async (w) => {
      const two = withIaNa(1, address('2001:db8:1::18'), address('2001:db8:1::19'));
      const reply = answered6(await w.send(request(client6(1), toServer(), two)), REPLY);
      assert.equal(reply.given[0], '2001:db8:1::18');
    },
  ),
  scenario6(
    '§18.2.2: a REQUEST for another server is silence, and frees what was offered',
    one,
    async (w) => {
      const offered = answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE);
      refused(await w.send(solicit(client6(2), withIaNa(1))), statusCode6.NoAddrsAvail);
      silent(await w.send(request(client6(1), withServerId('00:03:00:01:0a:0b'), ...offered.ias.map(asked))));
      assert.equal(w.stat('pkt6-not-for-us'), 1);
      assert.equal(w.stat('pkt6-receive-drop'), 1);
      await w.server.settled();
      answered6(await w.send(solicit(client6(2), withIaNa(1))), ADVERTISE, ...offered.given);
    },
  ),
  scenario6(
    '§18.3.2: a client of no subnet is told that there is nothing',
    plain6({}, { interface: 'eth9' }),
    async (w) => {
      const reply = await w.send(
        request(client6(1), toServer(), withIaNa(1, address('2001:db8:1::10')), withIaPd(1)),
      );
      refused(answered6(reply, REPLY), statusCode6.NoAddrsAvail, 0);
      refused(reply, statusCode6.NoPrefixAvail, 1);
    },
  ),
  scenario6('an expired lease is given to another client and counted as reclaimed', one, async (w) => {
    await acquire6(w, [withIaNa(1)], client6(1));
    w.networkState.disable(1);
    await w.pass(7205);
    w.networkState.enable(1);
    const reply = await acquire6(w, [withIaNa(1)], client6(2));
    assert.equal(leaseOf(reply).text, '2001:db8:1::10');
    assert.equal(w.stat('reclaimed-leases'), 1);
    assert.equal(w.stat('assigned-nas'), 1);
    assert.equal(w.stat('cumulative-assigned-nas'), 2);
  }),
  scenario6('a reclaimed lease is offered to its old client first', plain6(), async (w) => {
    const first = await acquire6(
      w,
      [withIaNa(1, address('2001:db8:1::14')), withIaPd(1, prefix('2001:db8:8000:900::/56'))],
      client6(1),
    );
    await w.pass(7300);
    assert.equal((await w.lease('2001:db8:1::14'))?.state, 2);
    answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE, ...first.given);
    assert.equal(w.stat('assigned-nas'), 0);
  }),
  scenario6('the last addresses and prefixes of a pool are found', plain6(), async (w) => {
    for (let n = 1; n <= 11; n++) await acquire6(w, [withIaNa(1), withIaPd(1)], client6(n));
    for (let n = 12; n <= 16; n++) await acquire6(w, [withIaPd(1)], client6(n));
    const reply = await w.send(solicit(client6(17), withIaNa(1), withIaPd(1)));
    refused(reply, statusCode6.NoAddrsAvail, 0);
    refused(reply, statusCode6.NoPrefixAvail, 1);
    assert.equal(w.stat('subnet[1].assigned-nas'), 11);
    assert.equal(w.stat('subnet[1].assigned-pds'), 16);
  }),
  scenario6('leases survive a restart of the server', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    await w.restart();
    const reply = await w.send(request(client6(1), toServer(), ...first.ias.map(asked)));
    answered6(reply, REPLY, ...first.given);
    assert.equal(w.stat('subnet[1].assigned-nas'), 1);
  }),
];
