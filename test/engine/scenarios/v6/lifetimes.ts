// Lifetimes, T1 and T2 (RFC 8415 §7.7, §14.2, §21.4, §21.6), and the lease cache.
import assert from 'node:assert/strict';
import { address, prefix, renew, withIaNa, withIaPd, withVendorClass } from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import {
  acquire6,
  answered6,
  asked,
  client6,
  iaOf,
  leaseOf,
  plain6,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';
import type { Reply6, ReplyIa6 } from '../../replies.ts';

const infinite = 0xffffffff;
const bounded = plain6(
  {},
  {
    'min-valid-lifetime': 600,
    'valid-lifetime': 1200,
    'max-valid-lifetime': 2400,
    'min-preferred-lifetime': 300,
    'preferred-lifetime': 800,
    'max-preferred-lifetime': 1600,
  },
);
const classes = plain6({
  'client-classes': [
    { name: 'none', test: 'vendor-class[9].exists' },
    { name: 'short', test: 'vendor-class[9].exists', 'valid-lifetime': 300 },
    { name: 'other', test: 'vendor-class[9].exists', 'valid-lifetime': 9000, 'preferred-lifetime': 100 },
  ],
});
const inClass = withVendorClass(9, 'x');
const timesOf = (reply: Reply6): [number, number] => [leaseOf(reply).preferred, leaseOf(reply).valid];
const teesOf = ({ t1, t2 }: ReplyIa6): [number, number] => [t1, t2];
const timers = (t1: number, t2: number) => plain6({ 'renew-timer': t1, 'rebind-timer': t2 });

export const lifetimes6: readonly Scenario<6>[] = [
  scenario6('preferred is 0.625 of valid unless it is configured, for prefixes too', plain6(), async (w) => {
    const reply = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    for (const { leases } of reply.ias)
      assert.deepEqual([leases[0]!.preferred, leases[0]!.valid], [4500, 7200]);
    assert.equal((await w.lease(reply.given[0]!))?.preferredLifetime, 4500);
  }),
  scenario6('§21.6: the wish of the client is kept within the bounds', bounded, async (w) => {
    const wished = async (n: number, preferred: number, valid: number) =>
      timesOf(await acquire6(w, [withIaNa(1, address(`2001:db8:1::1${n}`, preferred, valid))], client6(n)));
    assert.deepEqual(await wished(1, 0, 0), [800, 1200]);
    assert.deepEqual(timesOf(await acquire6(w, [withIaNa(1)], client6(9))), [800, 1200]);
  }),
  scenario6(
    '§21.6: a wish in the REQUEST counts, below, between and above the bounds',
    bounded,
    async (w) => {
      const wished = async (n: number, preferred: number, valid: number) => {
        const hint = withIaNa(1, address(`2001:db8:1::1${n}`, preferred, valid));
        return timesOf(answered6(await w.send(renew(client6(n), toServer(), hint)), REPLY));
      };
      assert.deepEqual(await wished(1, 10, 60), [300, 600]);
      assert.deepEqual(await wished(2, 1000, 1800), [1000, 1800]);
      assert.deepEqual(await wished(3, infinite, infinite), [1600, 2400]);
    },
  ),
  scenario6('§21.22: so does that of a prefix', bounded, async (w) => {
    const hint = withIaPd(1, prefix('2001:db8:8000::/56', 1000, 1800));
    assert.deepEqual(
      timesOf(answered6(await w.send(renew(client6(1), toServer(), hint)), REPLY)),
      [1000, 1800],
    );
  }),
  scenario6('without bounds the wish changes nothing', plain6(), async (w) => {
    const hint = withIaNa(1, address('2001:db8:1::10', 10, 20));
    assert.deepEqual(
      timesOf(answered6(await w.send(renew(client6(1), toServer(), hint)), REPLY)),
      [4500, 7200],
    );
  }),
  scenario6('the first class with each of the two lifetimes decides it', classes, async (w) => {
    assert.deepEqual(timesOf(await acquire6(w, [withIaNa(1)], client6(1), inClass)), [100, 300]);
    assert.deepEqual(timesOf(await acquire6(w, [withIaNa(1)], client6(2))), [4500, 7200]);
  }),
  scenario6(
    '§21.6: preferred is never above valid',
    plain6({ 'preferred-lifetime': 9000, 'valid-lifetime': 1000 }),
    async (w) => {
      assert.deepEqual(timesOf(await acquire6(w, [withIaNa(1)], client6(1))), [1000, 1000]);
    },
  ),
  scenario6('§7.7: a lease that never ends', plain6({ 'valid-lifetime': infinite }), async (w) => {
    const reply = await acquire6(w, [withIaNa(1)], client6(1));
    assert.deepEqual(timesOf(reply), [infinite, infinite]);
    assert.deepEqual(teesOf(iaOf(reply)), [infinite, infinite]);
    await w.pass(8000);
    assert.equal((await w.lease(reply.given[0]!))?.state, 0);
    answered6(await w.send(renew(client6(1), toServer(), ...reply.ias.map(asked))), REPLY, ...reply.given);
  }),

  scenario6('§14.2: T1 and T2 are 0.5 and 0.8 of the preferred lifetime', plain6(), async (w) => {
    const reply = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    for (const ia of reply.ias) assert.deepEqual(teesOf(ia), [2250, 3600]);
  }),
  scenario6(
    '§14.2: of the shortest preferred lifetime, with configured parts',
    plain6({ 't1-percent': 0.25, 't2-percent': 0.5 }),
    async (w) => {
      assert.deepEqual(teesOf(iaOf(await acquire6(w, [withIaNa(1)], client6(1)))), [1125, 2250]);
    },
  ),
  scenario6('configured timers go before calculated ones', timers(1000, 2000), async (w) => {
    assert.deepEqual(teesOf(iaOf(await acquire6(w, [withIaNa(1)], client6(1)))), [1000, 2000]);
  }),
  scenario6('§21.4: T1 behind T2 is left to the client', timers(2000, 1000), async (w) => {
    assert.deepEqual(teesOf(iaOf(await acquire6(w, [withIaNa(1)], client6(1)))), [0, 1000]);
  }),
  scenario6(
    '§21.4: without calculation and configuration both are left to the client',
    plain6({ 'calculate-tee-times': false }),
    async (w) => {
      assert.deepEqual(teesOf(iaOf(await acquire6(w, [withIaNa(1)], client6(1)))), [0, 0]);
    },
  ),

  scenario6(
    'an early renewal is answered without a write, with the times that are left',
    plain6(),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1), withIaPd(2)], client6(1));
      await w.pass(1000);
      const before = await w.lease(first.given[0]!);
      const reply = answered6(await w.send(renew(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
      assert.deepEqual(reply.given, first.given);
      for (const { leases } of reply.ias) {
        assert.ok(Math.abs(leases[0]!.valid - 6200) <= 2, `${leases[0]!.valid} is not about 6200`);
        assert.ok(Math.abs(leases[0]!.preferred - 3500) <= 2, `${leases[0]!.preferred} is not about 3500`);
      }
      assert.deepEqual(await w.lease(first.given[0]!), before);
      assert.equal(w.stat('v6-ia-na-lease-reuses'), 1);
      assert.equal(w.stat('v6-ia-pd-lease-reuses'), 1);
      assert.equal(w.stat('subnet[1].v6-ia-na-lease-reuses'), 1);
      assert.ok(w.logged('DHCP6_LEASE_REUSE'));
    },
  ),
  scenario6('a renewal beyond the threshold is written', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    await w.pass(1900);
    const reply = await w.send(renew(client6(1), toServer(), ...first.ias.map(asked)));
    assert.deepEqual(timesOf(answered6(reply, REPLY)), [4500, 7200]);
    assert.equal(w.stat('v6-ia-na-lease-reuses'), 0);
  }),
  scenario6(
    'cache-max-age caps the cache, cache-threshold 0 switches it off',
    plain6({ 'cache-max-age': 100 }),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      const renewal = renew(client6(1), toServer(), ...first.ias.map(asked));
      await w.pass(200);
      assert.deepEqual(timesOf(answered6(await w.send(renewal), REPLY)), [4500, 7200]);
      await w.reconfigure(plain6({ 'cache-threshold': 0 }));
      assert.deepEqual(timesOf(answered6(await w.send(renewal), REPLY)), [4500, 7200]);
      assert.equal(w.stat('v6-ia-na-lease-reuses'), 0);
    },
  ),
  scenario6('a renewal that changes the lease is written', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    await w.reconfigure(plain6({ 'preferred-lifetime': 1000 }));
    const reply = await w.send(renew(client6(1), toServer(), ...first.ias.map(asked)));
    assert.deepEqual(timesOf(answered6(reply, REPLY)), [1000, 7200]);
    assert.equal((await w.lease(first.given[0]!))?.preferredLifetime, 1000);
  }),
];
