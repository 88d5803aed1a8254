// RELEASE (RFC 8415 §18.3.7) and DECLINE (§18.3.8).
import assert from 'node:assert/strict';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  decline,
  prefix,
  release,
  renew,
  solicit,
  withIaNa,
  withIaPd,
} from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
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
const unkept = plain6({ 'expired-leases-processing': { 'hold-reclaimed-time': 0 } });
const both = [withIaNa(1), withIaPd(2)];

export const returning: readonly Scenario<6>[] = [
  scenario6('§18.3.7: RELEASE of all leases succeeds and repeats no IA', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    const reply = answered6(await w.send(release(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
    assert.equal(reply.status, statusCode6.Success);
    assert.deepEqual(reply.ias, []);
    assert.deepEqual([...reply.message.options.codes].sort(), [1, 13, 2]);
    assert.equal((await w.lease(first.given[0]!))?.state, 3);
    assert.equal((await w.lease(first.given[1]!.replace('/56', '')))?.state, 3);
    assert.equal(w.stat('assigned-nas'), 0);
    assert.equal(w.stat('assigned-pds'), 0);
    assert.equal(w.stat('pkt6-release-received'), 1);
  }),
  scenario6('a released lease is kept for its client, and is free for others', one, async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    await w.send(release(client6(1), toServer(), ...first.ias.map(asked)));
    answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE, ...first.given);
    await w.pass(20);
    const second = await acquire6(w, [withIaNa(1)], client6(2));
    assert.deepEqual(second.given, first.given);
    assert.equal(w.stat('assigned-nas'), 1);
  }),
  scenario6('hold-reclaimed-time 0 deletes a released lease', unkept, async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    await w.send(release(client6(1), toServer(), ...first.ias.map(asked)));
    assert.equal(await w.lease(first.given[0]!), undefined);
    assert.equal(w.stat('assigned-nas'), 0);
  }),
  scenario6(
    'a lease that never ends is deleted when it is released',
    plain6({ 'valid-lifetime': 4294967295 }),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      await w.send(release(client6(1), toServer(), ...first.ias.map(asked)));
      assert.equal(await w.lease(first.given[0]!), undefined);
    },
  ),
  scenario6(
    '§18.3.7: what is not leased to this client is NoBinding, the message succeeds',
    plain6(),
    async (w) => {
      const first = await acquire6(w, both, client6(1));
      const others = await w.send(release(client6(2), toServer(), ...first.ias.map(asked)));
      assert.equal(answered6(others, REPLY).status, statusCode6.Success);
      refused(others, statusCode6.NoBinding, 0);
      refused(others, statusCode6.NoBinding, 1);
      assert.equal(iaOf(others, 1).iaid, 2);
      assert.equal((await w.lease(first.given[0]!))?.state, 0);
      const wrongIaid = await w.send(release(client6(1), toServer(), withIaNa(9, address(first.given[0]!))));
      refused(wrongIaid, statusCode6.NoBinding);
      const unknown = await w.send(release(client6(1), toServer(), withIaNa(1, address('2001:db8:1::19'))));
      refused(unknown, statusCode6.NoBinding);
      const empty = await w.send(release(client6(1), toServer(), withIaNa(1)));
      refused(empty, statusCode6.NoBinding);
      assert.equal(w.stat('assigned-nas'), 1);
    },
  ),
  scenario6('§18.3.7: one good and one bad IA: the bad one alone is repeated', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    const packet = release(
      client6(1),
      toServer(),
      asked(iaOf(first)),
      withIaPd(2, prefix('2001:db8:9999::/56')),
    );
    const reply = answered6(await w.send(packet), REPLY);
    assert.deepEqual(
      reply.ias.map(({ kind, status }) => [kind, status]),
      [['IA_PD', statusCode6.NoBinding]],
    );
    assert.equal((await w.lease(first.given[0]!))?.state, 3);
    assert.equal(w.stat('assigned-pds'), 1);
  }),
  scenario6('a client that renews what it released has it again', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    await w.send(release(client6(1), toServer(), ...first.ias.map(asked)));
    const reply = await w.send(renew(client6(1), toServer(), ...first.ias.map(asked)));
    assert.deepEqual(answered6(reply, REPLY, ...first.given).withdrawn, []);
    assert.equal(w.stat('subnet[1].pool[0].assigned-nas'), 1);
    assert.equal(w.stat('subnet[1].pd-pool[0].assigned-pds'), 1);
    assert.equal(w.stat('subnet[1].pool[0].cumulative-assigned-nas'), 2);
  }),
  scenario6('a second RELEASE is NoBinding', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const packet = release(client6(1), toServer(), ...first.ias.map(asked));
    await w.send(packet);
    refused(await w.send(packet), statusCode6.NoBinding);
    assert.equal(w.stat('assigned-nas'), 0);
  }),

  scenario6(
    '§18.3.8: a declined address is set aside until its probation ends',
    plain6({ 'decline-probation-period': 100 }, { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }] }),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      const reply = answered6(await w.send(decline(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
      assert.equal(reply.status, statusCode6.Success);
      assert.deepEqual(reply.ias, []);
      const lease = (await w.lease('2001:db8:1::10'))!;
      assert.equal(lease.state, 1);
      assert.equal(lease.validLifetime, 100);
      assert.equal(Buffer.from(lease.duid).toString('hex'), '000000');
      assert.equal(w.stat('declined-addresses'), 1);
      assert.equal(w.stat('subnet[1].declined-addresses'), 1);
      refused(await w.send(solicit(client6(1), withIaNa(1))), statusCode6.NoAddrsAvail);
      await w.pass(120);
      answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE, '2001:db8:1::10');
      assert.equal(w.stat('declined-addresses'), 0);
      assert.equal(w.stat('reclaimed-declined-addresses'), 1);
    },
  ),
  scenario6('§18.3.8: what is not leased to this client is NoBinding and stays', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const others = await w.send(decline(client6(2), toServer(), ...first.ias.map(asked)));
    assert.equal(answered6(others, REPLY).status, statusCode6.Success);
    refused(others, statusCode6.NoBinding);
    refused(
      await w.send(decline(client6(1), toServer(), withIaNa(2, address(first.given[0]!)))),
      statusCode6.NoBinding,
    );
    refused(await w.send(decline(client6(1), toServer(), withIaNa(1))), statusCode6.NoBinding);
    assert.equal((await w.lease(first.given[0]!))?.state, 0);
    assert.equal(w.stat('declined-addresses'), 0);
  }),
  scenario6(
    'an expired lease cannot be declined',
    plain6({ 'expired-leases-processing': { 'reclaim-timer-wait-time': 0 } }),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      await w.pass(7300);
      refused(await w.send(decline(client6(1), toServer(), ...first.ias.map(asked))), statusCode6.NoBinding);
    },
  ),
  scenario6('§18.2.8: prefixes cannot be declined: IA_PD is left out', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    const reply = answered6(await w.send(decline(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
    assert.deepEqual(reply.ias, []);
    assert.equal((await w.lease(first.given[0]!))?.state, 1);
    assert.equal((await w.lease(first.given[1]!.replace('/56', '')))?.state, 0);
    assert.equal(w.stat('assigned-pds'), 1);
  }),
  scenario6('after a DECLINE the client gets another address', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    await w.send(decline(client6(1), toServer(), ...first.ias.map(asked)));
    const second = await acquire6(w, [withIaNa(1)], client6(1));
    assert.notEqual(leaseOf(second).text, leaseOf(first).text);
  }),
];
