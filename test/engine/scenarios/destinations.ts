// Where replies go, and what is kept of the relay.
import assert from 'node:assert/strict';
import {
  discover,
  havingAddress,
  request,
  throughRelay,
  withBroadcastFlag,
  withCircuitId,
  withParameters,
  withRelayId,
  withRelayPort,
  withRemoteId,
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
  type Scenario,
} from '../scenario.ts';

const ntp = { 'option-data': [{ name: 'ntp-servers', data: '10.0.0.1' }] };

export const destinations: readonly Scenario[] = [
  scenario('agent information comes back whole and last', plain(ntp), async (w) => {
    const relay = throughRelay('192.0.2.2', withCircuitId('port7'));
    const offer = answered(await w.send(discover(client(1), relay, withParameters(42))), OFFER);
    assert.equal(offer.hex(82), '0105706f727437');
    assert.equal([...offer.message.options.keys()].at(-1), 82);
    assert.equal(offer.to, '192.0.2.2:67');
    assert.equal(offer.message.hops, 1);
  }),
  scenario('a relay with its own port is answered there', plain(), async (w) => {
    const packet = discover(client(1), throughRelay('192.0.2.2', withRelayPort()));
    assert.equal((await w.send(packet, { sourcePort: 40000 }))?.to, '192.0.2.2:40000');
  }),
  scenario('a new client is reached by its hardware address', plain(), async (w) => {
    const offer = answered(await w.send(discover(client(1))), OFFER);
    assert.equal(offer.to, `${offer.yiaddr}:68`);
    assert.deepEqual(offer.linkLayer, Uint8Array.of(2, 0, 0, 0, 0, 1));
  }),
  scenario('a client that asks for broadcast gets it', plain(), async (w) => {
    const offer = answered(await w.send(discover(client(1), withBroadcastFlag())), OFFER);
    assert.equal(offer.to, '255.255.255.255:68');
    assert.equal(offer.linkLayer, null);
    assert.equal(offer.message.flags, 0x8000);
  }),
  scenario(
    'other ports can be set',
    plain(),
    async (w) => {
      assert.match((await w.send(discover(client(1))))!.to, /:10068$/);
      assert.match((await w.send(discover(client(1), throughRelay('192.0.2.2'))))!.to, /:10067$/);
    },
    { server: { serverPort: 10067, clientPort: 10068 } },
  ),
  scenario('a renewing client is answered at its address', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    const ack = answered(await renew(w, yiaddr, client(1)), ACK);
    assert.equal(ack.to, `${yiaddr}:68`);
    assert.equal(ack.linkLayer, null);
  }),

  scenario(
    'store-extended-info keeps the agent information with the lease',
    plain({}, { 'store-extended-info': true }),
    async (w) => {
      const relay = throughRelay(
        '192.0.2.2',
        withCircuitId('p7'),
        withRemoteId('0x0a0b'),
        withRelayId('0xcc'),
      );
      const { yiaddr } = await acquire(w, client(1), relay);
      const lease = await w.lease(yiaddr);
      assert.deepEqual(lease?.userContext, {
        ISC: {
          'relay-agent-info': {
            'sub-options': '0x0102703702020A0B0C01CC',
            'remote-id': '0A0B',
            'relay-id': 'CC',
          },
        },
      });
      assert.equal(Buffer.from(lease.relayId!).toString('hex'), 'cc');
      assert.equal(Buffer.from(lease.remoteId!).toString('hex'), '0a0b');
    },
  ),
  scenario('without store-extended-info nothing of the relay is kept', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1), throughRelay('192.0.2.2', withCircuitId('p7')));
    assert.equal((await w.lease(yiaddr))?.userContext, null);
  }),
  scenario(
    'stash-agent-options remembers the relay for renewals that pass it by',
    plain({
      'stash-agent-options': true,
      'client-classes': [{ name: 'port7', test: "relay4[1].hex == 'p7'", ...ntp }],
    }),
    async (w) => {
      const { yiaddr } = await acquire(w, client(1), throughRelay('192.0.2.2', withCircuitId('p7')));
      const ack = answered(await renew(w, yiaddr, client(1), withParameters(42)), ACK);
      assert.equal(ack.hex(42), '0a000001');
      assert.equal(ack.hex(82), '');
      const stranger = answered(
        await w.unicast(request(client(2), havingAddress(yiaddr), withParameters(42))),
        NAK,
      );
      assert.equal(stranger.hex(82), '');
    },
  ),
];
