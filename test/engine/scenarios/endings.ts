// RELEASE, DECLINE, INFORM, and what time does to leases.
import assert from 'node:assert/strict';
import {
  decline,
  discover,
  havingAddress,
  inform,
  release,
  throughRelay,
  withClientId,
  withParameters,
  withRequestedAddress,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  OFFER,
  plain,
  reboot,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const one = { pools: [{ pool: '192.0.2.10 - 192.0.2.10' }] };
const keepNothing = { 'expired-leases-processing': { 'hold-reclaimed-time': 0 } };

export const endings: readonly Scenario[] = [
  scenario('a RELEASE keeps the lease for its client', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    silent(await w.unicast(release(client(1), havingAddress(yiaddr))));
    const lease = await w.lease(yiaddr);
    assert.equal(lease?.state, 3);
    assert.equal(lease.validLifetime, 0);
    assert.equal(w.stat('assigned-addresses'), 0);
    assert.equal(w.stat('pkt4-release-received'), 1);
    assert.equal(w.stat('pkt4-receive-drop'), 0);
    assert.ok(w.logged('DHCP4_RELEASE'));
    answered(await w.send(discover(client(1))), OFFER, yiaddr);
  }),
  scenario('a released address goes to another client when no other is left', plain({}, one), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.unicast(release(client(1), havingAddress(yiaddr)));
    // Its last client's offer is honoured for ten seconds.
    await w.pass(11);
    assert.equal((await acquire(w, client(2))).yiaddr, yiaddr);
  }),
  scenario('a RELEASE deletes the lease where nothing is held', plain(keepNothing), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.unicast(release(client(1), havingAddress(yiaddr)));
    assert.equal(await w.lease(yiaddr), undefined);
    assert.ok(w.logged('DHCP4_RELEASE_DELETED'));
  }),
  scenario(
    'a lease that never ends is deleted by RELEASE',
    plain({ 'valid-lifetime': 4294967295 }),
    async (w) => {
      const { yiaddr } = await acquire(w, client(1));
      await w.unicast(release(client(1), havingAddress(yiaddr)));
      assert.equal(await w.lease(yiaddr), undefined);
    },
  ),
  scenario('a RELEASE of another client changes nothing', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    silent(await w.unicast(release(client(2), havingAddress(yiaddr))));
    assert.equal((await w.lease(yiaddr))?.state, 0);
    assert.equal(w.stat('flotilla-not-leased'), 1);
    assert.ok(w.logged('DHCP4_RELEASE_FAIL_WRONG_CLIENT'));
  }),
  scenario('a RELEASE of nothing changes nothing', plain(), async (w) => {
    silent(await w.unicast(release(client(1), havingAddress('192.0.2.10'))));
    assert.ok(w.logged('DHCP4_RELEASE_FAIL_NO_LEASE'));
  }),
  scenario('a second RELEASE changes nothing', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.unicast(release(client(1), havingAddress(yiaddr)));
    await w.unicast(release(client(1), havingAddress(yiaddr)));
    assert.ok(w.logged('DHCP4_RELEASE_FAIL_NOT_ASSIGNED'));
    assert.equal(w.stat('assigned-addresses'), 0);
  }),

  scenario('a declined address is set aside without its client', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1), withClientId('01:aa'));
    silent(await w.send(decline(client(1), withClientId('01:aa'), withRequestedAddress(yiaddr))));
    const lease = await w.lease(yiaddr);
    assert.equal(lease?.state, 1);
    assert.equal(lease.hwaddr.length, 0);
    assert.equal(lease.clientId, null);
    assert.equal(lease.validLifetime, 86400);
    assert.equal(w.stat('declined-addresses'), 1);
    assert.equal(w.stat('subnet[1].pool[0].declined-addresses'), 1);
    assert.equal(w.stat('assigned-addresses'), 1);
    assert.ok(w.logged('DHCP4_DECLINE_LEASE'));
    const again = answered(await w.send(discover(client(1), withClientId('01:aa'))), OFFER);
    assert.notEqual(again.yiaddr, yiaddr);
  }),
  scenario(
    'a declined address is nobody’s until its probation is over',
    plain({ 'decline-probation-period': 300 }, one),
    async (w) => {
      const { yiaddr } = await acquire(w, client(1));
      await w.send(decline(client(1), withRequestedAddress(yiaddr)));
      silent(await w.send(discover(client(2))));
      await w.pass(320);
      assert.equal(w.stat('reclaimed-declined-addresses'), 1);
      assert.equal(w.stat('declined-addresses'), 0);
      assert.equal(w.stat('assigned-addresses'), 0);
      assert.equal(await w.lease(yiaddr), undefined);
      assert.equal((await acquire(w, client(2))).yiaddr, yiaddr);
    },
  ),
  scenario('a DECLINE needs an address', plain(), async (w) => {
    silent(await w.send(decline(client(1))));
    assert.equal(w.stat('pkt4-rfc-violation'), 1);
  }),
  scenario('a DECLINE of somebody else’s address changes nothing', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    silent(await w.send(decline(client(2), withRequestedAddress(yiaddr))));
    assert.equal((await w.lease(yiaddr))?.state, 0);
    assert.equal(w.stat('flotilla-not-leased'), 1);
  }),
  scenario('a DECLINE of an address without a lease changes nothing', plain(), async (w) => {
    silent(await w.send(decline(client(1), withRequestedAddress('192.0.2.10'))));
    assert.equal(await w.lease('192.0.2.10'), undefined);
    assert.ok(w.logged('DHCP4_DECLINE_LEASE_NOT_FOUND'));
  }),

  scenario(
    'an INFORM gets options and no lease',
    plain({ 'option-data': [{ name: 'domain-name', data: 'x.example' }] }),
    async (w) => {
      const ack = answered(
        await w.unicast(inform(client(1), havingAddress('192.0.2.77'), withParameters(15))),
        ACK,
        '0.0.0.0',
      );
      assert.equal(ack.text(15), 'x.example');
      assert.equal(ack.number(51), undefined);
      assert.equal(ack.hex(1), '');
      assert.equal(ack.message.ciaddr, 0xc000024d);
      assert.equal(ack.to, '192.0.2.77:68');
      assert.equal(await w.lease('192.0.2.77'), undefined);
    },
  ),
  scenario('an INFORM through a relay is answered straight to the client', plain(), async (w) => {
    const ack = answered(
      await w.send(inform(client(1), throughRelay('192.0.2.2'), havingAddress('192.0.2.77'))),
      ACK,
    );
    assert.equal(ack.to, '192.0.2.77:68');
    assert.equal(ack.message.giaddr, 0);
    assert.equal(ack.message.hops, 0);
  }),
  scenario('an INFORM through a relay without an address goes back through it', plain(), async (w) => {
    const ack = answered(await w.send(inform(client(1), throughRelay('192.0.2.2'))), ACK);
    assert.equal(ack.to, '192.0.2.2:67');
    assert.equal(ack.message.flags, 0x8000);
  }),

  scenario('an expired lease is reclaimed by the timer and kept for its client', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(7215);
    assert.equal((await w.lease(yiaddr))?.state, 2);
    assert.equal(w.stat('reclaimed-leases'), 1);
    assert.equal(w.stat('subnet[1].pool[0].assigned-addresses'), 0);
    answered(await w.send(discover(client(1))), OFFER, yiaddr);
    answered(await reboot(w, yiaddr, client(1)), ACK, yiaddr);
    assert.equal(w.stat('assigned-addresses'), 1);
  }),
  scenario('a reclaimed lease is flushed after its time', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(7215);
    await w.pass(3640);
    assert.equal(await w.lease(yiaddr), undefined);
  }),
  scenario('nothing is reclaimed while the service is off', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    w.networkState.disable(1);
    await w.pass(7300);
    assert.equal((await w.lease(yiaddr))?.state, 0);
    w.networkState.enable(1);
    await w.pass(15);
    assert.equal((await w.lease(yiaddr))?.state, 2);
  }),
  scenario(
    'a cycle reclaims no more than max-reclaim-leases',
    plain({ 'expired-leases-processing': { 'max-reclaim-leases': 2, 'flush-reclaimed-timer-wait-time': 0 } }),
    async (w) => {
      for (let n = 1; n <= 5; n++) await acquire(w, client(n));
      w.networkState.disable(1);
      await w.pass(7300);
      w.networkState.enable(1);
      await w.server.timers.reclaim();
      assert.equal(w.stat('reclaimed-leases'), 2);
      await w.server.timers.reclaim();
      await w.server.timers.reclaim();
      assert.equal(w.stat('reclaimed-leases'), 5);
      assert.equal(w.stat('assigned-addresses'), 0);
    },
  ),
];
