// Subnet selection (RFC 8415 §13.1) and shared networks.
import assert from 'node:assert/strict';
import { parseIpv6 } from '../../../../src/addr/ipv6.ts';
import type { JsonMap } from '../../../../src/config/written.ts';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  renew,
  solicit,
  throughRelay,
  withIaNa,
  withIaPd,
  withInterfaceId,
  withRequestedOptions,
  withVendorClass,
  type PacketPart6,
} from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  leaseOf,
  refused,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';
import type { World } from '../../world.ts';

const cisco: JsonMap = { name: 'cisco', test: 'vendor-class[9].exists' };
const asCisco = withVendorClass(9, 'x');

/** Subnets 1, 2 and 3: 2001:db8:<id>::/48. */
const three = (one: JsonMap = {}, two: JsonMap = {}, globals: JsonMap = {}): JsonMap => ({
  'client-classes': [cisco],
  subnet6: [1, 2, 3].map((id) => ({
    id,
    subnet: `2001:db8:${id}::/48`,
    pools: [{ pool: `2001:db8:${id}::/112` }],
    ...(id === 1 && one),
    ...(id === 2 && two),
  })),
  ...globals,
});

/** Subnets 1 and 2 share a network on eth0; one address and one prefix each. */
const shared = (one: JsonMap = {}, two: JsonMap = {}, network: JsonMap = {}): JsonMap => ({
  'client-classes': [cisco],
  'shared-networks': [
    {
      name: 'floor',
      interface: 'eth0',
      subnet6: [1, 2].map((id) => ({
        id,
        subnet: `2001:db8:${id}::/64`,
        pools: [{ pool: `2001:db8:${id}::10 - 2001:db8:${id}::10` }],
        'pd-pools': [{ prefix: `2001:db8:${id}000::`, 'prefix-len': 56, 'delegated-len': 56 }],
        ...(id === 1 ? one : two),
      })),
      ...network,
    },
  ],
});

async function offeredIn(
  w: World<6>,
  subnet: number | null,
  ...parts: readonly PacketPart6[]
): Promise<void> {
  const reply = answered6(await w.send(solicit(client6(9), withIaNa(1), ...parts)), ADVERTISE);
  if (subnet === null) refused(reply, statusCode6.NoAddrsAvail);
  else assert.ok(leaseOf(reply).text.startsWith(`2001:db8:${subnet}::`), leaseOf(reply).text);
}

const id = (text: string): JsonMap => ({ 'interface-id': text });
const relays = (...list: string[]): JsonMap => ({ relay: { 'ip-addresses': list } });

export const subnets6: readonly Scenario<6>[] = [
  scenario6(
    'a direct packet is placed by the interface that it came in on',
    three({}, { interface: 'eth0' }),
    async (w) => {
      await offeredIn(w, 2);
    },
  ),
  scenario6('a link-local source places a packet nowhere', three(), async (w) => {
    await offeredIn(w, null);
  }),
  scenario6('a global source address places a direct packet', three(), async (w) => {
    const packet = solicit(client6(1), withIaNa(1));
    const reply = await w.send(packet, { source: parseIpv6('2001:db8:3::77') });
    assert.ok(leaseOf(reply).text.startsWith('2001:db8:3::'));
  }),
  scenario6('§13.1: the link-address of the relay', three(), async (w) => {
    await offeredIn(w, 3, throughRelay('2001:db8:3::1', 'fe80::5'));
  }),
  scenario6('§13.1: of several relays the one next to the client', three(), async (w) => {
    await offeredIn(
      w,
      2,
      throughRelay('2001:db8:2::1', 'fe80::5'),
      throughRelay('2001:db8:3::1', '2001:db8:2::1'),
    );
  }),
  scenario6(
    'RFC 6221 §5: a lightweight relay has no link-address: the next relay tells',
    three(),
    async (w) => {
      await offeredIn(
        w,
        3,
        throughRelay('::', 'fe80::5', withInterfaceId('port7')),
        throughRelay('2001:db8:3::1', 'fe80::6'),
      );
      await offeredIn(w, 3, throughRelay('fe80::1', 'fe80::5'), throughRelay('2001:db8:3::1', 'fe80::6'));
    },
  ),
  scenario6('relays without any link-address place a packet nowhere', three(), async (w) => {
    await offeredIn(w, null, throughRelay('::', 'fe80::5'));
    await offeredIn(w, null, throughRelay('2001:db8:77::1', 'fe80::5'));
  }),
  scenario6(
    'a relay address of a subnet goes before the prefix',
    three({}, relays('2001:db8:3::1')),
    async (w) => {
      await offeredIn(w, 2, throughRelay('2001:db8:3::1', 'fe80::5'));
    },
  ),
  scenario6(
    'of two subnets with the same relay the lower id wins',
    three(relays('2001:db8:77::1'), relays('2001:db8:77::1')),
    async (w) => {
      await offeredIn(w, 1, throughRelay('2001:db8:77::1', 'fe80::5'));
    },
  ),
  scenario6('the interface-id of a relay goes before its link-address', three({}, id('port7')), async (w) => {
    await offeredIn(w, 2, throughRelay('2001:db8:3::1', 'fe80::5', withInterfaceId('port7')));
    await offeredIn(w, 3, throughRelay('2001:db8:3::1', 'fe80::5', withInterfaceId('port8')));
  }),
  scenario6(
    'of several relays the interface-id nearest to the client counts',
    three(id('port7'), id('port8')),
    async (w) => {
      const inner = throughRelay('::', 'fe80::5', withInterfaceId('port7'));
      await offeredIn(w, 1, inner, throughRelay('2001:db8:3::1', 'fe80::5', withInterfaceId('port8')));
      await offeredIn(
        w,
        2,
        throughRelay('::', 'fe80::5'),
        throughRelay('2001:db8:3::1', 'fe80::5', withInterfaceId('port8')),
      );
    },
  ),
  scenario6('an interface name is for direct packets alone', three({}, { interface: 'eth0' }), async (w) => {
    await offeredIn(w, 3, throughRelay('2001:db8:3::1', 'fe80::5'));
  }),
  scenario6(
    'a subnet that the classes do not admit is passed over',
    three({ interface: 'eth0', 'client-classes': ['cisco'] }, { interface: 'eth0' }),
    async (w) => {
      await offeredIn(w, 2);
      await offeredIn(w, 1, asCisco);
    },
  ),

  scenario6('a full subnet of a shared network leaves its clients to the next', shared(), async (w) => {
    const first = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(1));
    const second = await acquire6(w, [withIaNa(1), withIaPd(1)], client6(2));
    assert.deepEqual([...first.given, ...second.given].sort(), [
      '2001:db8:1000::/56',
      '2001:db8:1::10',
      '2001:db8:2000::/56',
      '2001:db8:2::10',
    ]);
    const third = await w.send(solicit(client6(3), withIaNa(1), withIaPd(1)));
    refused(third, statusCode6.NoAddrsAvail, 0);
    refused(third, statusCode6.NoPrefixAvail, 1);
    assert.equal(w.stat('subnet[1].assigned-nas') + w.stat('subnet[2].assigned-nas'), 2);
  }),
  scenario6('a lease of any subnet of the network is renewed where it is', shared(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const second = await acquire6(w, [withIaNa(1)], client6(2));
    for (const [n, { ias, given }] of [first, second].entries()) {
      const reply = await w.send(renew(client6(n + 1), toServer(), ...ias.map(asked)));
      answered6(reply, REPLY, ...given);
    }
  }),
  scenario6('a hint in another subnet of the network is followed', shared(), async (w) => {
    const reply = await w.send(solicit(client6(1), withIaNa(1, address('2001:db8:2::10'))));
    answered6(reply, ADVERTISE, '2001:db8:2::10');
  }),
  scenario6(
    'options and lifetimes are those of the subnet that the lease is from',
    shared(
      { 'valid-lifetime': 1000, 'option-data': [{ name: 'dns-servers', data: '2001:db8:1::53' }] },
      { 'valid-lifetime': 2000, 'option-data': [{ name: 'dns-servers', data: '2001:db8:2::53' }] },
    ),
    async (w) => {
      for (const n of [1, 2]) {
        const reply = await acquire6(
          w,
          [withIaNa(1, address(`2001:db8:${n}::10`))],
          client6(n),
          withRequestedOptions(23),
        );
        assert.equal(leaseOf(reply).valid, n * 1000);
        assert.equal(reply.hex(23), `20010db8000${n}00000000000000000053`);
      }
    },
  ),
  scenario6(
    'a subnet of the network that the classes do not admit is left out',
    shared({ 'client-classes': ['cisco'] }),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(1)], client6(1));
      assert.deepEqual(reply.given, ['2001:db8:2::10']);
      refused(await w.send(solicit(client6(2), withIaNa(1))), statusCode6.NoAddrsAvail);
      answered6(await w.send(solicit(client6(2), withIaNa(1), asCisco)), ADVERTISE, '2001:db8:1::10');
    },
  ),
  scenario6(
    'a network is found by its interface-id and by its relays',
    {
      'shared-networks': [
        {
          name: 'far',
          'interface-id': 'port7',
          subnet6: [{ id: 1, subnet: '2001:db8:1::/64', pools: [{ pool: '2001:db8:1::/80' }] }],
        },
        {
          name: 'near',
          relay: { 'ip-addresses': ['2001:db8:77::1'] },
          subnet6: [{ id: 2, subnet: '2001:db8:2::/64', pools: [{ pool: '2001:db8:2::/80' }] }],
        },
      ],
    },
    async (w) => {
      await offeredIn(w, 1, throughRelay('2001:db8:77::2', 'fe80::5', withInterfaceId('port7')));
      await offeredIn(w, 2, throughRelay('2001:db8:77::1', 'fe80::5'));
    },
  ),
  scenario6(
    'pools are for the classes that they name',
    three({
      interface: 'eth0',
      pools: [
        { pool: '2001:db8:1::10 - 2001:db8:1::10', 'client-classes': ['cisco'] },
        { pool: '2001:db8:1::20 - 2001:db8:1::20' },
      ],
      'pd-pools': [
        { prefix: '2001:db8:8000::', 'prefix-len': 56, 'delegated-len': 56, 'client-classes': ['cisco'] },
      ],
    }),
    async (w) => {
      const plain = await w.send(solicit(client6(1), withIaNa(1), withIaPd(1)));
      answered6(plain, ADVERTISE, '2001:db8:1::20');
      refused(plain, statusCode6.NoPrefixAvail, 1);
      const hint = withIaNa(1, address('2001:db8:1::10'));
      answered6(await w.send(solicit(client6(1), hint)), ADVERTISE, '2001:db8:1::20');
      const member = await w.send(solicit(client6(2), hint, withIaPd(1), asCisco));
      answered6(member, ADVERTISE, '2001:db8:1::10', '2001:db8:8000::/56');
    },
  ),
];
