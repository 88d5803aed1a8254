// Prefix pools and reserved prefixes: what they resolve to, and what cannot be delegated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { buildSnapshot, type BuildResult } from '../../src/config/build.ts';
import type { WrittenObject } from '../../src/config/parts.ts';
import type { PdPool } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { partsWith, row } from './parts.ts';
import { load6, refusal6, subnet6 } from './parts6.ts';

const pd = (prefix: string, more: JsonMap = {}): JsonMap => {
  const [address, length] = prefix.split('/');
  return { prefix: address!, 'prefix-len': Number(length), 'delegated-len': 56, ...more };
};
const with6 = (...pools: JsonMap[]): JsonMap => ({ subnet6: [subnet6(1, { 'pd-pools': pools })] });

test('a prefix pool with everything it may hold', () => {
  const { subnets } = load6(
    with6(
      pd('2001:db8:8000::/40', {
        'excluded-prefix': '2001:db8:8000:1::',
        'excluded-prefix-len': 64,
        'pool-id': 7,
        'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }],
        'client-class': 'homes',
        'require-client-classes': ['late'],
        'user-context': { site: 'west' },
        comment: 'for homes',
      }),
    ),
  );
  const [pool] = subnets.get(1)!.pdPools;
  const { options, ...rest } = pool!;
  assert.deepEqual(rest, {
    rowId: null,
    poolId: 7,
    first: parseIpv6('2001:db8:8000::'),
    last: parseIpv6('2001:db8:80ff:ffff:ffff:ffff:ffff:ffff'),
    length: 40,
    delegatedLength: 56,
    capacity: 65536n,
    excluded: { prefix: parseIpv6('2001:db8:8000:1::'), length: 64 },
    clientClasses: ['homes'],
    evaluateAdditionalClasses: ['late'],
    userContext: { site: 'west', comment: 'for homes' },
  } satisfies Omit<PdPool, 'options'>);
  assert.equal(options.get('dhcp6')!.get(23)!.length, 1);
});

test('a pool may be one prefix, lie outside the subnet, and exclude nothing', () => {
  const none = { 'excluded-prefix': '::', 'excluded-prefix-len': 0 };
  const { subnets } = load6(with6(pd('2001:db9::/56', none), pd('2001:db9:0:100::/56')));
  const pools = subnets.get(1)!.pdPools;
  assert.deepEqual(
    pools.map(({ capacity, excluded }) => [capacity, excluded]),
    [
      [1n, null],
      [1n, null],
    ],
  );
});

const excluding = (prefix: string, length: number): JsonMap =>
  pd('2001:db8:8000::/40', { 'excluded-prefix': prefix, 'excluded-prefix-len': length });
const refused: readonly (readonly [string, JsonMap, string])[] = [
  [
    'parts larger than the pool',
    with6(pd('2001:db8::/60')),
    'pd-pools[0].delegated-len: pd-pool 2001:db8::/60 (subnet 1): delegated-len 56 is shorter than prefix-len 60',
  ],
  [
    'host bits in the prefix',
    with6(pd('2001:db8::1/40')),
    "pd-pools[0].prefix: pd-pool 2001:db8::1/40 (subnet 1): '2001:db8::1/40' has host bits set; write 2001:db8::/40",
  ],
  [
    'a prefix that is none',
    with6(pd('here/40')),
    "pd-pools[0].prefix: pd-pool here/40 (subnet 1): 'here' is not an IPv6 address",
  ],
  [
    'a length written into the prefix',
    with6({ prefix: '2001:db8::/40', 'prefix-len': 40, 'delegated-len': 56 }),
    "pd-pools[0].prefix: pd-pool 2001:db8::/40/40 (subnet 1): '2001:db8::/40' is not an IPv6 address",
  ],
  ['a length of zero', with6(pd('::/0')), 'pd-pools[0].prefix-len: must be an integer from 1 to 128'],
  [
    'an excluded prefix outside the first delegated one',
    with6(excluding('2001:db8:8001::', 64)),
    'pd-pools[0].excluded-prefix: pd-pool 2001:db8:8000::/40 (subnet 1): the excluded prefix 2001:db8:8001::/64 is not inside 2001:db8:8000::/56',
  ],
  [
    'an excluded prefix as long as the delegated one',
    with6(excluding('2001:db8:8000::', 56)),
    'pd-pools[0].excluded-prefix: pd-pool 2001:db8:8000::/40 (subnet 1): the excluded prefix 2001:db8:8000::/56 must be longer than the delegated /56',
  ],
  [
    'an excluded prefix without its length',
    with6(pd('2001:db8:8000::/40', { 'excluded-prefix': '2001:db8:8000:1::' })),
    'pd-pools[0].excluded-prefix: pd-pool 2001:db8:8000::/40 (subnet 1): excluded-prefix needs an excluded-prefix-len',
  ],
  [
    'the length of an excluded prefix alone',
    with6(pd('2001:db8:8000::/40', { 'excluded-prefix-len': 64 })),
    'pd-pools[0].excluded-prefix-len: pd-pool 2001:db8:8000::/40 (subnet 1): excluded-prefix-len needs an excluded-prefix',
  ],
  [
    'overlapping pools',
    with6(pd('2001:db8:8000::/40'), pd('2001:db8:80ff::/48')),
    'pd-pools[1]: pd-pool 2001:db8:80ff::/48 (subnet 1): the prefix pool 2001:db8:80ff::/48 overlaps the prefix pool 2001:db8:8000::/40',
  ],
];
for (const [name, json, message] of refused) {
  test(`refused: ${name}`, () => assert.equal(refusal6(json), `Dhcp6.subnet6[0].${message}`));
}

const reserving = (more: JsonMap): JsonMap => ({
  subnet6: [subnet6(1, { reservations: [{ duid: '00:03:00:01:02', ...more }] })],
});

test('a reservation of several addresses and prefixes', () => {
  const { hosts } = load6(
    reserving({
      'ip-addresses': ['2001:db8:0:1::7', '2001:db8:0:1::'],
      prefixes: ['2001:db8:0:1::/64', '2001:db9::/48'],
      'excluded-prefixes': ['', '2001:db9:0:1::/64'],
    }),
  );
  const excluded = { prefix: parseIpv6('2001:db9:0:1::'), length: 64 };
  assert.deepEqual(hosts[0]!.addresses6, [
    { address: parseIpv6('2001:db8:0:1::7'), prefixLength: 128, type: 0, excluded: null },
    { address: parseIpv6('2001:db8:0:1::'), prefixLength: 128, type: 0, excluded: null },
    { address: parseIpv6('2001:db8:0:1::'), prefixLength: 64, type: 2, excluded: null },
    { address: parseIpv6('2001:db9::'), prefixLength: 48, type: 2, excluded },
  ]);
});

const badReservations: readonly (readonly [string, JsonMap, string])[] = [
  [
    'an address outside the subnet',
    { 'ip-addresses': ['2001:db8:0:2::1'] },
    'ip-addresses: the reserved address 2001:db8:0:2::1 is not inside the subnet 2001:db8:0:1::/64',
  ],
  ['an address that is none', { 'ip-addresses': ['::'] }, 'ip-addresses: :: cannot be reserved'],
  ['a multicast address', { 'ip-addresses': ['ff02::1'] }, 'ip-addresses: ff02::1 cannot be reserved'],
  [
    'an address twice',
    { 'ip-addresses': ['2001:db8:0:1::1', '2001:DB8:0:1:0::1'] },
    'ip-addresses: 2001:db8:0:1::1 is listed twice',
  ],
  [
    'a prefix twice',
    { prefixes: ['2001:db9::/48', '2001:db9::/48'] },
    'prefixes: 2001:db9::/48 is listed twice',
  ],
  ['every prefix there is', { prefixes: ['::/0'] }, 'prefixes: ::/0 cannot be reserved'],
  [
    'fewer excluded prefixes than prefixes',
    { prefixes: ['2001:db9::/48', '2001:dba::/48'], 'excluded-prefixes': [''] },
    'excluded-prefixes: needs as many entries as prefixes ("" for none)',
  ],
  [
    'an excluded prefix outside its prefix',
    { prefixes: ['2001:db9::/48'], 'excluded-prefixes': ['2001:dba::/64'] },
    'excluded-prefixes: the excluded prefix 2001:dba::/64 is not inside 2001:db9::/48',
  ],
  ['two identifiers', { 'flex-id': "'x'" }, 'flex-id: has more than one identifier: duid, flex-id'],
];
for (const [name, more, message] of badReservations) {
  test(`refused in a reservation: ${name}`, () => {
    const said = refusal6(reserving(more)).replace('reservation duid 00:03:00:01:02 (subnet 1): ', '');
    assert.equal(said, `Dhcp6.subnet6[0].reservations[0].${message}`);
  });
}

test('a prefix is reserved once among the clients of a subnet, unless reservations may share', () => {
  const clients = ['01', '02'].map((end) => ({ duid: `00:03:00:01:${end}`, prefixes: ['2001:db9::/48'] }));
  const json = { subnet6: [subnet6(1, { reservations: clients })] };
  assert.match(refusal6(json), /duplicate reservation: 2001:db9::\/48 is reserved twice here$/);
  assert.equal(load6({ ...json, 'ip-reservations-unique': false }).hosts.length, 2);
});

const rows = (...pools: JsonMap[]): WrittenObject =>
  row(subnet6(1, { 'pd-pools': pools.map((json, at) => ({ ...json, metadata: { 'row-id': at + 1 } })) }));
const build = (subnet: WrittenObject, last?: BuildResult): BuildResult =>
  buildSnapshot(
    partsWith({ family: 6, subnets: [subnet] }),
    last ? { parts: last.inForce, snapshot: last.snapshot } : null,
    { mode: 'quarantine', epoch: 1 },
  );
const said = ({ rejections }: BuildResult): string[] =>
  rejections.map(
    ({ objectType, objectKey, origin, reason, lastGoodKept }) =>
      `${objectType} ${objectKey} row ${origin.kind === 'database' ? origin.rowId : '?'}: ${reason}${lastGoodKept ? ' [kept]' : ''}`,
  );

test('of rows, a bad prefix pool is set aside alone, and its last good version stays', () => {
  const good = build(rows(pd('2001:db8:8000::/40'), pd('2001:db9::/40')));
  const [first, second] = good.snapshot.subnets.get(1)!.pdPools;
  const broken = build(rows(pd('2001:db8:8000::/40', { 'delegated-len': 30 }), pd('2001:db9::/40')), good);
  assert.deepEqual(said(broken), [
    'pd-pool 2001:db8:8000::/40 (subnet 1) row 1: delegated-len 30 is shorter than prefix-len 40 [kept]',
  ]);
  assert.deepEqual(broken.snapshot.subnets.get(1)!.pdPools, [first, second]);
  const fresh = build(rows(pd('2001:db8:8000::/40', { 'delegated-len': 30 }), pd('2001:db9::/40')));
  assert.equal(fresh.snapshot.subnets.get(1)!.pdPools.length, 1);
  assert.equal(fresh.snapshot.subnets.get(1)!.pdPools[0]!.rowId, 2);
});

test('of rows, a value of the wrong kind is set aside too: a list of classes that is none opens no pool to all', () => {
  const pools = rows(
    pd('2001:db8:8000::/40', { 'client-classes': 'homes' }),
    pd('2001:db9::/40', { 'option-data': [{ code: 23, data: 'x', metadata: { 'row-id': 9 } }] }),
  );
  assert.deepEqual(said(build(pools)), [
    'pd-pool 2001:db8:8000::/40 (subnet 1) row 1: client-classes must be a list [ ]',
    "option dhcp6.23 (pd-pool 2001:db9::/40, subnet 1) row 9: option dns-servers (dhcp6 23): 'x' is refused: ipv6-address takes an IPv6 address such as 2001:db8::1",
  ]);
});

test('an option of a prefix pool is read again when its definition changes', () => {
  const pool = rows(pd('2001:db8:8000::/40', { 'option-data': [{ code: 4711, data: '7' }] }));
  const define = (type: string): BuildResult['inForce'] =>
    partsWith({ family: 6, subnets: [pool], optionDefs: [row({ name: 'own', code: 4711, type })] });
  const first = buildSnapshot(define('uint8'), null, { mode: 'quarantine', epoch: 1 });
  const next = buildSnapshot(
    define('uint16'),
    { parts: first.inForce, snapshot: first.snapshot },
    { mode: 'quarantine', epoch: 2 },
  );
  const dataOf = ({ snapshot }: BuildResult): Uint8Array =>
    snapshot.subnets.get(1)!.pdPools[0]!.options.get('dhcp6')!.get(4711)![0]!.data;
  assert.deepEqual([dataOf(first).length, dataOf(next).length], [1, 2]);
});
