// Relays: the way back, ports, options that they supply (RFC 8415 §19, RFC 8357, RFC 6422, RFC 4994), what leases keep of them.
import assert from 'node:assert/strict';
import { formatIpv6, parseIpv6 } from '../../../../src/addr/ipv6.ts';
import { messageType6 } from '../../../../src/wire/v6/message.ts';
import {
  informationRequest,
  renew,
  solicit,
  suboption,
  throughRelay,
  withIaNa,
  withInterfaceId,
  withRapidCommit,
  withRelayPort,
  withRemoteId,
  withRequestedOptions,
  withSubscriberId,
  withSuppliedOptions,
  type PacketPart6,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  plain6,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const link = '2001:db8:1::1';
const kept = plain6({ 'store-extended-info': true });
const hops = (count: number): PacketPart6[] =>
  Array.from({ length: count }, (_, n) =>
    throughRelay(n === 0 ? link : '::', n === 0 ? 'fe80::5' : `2001:db8:f::${n}`, withInterfaceId(`if${n}`)),
  );
const domain = (text: string): number[] => [
  ...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]),
  0,
];

export const relaying: readonly Scenario<6>[] = [
  scenario6(
    '§19.3: the answer goes back through every relay, with interface-ids, to port 547',
    plain6(),
    async (w) => {
      const packet = solicit(client6(1), withIaNa(1), ...hops(3));
      const reply = answered6(await w.send(packet), ADVERTISE);
      assert.equal(reply.to, '[2001:db8:ffff::1]:547');
      assert.equal(reply.source, parseIpv6('2001:db8::fe'));
      assert.deepEqual(
        reply.relays.map(({ type, hopCount, linkAddress, peerAddress, options }) => [
          type,
          hopCount,
          formatIpv6(linkAddress),
          formatIpv6(peerAddress),
          Buffer.from(options.get(18)!).toString(),
        ]),
        [
          [messageType6.RELAY_REPL, 2, '::', '2001:db8:f::2', 'if2'],
          [messageType6.RELAY_REPL, 1, '::', '2001:db8:f::1', 'if1'],
          [messageType6.RELAY_REPL, 0, link, 'fe80::5', 'if0'],
        ],
      );
    },
  ),
  scenario6('32 relays are answered, 33 are too many', plain6(), async (w) => {
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), ...hops(32))), ADVERTISE);
    assert.equal(reply.relays.length, 32);
    const { bytes } = solicit(client6(1), withIaNa(1), ...hops(32));
    const header = Uint8Array.of(12, 32, ...new Uint8Array(32), 0, 9, bytes.length >> 8, bytes.length & 255);
    silent(await w.send(Buffer.concat([header, bytes])));
    assert.equal(w.stat('pkt6-parse-failed'), 1);
  }),
  scenario6('of the options of a relay, Interface-ID alone comes back', plain6(), async (w) => {
    const relay = throughRelay(
      link,
      'fe80::5',
      withInterfaceId('eth7'),
      withRemoteId(9, 'remote'),
      withSubscriberId('me'),
    );
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), relay)), ADVERTISE);
    assert.deepEqual([...reply.relays[0]!.options.codes].sort(), [18, 9]);
  }),
  scenario6('RFC 4994 §3: and what its Echo Request option names', plain6(), async (w) => {
    const relay = throughRelay(link, 'fe80::5', withRemoteId(9, 'remote'), suboption(43, [0, 37, 0, 38]));
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), relay)), ADVERTISE);
    assert.equal(Buffer.from(reply.relays[0]!.options.get(37)!).subarray(4).toString(), 'remote');
    assert.ok(!reply.relays[0]!.options.has(38));
  }),
  scenario6(
    'an Echo Request that cannot be read: nothing is written, the packet is counted',
    plain6({}, { 'rapid-commit': true }),
    async (w) => {
      const relay = throughRelay(link, 'fe80::5', suboption(43, [0, 37, 0]));
      silent(await w.send(solicit(client6(1), withIaNa(1), withRapidCommit(), relay)));
      assert.equal(w.stat('pkt6-parse-failed'), 1);
      assert.equal(w.stat('assigned-nas'), 0);
      assert.ok(w.logged('DHCP6_PACKET_DROP_PARSE_FAIL'));
    },
  ),
  scenario6(
    'RFC 8357 §5.2: a relay with a Source Port option is answered where it sent from',
    plain6(),
    async (w) => {
      const packet = solicit(client6(1), withIaNa(1), throughRelay(link, 'fe80::5', withRelayPort(0)));
      const reply = answered6(await w.send(packet, { sourcePort: 40_000 }), ADVERTISE);
      assert.equal(reply.to, '[2001:db8:ffff::1]:40000');
      assert.equal(Buffer.from(reply.relays[0]!.options.get(135)!).toString('hex'), '0000');
    },
  ),
  scenario6(
    'RFC 8357 §5.2: the option of an inner relay is echoed and decides nothing here',
    plain6(),
    async (w) => {
      const inner = throughRelay(link, 'fe80::5', withRelayPort(5000));
      const packet = solicit(client6(1), withIaNa(1), inner, throughRelay('::', '2001:db8:f::1'));
      const reply = answered6(await w.send(packet, { sourcePort: 40_000 }), ADVERTISE);
      assert.equal(reply.to, '[2001:db8:ffff::1]:547');
      assert.equal(Buffer.from(reply.relays[1]!.options.get(135)!).toString('hex'), '1388');
    },
  ),
  scenario6('§18.4: a relay may send by unicast', plain6(), async (w) => {
    const relay = throughRelay(link, 'fe80::5');
    const first = await acquire6(w, [withIaNa(1)], client6(1), relay);
    const reply = await w.unicast(renew(client6(1), toServer(), ...first.ias.map(asked), relay));
    answered6(reply, REPLY, ...first.given);
  }),

  scenario6('RFC 6422 §5: an option that a relay supplies reaches the client', plain6(), async (w) => {
    const relay = throughRelay(link, 'fe80::5', withSuppliedOptions(suboption(65, domain('example.org'))));
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), relay)), ADVERTISE);
    assert.equal(reply.hex(65), Buffer.from(domain('example.org')).toString('hex'));
    assert.ok(!reply.message.options.has(66));
  }),
  scenario6(
    'RFC 6422 §5: only options of the list, unless the server has its own',
    plain6({
      'relay-supplied-options': ['23', 'nis-domain-name'],
      'option-data': [{ name: 'dns-servers', data: '2001:db8::53', 'always-send': true }],
    }),
    async (w) => {
      const supplied = withSuppliedOptions(
        suboption(23, parseBytes('2001:db8::99')),
        suboption(29, domain('nis')),
        suboption(65, domain('x')),
        suboption(1, [0, 3]),
      );
      const reply = answered6(
        await w.send(solicit(client6(1), withIaNa(1), throughRelay(link, 'fe80::5', supplied))),
        ADVERTISE,
      );
      assert.equal(reply.hex(23), '20010db8000000000000000000000053');
      assert.equal(reply.hex(29), Buffer.from(domain('nis')).toString('hex'));
      assert.equal(reply.hex(65), '');
      assert.equal(reply.message.options.all(1).length, 1);
    },
  ),
  scenario6('RFC 6422 §6: the relay nearest to the client goes first', plain6(), async (w) => {
    const inner = throughRelay(link, 'fe80::5', withSuppliedOptions(suboption(65, domain('inner'))));
    const outer = throughRelay('::', '2001:db8:f::1', withSuppliedOptions(suboption(65, domain('outer'))));
    const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), inner, outer)), ADVERTISE);
    assert.deepEqual(
      reply.message.options.all(65).map((bytes) => Buffer.from(bytes).toString('hex')),
      [Buffer.from(domain('inner')).toString('hex')],
    );
  }),
  scenario6('supplied options that cannot be read are left out', plain6(), async (w) => {
    const relay = throughRelay(link, 'fe80::5', suboption(66, [0, 65, 0, 99, 1]));
    const reply = answered6(
      await w.send(informationRequest(client6(1), withRequestedOptions(65), relay)),
      REPLY,
    );
    assert.equal(reply.hex(65), '');
  }),

  scenario6('store-extended-info keeps the relays with the lease', kept, async (w) => {
    const relay = throughRelay(
      link,
      'fe80::5',
      withInterfaceId('if'),
      withRemoteId(9, 'ab'),
      suboption(53, [0, 2, 0, 0, 0, 9, 1]),
    );
    const first = await acquire6(w, [withIaNa(1)], client6(1), relay);
    const lease = (await w.lease(first.given[0]!))!;
    assert.deepEqual(lease.userContext, {
      ISC: {
        'relay-info': [
          {
            hop: 0,
            link,
            peer: 'fe80::5',
            options: '0x0012000269660025000600000009616200350007000200000009' + '01',
            'remote-id': '000000096162',
            'relay-id': '00020000000901',
          },
        ],
      },
    });
    await w.pass(2000);
    await w.send(renew(client6(1), toServer(), ...first.ias.map(asked)));
    assert.deepEqual(
      (await w.lease(first.given[0]!))?.userContext,
      lease.userContext,
      'a direct renewal keeps it',
    );
  }),
  scenario6('without store-extended-info nothing is kept', plain6(), async (w) => {
    const first = await acquire6(
      w,
      [withIaNa(1)],
      client6(1),
      throughRelay(link, 'fe80::5', withInterfaceId('if')),
    );
    assert.equal((await w.lease(first.given[0]!))?.userContext, null);
  }),
];

function parseBytes(text: string): number[] {
  const hex = parseIpv6(text).toString(16).padStart(32, '0');
  return [...Buffer.from(hex, 'hex')];
}
