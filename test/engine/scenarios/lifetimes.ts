// Lifetimes, T1 and T2, the lease cache, offers that are written, leases that never end.
import assert from 'node:assert/strict';
import {
  discover,
  request,
  withLeaseTime,
  withRequestedAddress,
  withServerId,
  withVendorClass,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  NAK,
  OFFER,
  plain,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const bounded = plain({}, { 'min-valid-lifetime': 600, 'valid-lifetime': 1200, 'max-valid-lifetime': 2400 });
const noCache = plain({ 'cache-threshold': 0 });
const oneOffered = plain({}, { 'offer-lifetime': 60, pools: [{ pool: '192.0.2.10 - 192.0.2.10' }] });

export const lifetimes: readonly Scenario[] = [
  scenario('the wish of the client is kept within the bounds', bounded, async (w) => {
    assert.equal((await acquire(w, client(1))).number(51), 1200);
    assert.equal((await acquire(w, client(2), withLeaseTime(60))).number(51), 600);
    assert.equal((await acquire(w, client(3), withLeaseTime(1800))).number(51), 1800);
    assert.equal((await acquire(w, client(4), withLeaseTime(0xffffffff))).number(51), 2400);
  }),
  scenario('without bounds the wish of the client changes nothing', plain(), async (w) => {
    assert.equal((await acquire(w, client(1), withLeaseTime(60))).number(51), 7200);
  }),
  scenario(
    'the first class with a lifetime decides',
    plain({
      'client-classes': [
        { name: 'none', test: "option[60].text == 'x'" },
        { name: 'short', test: "option[60].text == 'x'", 'valid-lifetime': 300 },
        { name: 'long', test: "option[60].text == 'x'", 'valid-lifetime': 9000 },
      ],
    }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withVendorClass('x'))).number(51), 300);
      assert.equal((await acquire(w, client(1), withVendorClass('x'), withLeaseTime(700))).number(51), 300);
      assert.equal((await acquire(w, client(2))).number(51), 7200);
    },
  ),
  scenario('a lease that never ends', plain({ 'valid-lifetime': 4294967295 }), async (w) => {
    const ack = await acquire(w, client(1));
    assert.equal(ack.number(51), 0xffffffff);
    await w.pass(8000);
    assert.equal((await w.lease(ack.yiaddr))?.state, 0);
    answered(await renew(w, ack.yiaddr, client(1)), ACK, ack.yiaddr);
    assert.equal(w.stat('v4-lease-reuses'), 1);
  }),
  scenario('no timers are sent unless they are configured', plain(), async (w) => {
    const ack = await acquire(w, client(1));
    assert.equal(ack.number(58), undefined);
    assert.equal(ack.number(59), undefined);
  }),
  scenario('configured timers are sent', plain({ 'renew-timer': 1000, 'rebind-timer': 2000 }), async (w) => {
    const ack = await acquire(w, client(1));
    assert.equal(ack.number(58), 1000);
    assert.equal(ack.number(59), 2000);
  }),
  scenario(
    'timers that are too long are left out',
    plain({ 'renew-timer': 2000, 'rebind-timer': 7200 }),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.number(58), 2000);
      assert.equal(ack.number(59), undefined);
    },
  ),
  scenario('T1 is never behind T2', plain({ 'renew-timer': 3000, 'rebind-timer': 2000 }), async (w) => {
    const ack = await acquire(w, client(1));
    assert.equal(ack.number(58), undefined);
    assert.equal(ack.number(59), 2000);
  }),
  scenario(
    'calculated timers are parts of the lifetime',
    plain({ 'calculate-tee-times': true }),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.number(58), 3600);
      assert.equal(ack.number(59), 6300);
    },
  ),

  scenario('an early renewal is answered without a write, with the time that is left', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    const written = (await w.lease(yiaddr))!.cltt;
    await w.pass(1000);
    const aged = (await w.lease(yiaddr))!.cltt;
    const ack = answered(await renew(w, yiaddr, client(1)), ACK, yiaddr);
    assert.equal((await w.lease(yiaddr))!.cltt, aged);
    assert.ok(Math.abs(ack.number(51)! - 6200) <= 2, `${ack.number(51)} is not about 6200`);
    assert.ok(aged <= written);
    assert.equal(w.stat('v4-lease-reuses'), 1);
    assert.equal(w.stat('subnet[1].v4-lease-reuses'), 1);
    assert.ok(w.logged('DHCP4_LEASE_REUSE'));
  }),
  scenario('a renewal beyond the threshold is written', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(1900);
    assert.equal(answered(await renew(w, yiaddr, client(1)), ACK).number(51), 7200);
    assert.equal(w.stat('v4-lease-reuses'), 0);
  }),
  scenario('cache-threshold 0 writes every renewal', noCache, async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(10);
    assert.equal(answered(await renew(w, yiaddr, client(1)), ACK).number(51), 7200);
    assert.equal(w.stat('v4-lease-reuses'), 0);
  }),
  scenario('cache-max-age caps the cache', plain({ 'cache-max-age': 100 }), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(200);
    assert.equal(answered(await renew(w, yiaddr, client(1)), ACK).number(51), 7200);
  }),
  scenario('a renewal that changes the lease is written', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.reconfigure(plain({ 'valid-lifetime': 3600 }));
    assert.equal(answered(await renew(w, yiaddr, client(1)), ACK).number(51), 3600);
    assert.equal((await w.lease(yiaddr))?.validLifetime, 3600);
    assert.equal(w.stat('v4-lease-reuses'), 0);
  }),

  scenario('offer-lifetime writes the offered lease and announces the normal one', oneOffered, async (w) => {
    const offer = answered(await w.send(discover(client(1))), OFFER);
    assert.equal(offer.number(51), 7200);
    assert.equal((await w.lease(offer.yiaddr))?.validLifetime, 60);
    silent(await w.send(discover(client(2))));
    const selecting = request(client(1), withRequestedAddress(offer.yiaddr), withServerId('192.0.2.1'));
    answered(await w.send(selecting), ACK, offer.yiaddr);
    assert.equal((await w.lease(offer.yiaddr))?.validLifetime, 7200);
    assert.equal(w.stat('cumulative-assigned-addresses'), 1);
  }),
  scenario('an offer that was written but not taken is free again', oneOffered, async (w) => {
    answered(await w.send(discover(client(1))), OFFER);
    await w.pass(62);
    answered(await w.send(discover(client(2))), OFFER);
  }),
  scenario('an offer never shortens a running lease', plain({}, { 'offer-lifetime': 60 }), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    answered(await w.send(discover(client(1))), OFFER, yiaddr);
    assert.equal((await w.lease(yiaddr))?.validLifetime, 7200);
  }),
  scenario(
    'a nearly full pool shortens leases where flq is told to',
    plain(
      {},
      {
        allocator: 'flq',
        'adaptive-lease-time-threshold': 0.5,
        'min-valid-lifetime': 300,
        'valid-lifetime': 1200,
        'max-valid-lifetime': 1200,
        pools: [{ pool: '192.0.2.10 - 192.0.2.13' }],
      },
    ),
    async (w) => {
      assert.equal((await acquire(w, client(1))).number(51), 1200);
      assert.equal((await acquire(w, client(2))).number(51), 1200);
      assert.equal((await acquire(w, client(3))).number(51), 300);
    },
  ),
  scenario('an expired lease is renewed for its client as long as nobody has it', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    w.networkState.disable(1);
    await w.pass(7300);
    w.networkState.enable(1);
    answered(await renew(w, yiaddr, client(1)), ACK, yiaddr);
    assert.equal(w.stat('reclaimed-leases'), 1);
    assert.equal(w.stat('assigned-addresses'), 1);
    answered(await renew(w, yiaddr, client(2)), NAK);
  }),
];
