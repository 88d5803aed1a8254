// DISCOVER and REQUEST: which address, and what is accepted at all.
import assert from 'node:assert/strict';
import {
  bootRequest,
  discover,
  offer,
  request,
  inform,
  fromMac,
  throughRelay,
  withClientId,
  withOption,
  withoutOption,
  withRequestedAddress,
  withServerId,
  withServerIdOverride,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  macOf,
  NAK,
  OFFER,
  plain,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const oneAddress = plain({}, { pools: [{ pool: '192.0.2.10 - 192.0.2.10' }] });

/** All but the last ten of fifty addresses are reserved for hosts that never come. */
const mostlyReserved = plain(
  {},
  {
    pools: [{ pool: '192.0.2.10 - 192.0.2.59' }],
    reservations: Array.from({ length: 40 }, (_, n) => ({
      'hw-address': macOf(100 + n),
      'ip-address': `192.0.2.${10 + n}`,
    })),
  },
);

export const exchange: readonly Scenario[] = [
  scenario('an OFFER promises an address and writes nothing', plain(), async (w) => {
    const reply = answered(await w.send(discover(client(1))), OFFER);
    assert.equal(await w.lease(reply.yiaddr), undefined);
    assert.ok(w.logged('DHCP4_LEASE_OFFER'));
    assert.equal(w.stat('pkt4-discover-received'), 1);
    assert.equal(w.stat('pkt4-offer-sent'), 1);
  }),
  scenario('an ACK leaves with its lease in the store', plain(), async (w) => {
    const ack = await acquire(w, client(1));
    const lease = await w.lease(ack.yiaddr);
    assert.equal(lease?.state, 0);
    assert.equal(lease.subnetId, 1);
    assert.equal(lease.validLifetime, 7200);
    assert.equal(w.stat('pkt4-ack-sent'), 1);
    assert.equal(w.stat('assigned-addresses'), 1);
    assert.equal(w.stat('subnet[1].pool[0].cumulative-assigned-addresses'), 1);
  }),
  scenario('two clients get two addresses', plain(), async (w) => {
    const one = await acquire(w, client(1));
    const two = await acquire(w, client(2));
    assert.notEqual(one.yiaddr, two.yiaddr);
  }),
  scenario('two clients that ask at once are not offered the same address', plain(), async (w) => {
    w.inject(discover(client(1)));
    w.inject(discover(client(2)));
    await w.server.settled();
    assert.equal(new Set(w.sent.map((reply) => reply.yiaddr)).size, 2);
  }),
  scenario('a client that asks for a free address gets it', plain(), async (w) => {
    answered(await w.send(discover(client(1), withRequestedAddress('192.0.2.17'))), OFFER, '192.0.2.17');
  }),
  scenario('a client that asks for a taken address gets another', plain(), async (w) => {
    const taken = await acquire(w, client(1));
    const reply = answered(await w.send(discover(client(2), withRequestedAddress(taken.yiaddr))), OFFER);
    assert.notEqual(reply.yiaddr, taken.yiaddr);
  }),
  scenario('a client that asks for an address outside the pools gets one inside', plain(), async (w) => {
    const reply = answered(await w.send(discover(client(1), withRequestedAddress('192.0.2.99'))), OFFER);
    assert.match(reply.yiaddr, /^192\.0\.2\.(1\d|20)$/);
  }),
  scenario('a client that comes back is offered its lease', plain(), async (w) => {
    const ack = await acquire(w, client(1), withRequestedAddress('192.0.2.15'));
    await acquire(w, client(2));
    answered(await w.send(discover(client(1))), OFFER, ack.yiaddr);
  }),
  scenario('a REQUEST for an address that another client leases is refused', plain(), async (w) => {
    const ack = await acquire(w, client(1));
    const selecting = request(client(2), withRequestedAddress(ack.yiaddr), withServerId('192.0.2.1'));
    const nak = answered(await w.send(selecting), NAK, '0.0.0.0');
    assert.equal(nak.to, '255.255.255.255:68');
    assert.deepEqual([...nak.message.options.keys()], [53, 54]);
    assert.equal(w.stat('pkt4-nak-sent'), 1);
  }),
  scenario('a client that takes another address loses the old one', plain(), async (w) => {
    const first = await acquire(w, client(1));
    const moved = await w.send(
      request(client(1), withRequestedAddress('192.0.2.19'), withServerId('192.0.2.1')),
    );
    answered(moved, ACK, '192.0.2.19');
    assert.equal(await w.lease(first.yiaddr), undefined);
    assert.equal(w.stat('subnet[1].assigned-addresses'), 1);
  }),
  scenario('a REQUEST that names no address gets a free one', plain(), async (w) => {
    const ack = answered(await w.send(request(client(1), withServerId('192.0.2.1'))), ACK);
    assert.equal((await w.lease(ack.yiaddr))?.state, 0);
  }),
  scenario('a full pool is answered with silence and counted', oneAddress, async (w) => {
    await acquire(w, client(1));
    silent(await w.send(discover(client(2))));
    assert.equal(w.stat('v4-allocation-fail'), 1);
    assert.equal(w.stat('subnet[1].v4-allocation-fail-subnet'), 1);
    assert.equal(w.stat('subnet[1].v4-allocation-fail-classes'), 1);
    assert.equal(w.stat('v4-allocation-fail-no-pools'), 0);
    assert.equal(w.stat('flotilla-allocation-failed'), 1);
  }),
  scenario('what is left between reserved addresses is found to the last one', mostlyReserved, async (w) => {
    const given = new Set<string>();
    for (let n = 1; n <= 10; n++) given.add((await acquire(w, client(n))).yiaddr);
    assert.equal(given.size, 10);
    silent(await w.send(discover(client(11))));
  }),
  scenario('a subnet without pools is counted as such', plain({}, { pools: [] }), async (w) => {
    silent(await w.send(discover(client(1))));
    assert.equal(w.stat('subnet[1].v4-allocation-fail-no-pools'), 1);
    assert.equal(w.stat('v4-allocation-fail'), 0);
  }),
  scenario('the last free address of a large pool is found', plain(), async (w) => {
    for (let n = 1; n <= 11; n++) await acquire(w, client(n));
    silent(await w.send(discover(client(12))));
    assert.equal(w.stat('subnet[1].assigned-addresses'), 11);
  }),
  scenario('an expired lease is given to another client and counted as reclaimed', oneAddress, async (w) => {
    await acquire(w, client(1));
    await w.pass(3600);
    silent(await w.send(discover(client(2))));
    // Not past the reclaim timer: the service is switched off while time passes.
    w.networkState.disable(1);
    await w.pass(3605);
    w.networkState.enable(1);
    await acquire(w, client(2));
    assert.equal(w.stat('reclaimed-leases'), 1);
    assert.equal(w.stat('assigned-addresses'), 1);
    assert.equal(w.stat('cumulative-assigned-addresses'), 2);
  }),
  scenario('a REQUEST for another server is not for us', plain(), async (w) => {
    silent(await w.send(request(client(1), withRequestedAddress('192.0.2.10'), withServerId('192.0.2.250'))));
    assert.equal(w.stat('pkt4-not-for-us'), 1);
    assert.equal(w.stat('pkt4-receive-drop'), 1);
  }),
  scenario(
    'ignore-dhcp-server-identifier takes any server identifier',
    plain({ compatibility: { 'ignore-dhcp-server-identifier': true } }),
    async (w) => {
      const any = request(client(1), withRequestedAddress('192.0.2.10'), withServerId('192.0.2.250'));
      answered(await w.send(any), ACK, '192.0.2.10');
    },
  ),
  scenario(
    'a configured server identifier is sent and accepted',
    plain({ 'option-data': [{ name: 'dhcp-server-identifier', data: '10.9.9.9' }] }),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.hex(54), '0a090909');
    },
  ),
  scenario('the server identifier that a relay puts in its place is accepted', plain(), async (w) => {
    const override = throughRelay('192.0.2.5', withServerIdOverride('192.0.2.5'));
    const packet = request(
      client(1),
      override,
      withRequestedAddress('192.0.2.11'),
      withServerId('192.0.2.5'),
    );
    answered(await w.send(packet), ACK, '192.0.2.11');
  }),
  scenario('a DISCOVER with a server identifier breaks the rules', plain(), async (w) => {
    silent(await w.send(discover(client(1), withServerId('192.0.2.1'))));
    assert.equal(w.stat('pkt4-rfc-violation'), 1);
  }),
  scenario('a packet that names no client at all is dropped', plain(), async (w) => {
    silent(await w.send(discover(fromMac('0x'))));
    assert.equal(w.stat('pkt4-rfc-violation'), 1);
    assert.equal(w.stat('pkt4-receive-drop'), 1);
  }),
  scenario('a client identifier is enough', plain(), async (w) => {
    const ack = await acquire(w, fromMac('0x'), withClientId('01:02:03:04'));
    assert.equal(ack.to, '255.255.255.255:68');
  }),
  scenario('BOOTP is dropped', plain(), async (w) => {
    silent(await w.send(bootRequest(client(1))));
    assert.equal(w.stat('pkt4-rfc-violation'), 1);
  }),
  scenario('a message that only servers send is dropped and counted by type', plain(), async (w) => {
    silent(await w.send(offer(client(1))));
    silent(await w.send(discover(client(1), withOption(53, [77]))));
    assert.equal(w.stat('pkt4-offer-received'), 1);
    assert.equal(w.stat('pkt4-unknown-received'), 1);
    assert.equal(w.stat('pkt4-rfc-violation'), 2);
  }),
  scenario('bytes that are no message are counted', plain(), async (w) => {
    silent(await w.send(Uint8Array.of(1, 1, 6, 0)));
    assert.equal(w.stat('pkt4-parse-failed'), 1);
    assert.equal(w.stat('pkt4-received'), 1);
  }),
  scenario('an INFORM without any address is dropped', plain(), async (w) => {
    silent(await w.send(inform(client(1))));
    assert.equal(w.stat('pkt4-rfc-violation'), 1);
  }),
  scenario('nothing is answered while the service is off, until its time is over', plain(), async (w) => {
    w.networkState.disable(1, 30);
    silent(await w.send(discover(client(1))));
    assert.equal(w.stat('pkt4-service-disabled'), 1);
    assert.equal(w.stat('pkt4-received'), 1);
    await w.pass(31);
    answered(await w.send(discover(client(1))), OFFER);
  }),
  scenario(
    'exclude-first-last-24 keeps .0 and .255 out of new leases',
    plain(
      { compatibility: { 'exclude-first-last-24': true } },
      { subnet: '192.0.2.0/23', pools: [{ pool: '192.0.2.255 - 192.0.3.1' }] },
    ),
    async (w) => {
      answered(await w.send(discover(client(1))), OFFER, '192.0.3.1');
    },
  ),
  scenario('the client identifier is echoed', plain(), async (w) => {
    const ack = await acquire(w, client(1), withClientId('01:aa:bb'));
    assert.equal(ack.hex(61), '01aabb');
  }),
  scenario('echo-client-id false answers without it', plain({ 'echo-client-id': false }), async (w) => {
    const ack = await acquire(w, client(1), withClientId('01:aa:bb'));
    assert.equal(ack.hex(61), '');
  }),
  scenario('a client is known by its client identifier when its hardware changes', plain(), async (w) => {
    const ack = await acquire(w, client(1), withClientId('01:aa:bb'));
    answered(await w.send(discover(client(2), withClientId('01:aa:bb'))), OFFER, ack.yiaddr);
  }),
  scenario('two client identifiers on one hardware address are two clients', plain(), async (w) => {
    const one = await acquire(w, client(1), withClientId('01:aa:bb'));
    const two = await acquire(w, client(1), withClientId('01:aa:cc'));
    assert.notEqual(one.yiaddr, two.yiaddr);
  }),
  scenario(
    'match-client-id false knows clients by hardware address alone',
    plain({}, { 'match-client-id': false }),
    async (w) => {
      const one = await acquire(w, client(1), withClientId('01:aa:bb'));
      const two = await acquire(w, client(1), withClientId('01:aa:cc'));
      assert.equal(one.yiaddr, two.yiaddr);
      assert.equal((await w.lease(one.yiaddr))?.clientId, null);
    },
  ),
  scenario('a lease survives a restart of the server', plain(), async (w) => {
    const ack = await acquire(w, client(1));
    await w.restart();
    answered(await renew(w, ack.yiaddr, client(1)), ACK, ack.yiaddr);
    assert.equal(w.stat('subnet[1].assigned-addresses'), 1);
  }),
  scenario('a packet without a message type option is dropped', plain(), async (w) => {
    silent(await w.send(discover(client(1), withoutOption(53))));
    assert.equal(w.stat('pkt4-receive-drop'), 1);
  }),
];
