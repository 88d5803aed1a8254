// Keys that only DHCPv6 has: what they resolve to, their defaults, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { load6, refusal6, subnet6, warnings6 } from './parts6.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('a server without any configuration of its own has the defaults of Kea', () => {
  const { globals, parameters } = load6({});
  assert.deepEqual(globals.hostReservationIdentifiers, ['hw-address', 'duid']);
  assert.deepEqual(globals.macSources, ['any']);
  assert.deepEqual(globals.relaySuppliedOptions, [65]);
  assert.deepEqual(globals.serverId, {
    type: 'LLT',
    identifier: bytes(),
    htype: 0,
    time: 0,
    enterpriseId: 0,
    persist: true,
  });
  assert.equal(globals.dataDirectory, null);
  assert.equal(globals.allowAddressRegistration, true);
  assert.deepEqual(parameters.validLifetime, { min: 7200, value: 7200, max: 7200 });
  assert.equal(parameters.preferredLifetime, undefined);
  assert.deepEqual(
    [parameters.calculateTeeTimes, parameters.t1Percent, parameters.t2Percent],
    [true, 0.5, 0.8],
  );
  assert.deepEqual([parameters.allocator, parameters.pdAllocator], ['iterative', 'iterative']);
  assert.equal(parameters.rapidCommit, false);
});

const resolved: readonly (readonly [string, JsonMap, (snapshot: Snapshot) => unknown, unknown])[] = [
  [
    'identifiers in an order of their own',
    { 'host-reservation-identifiers': ['flex-id', 'duid'] },
    ({ globals }) => globals.hostReservationIdentifiers,
    ['flex-id', 'duid'],
  ],
  [
    'all identifiers there are',
    {
      'host-reservation-identifiers': ['auto'],
      'hooks-libraries': [{ library: '/usr/lib/libdhcp_flex_id.so' }],
    },
    ({ globals }) => globals.hostReservationIdentifiers,
    ['hw-address', 'duid', 'flex-id'],
  ],
  [
    'sources of hardware addresses, by RFC too',
    { 'mac-sources': ['rfc6939', 'duid', 'rfc4649', 'subscriber-id'] },
    ({ globals }) => globals.macSources,
    ['client-link-addr-option', 'duid', 'remote-id', 'subscriber-id'],
  ],
  [
    'options of relays by code and by name',
    { 'relay-supplied-options': ['110', 'erp-local-domain-name', '110'] },
    ({ globals }) => globals.relaySuppliedOptions,
    [110, 65],
  ],
  [
    'no options of relays at all',
    { 'relay-supplied-options': [] },
    ({ globals }) => globals.relaySuppliedOptions,
    [],
  ],
  [
    'a DUID of an enterprise',
    { 'server-id': { type: 'EN', 'enterprise-id': 9, identifier: '0abc', persist: false } },
    ({ globals }) => globals.serverId,
    { type: 'EN', identifier: bytes(0x0a, 0xbc), htype: 0, time: 0, enterpriseId: 9, persist: false },
  ],
  [
    'a DUID of a link-layer address',
    { 'server-id': { type: 'LL', htype: 1, identifier: '02:00:00:00:00:01', time: 5 } },
    ({ globals }) => globals.serverId,
    { type: 'LL', identifier: bytes(2, 0, 0, 0, 0, 1), htype: 1, time: 5, enterpriseId: 0, persist: true },
  ],
  ['a directory', { 'data-directory': '/srv/dhcp' }, ({ globals }) => globals.dataDirectory, '/srv/dhcp'],
  [
    'no address registration',
    { 'allow-address-registration': false },
    ({ globals }) => globals.allowAddressRegistration,
    false,
  ],
  [
    'the lifetimes of a class',
    {
      'client-classes': [
        { name: 'a', 'preferred-lifetime': 5, 'max-preferred-lifetime': 9, 'min-valid-lifetime': 3 },
      ],
    },
    ({ classes }) => [classes[0]!.preferredLifetime, classes[0]!.validLifetime],
    [
      { min: 5, value: 5, max: 9 },
      { min: 3, value: 3, max: 3 },
    ],
  ],
  [
    'an interface-id that is text, one that is bytes, one of the network, and none',
    {
      subnet6: [
        subnet6(1, { 'interface-id': 'vlan7' }),
        subnet6(2, { 'interface-id': '0x00fF' }),
        subnet6(3, { 'interface-id': '' }),
      ],
    },
    ({ subnets }) => [...subnets.values()].map(({ interfaceId }) => interfaceId),
    [Uint8Array.from(Buffer.from('vlan7')), bytes(0, 255), null],
  ],
];
for (const [name, json, read, expected] of resolved) {
  test(`resolved: ${name}`, () => assert.deepEqual(read(load6(json)), expected));
}

test('rapid-commit, both allocators and preferred lifetimes come from the subnet, else the network, else outside', () => {
  const { subnets, networks } = load6({
    allocator: 'random',
    'pd-allocator': 'flq',
    'preferred-lifetime': 100,
    'shared-networks': [
      {
        name: 'n',
        'rapid-commit': true,
        'pd-allocator': 'random',
        'min-preferred-lifetime': 50,
        subnet6: [subnet6(1), subnet6(2, { 'pd-allocator': 'shared-flq', 'max-preferred-lifetime': 200 })],
      },
    ],
    subnet6: [subnet6(3, { 'rapid-commit': true, 'preferred-lifetime': 70 }), subnet6(4)],
  });
  const seen = [...subnets.values()].map(({ parameters: p }) => [
    p.rapidCommit,
    p.allocator,
    p.pdAllocator,
    p.preferredLifetime,
  ]);
  assert.deepEqual(seen, [
    [true, 'random', 'random', { min: 50, value: 100, max: 100 }],
    [true, 'random', 'shared-flq', { min: 50, value: 100, max: 200 }],
    [true, 'random', 'flq', { min: 70, value: 70, max: 70 }],
    [false, 'random', 'flq', { min: 100, value: 100, max: 100 }],
  ]);
  assert.equal(subnets.get(1)!.parameters, networks.get('n')!.parameters);
});

const refused: readonly (readonly [string, JsonMap, string])[] = [
  [
    'a lifetime above its bound',
    { 'preferred-lifetime': 9, 'max-preferred-lifetime': 8 },
    'Dhcp6.preferred-lifetime: global preferred-lifetime: preferred-lifetime 9 is above max-preferred-lifetime 8',
  ],
  [
    'a queue of free addresses for IPv6',
    { allocator: 'flq' },
    'Dhcp6.allocator: must be one of iterative, random, shared-flq',
  ],
  [
    'an identifier of the other protocol',
    { 'host-reservation-identifiers': ['circuit-id'] },
    'Dhcp6.host-reservation-identifiers[0]: must be one of hw-address, duid, flex-id, auto',
  ],
  [
    'no source of hardware addresses',
    { 'mac-sources': [] },
    'Dhcp6.mac-sources: must have at least 1 entries',
  ],
  [
    'a source of hardware addresses under two names',
    { 'mac-sources': ['remote-id', 'rfc4649'] },
    "Dhcp6.mac-sources: global mac-sources: 'remote-id' is listed twice",
  ],
  [
    'an option of relays that nobody knows',
    { 'relay-supplied-options': ['no-such-thing'] },
    "Dhcp6.relay-supplied-options: global relay-supplied-options: 'no-such-thing' is neither the code nor the name of an option",
  ],
  [
    'an option of relays with an impossible code',
    { 'relay-supplied-options': ['0'] },
    'Dhcp6.relay-supplied-options: global relay-supplied-options: option code 0 is not within 1..65535',
  ],
  [
    'a type of DUID that cannot be made',
    { 'server-id': { type: 'UUID' } },
    'Dhcp6.server-id.type: must be one of LLT, EN, LL',
  ],
  [
    'an identifier of the DUID that is no hex',
    { 'server-id': { identifier: 'xyz' } },
    "Dhcp6.server-id: global server-id: identifier 'xyz' is not a string of hexadecimal digits",
  ],
  [
    'interface and interface-id together',
    { subnet6: [subnet6(1, { interface: 'eth0', 'interface-id': 'vlan7' })] },
    "Dhcp6.subnet6[0].interface-id: subnet 1: has both 'interface' (clients on a link of this server) and 'interface-id' (clients behind a relay)",
  ],
  [
    'interface and interface-id together in a network',
    { 'shared-networks': [{ name: 'n', interface: 'eth0', 'interface-id': 'vlan7', subnet6: [] }] },
    "Dhcp6.shared-networks[0].interface-id: shared-network n: has both 'interface' (clients on a link of this server) and 'interface-id' (clients behind a relay)",
  ],
  [
    'subnets of one network that disagree on rapid-commit',
    {
      'shared-networks': [
        { name: 'n', 'rapid-commit': true, subnet6: [subnet6(1), subnet6(2, { 'rapid-commit': false })] },
      ],
    },
    "Dhcp6.shared-networks[0].subnet6[1]: subnet 2: all subnets of the shared network 'n' must agree on 'rapid-commit'; subnet 1 differs",
  ],
  [
    'rapid-commit in the global scope, where Kea has none',
    { 'rapid-commit': true },
    "Dhcp6.rapid-commit: unknown key 'rapid-commit'",
  ],
  [
    'a prefix of the other protocol',
    { subnet6: [{ id: 1, subnet: '192.0.2.0/24' }] },
    "Dhcp6.subnet6[0].subnet: subnet 1: '192.0.2.0/24' is not an IPv6 prefix such as 2001:db8::/32",
  ],
  [
    'a relay of the other protocol',
    { subnet6: [subnet6(1, { relay: { 'ip-addresses': ['192.0.2.1'] } })] },
    "Dhcp6.subnet6[0].relay: subnet 1: '192.0.2.1' is not an IPv6 address",
  ],
  [
    'a pool outside its subnet',
    { subnet6: [subnet6(1, { pools: [{ pool: '2001:db8:0:2::/80' }] })] },
    'Dhcp6.subnet6[0].pools[0].pool: pool 2001:db8:0:2::/80 (subnet 1): the pool 2001:db8:0:2:: - 2001:db8:0:2:0:ffff:ffff:ffff is not inside the subnet 2001:db8:0:1::/64',
  ],
  [
    'an option of a pool, where the subnet has options too',
    {
      subnet6: [
        subnet6(1, {
          'option-data': [{ code: 23, data: '2001:db8::1' }],
          pools: [
            { pool: '2001:db8:0:1::/80' },
            { pool: '2001:db8:0:1:1::/80', 'option-data': [{ code: 7, data: 'x' }] },
          ],
        }),
      ],
    },
    'Dhcp6.subnet6[0].pools[1].option-data[0].data: option dhcp6.7 (pool 2001:db8:0:1:1::/80, subnet 1): ',
  ],
  [
    'an option of the other protocol',
    { 'option-data': [{ space: 'dhcp4', code: 3, data: '192.0.2.1' }] },
    "Dhcp6.option-data[0].space: option dhcp4.3: space 'dhcp4' belongs to the other protocol; use 'dhcp6'",
  ],
];
for (const [name, json, message] of refused) {
  test(`refused: ${name}`, () => assert.ok(refusal6(json).startsWith(message), refusal6(json)));
}

test('what is read and has no effect is said at the start', () => {
  const warnings = warnings6({
    'pd-allocator': 'flq',
    'sanity-checks': { 'lease-checks': 'fix' },
    'dhcp-ddns': { 'enable-updates': true },
    subnet6: [subnet6(1, { allocator: 'shared-flq', 'pd-allocator': 'random' })],
  });
  assert.deepEqual(warnings, [
    'Dhcp6.pd-allocator: not in force: pd-allocator = "flq"; free prefixes are looked for without a queue',
    'Dhcp6.sanity-checks: not in force: sanity-checks; leases are read from files as they are',
    'Dhcp6.dhcp-ddns.enable-updates: not in force: enable-updates = true; no DNS update is sent',
    'Dhcp6.subnet6[0].allocator: not in force: allocator = "shared-flq"; free addresses are looked for without a queue',
  ]);
});
