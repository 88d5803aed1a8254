// The subnet index gives what looking at every subnet would give.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSnapshot } from '../../src/config/build.ts';
import { parseIpv4, parseIpv4Prefix } from '../../src/addr/ipv4.ts';
import { formatIpv6Prefix, ipv6Mask, parseIpv6 } from '../../src/addr/ipv6.ts';
import type { Snapshot, Subnet } from '../../src/config/snapshot.ts';
import { silentLogger } from '../../src/log.ts';
import { partsWith, row, subnet } from './parts.ts';
import { load6, subnet6 } from './parts6.ts';

const all = (): boolean => true;

function snapshotOf(...subnets: ReturnType<typeof subnet>[]): Snapshot {
  const networks = [row({ name: 'n', interface: 'eth9', relay: { 'ip-addresses': ['10.9.9.9'] } })];
  return buildSnapshot(partsWith({ networks, subnets }), null, { mode: 'strict', epoch: null }).snapshot;
}

test('by address: the longest prefix wins, the next one when it is not accepted', () => {
  const { index } = snapshotOf(
    subnet(1, { subnet: '10.0.0.0/8', pools: [] }),
    subnet(2, { subnet: '10.1.0.0/16', pools: [] }),
    subnet(3, { subnet: '10.1.1.0/24', pools: [] }),
    subnet(4, { subnet: '0.0.0.0/0', pools: [] }),
    subnet(5, { subnet: '255.255.255.255/32', pools: [] }),
  );
  const find = (text: string, accept: (one: Subnet) => boolean = all): number | undefined =>
    index.byAddress(parseIpv4(text), accept)?.id;
  assert.equal(find('10.1.1.1'), 3);
  assert.equal(find('10.1.2.1'), 2);
  assert.equal(find('10.2.0.0'), 1);
  assert.equal(find('192.0.2.1'), 4);
  assert.equal(find('255.255.255.255'), 5);
  assert.equal(
    find('10.1.1.1', ({ id }) => id !== 3),
    2,
  );
  assert.equal(
    find('10.1.1.1', () => false),
    undefined,
  );
});

test('over DHCPv6: by prefix, interface-id or interface, the lowest id that any of them says', () => {
  const { index } = snapshotOf(
    subnet(1),
    subnet(2, { '4o6-interface': 'eth3', '4o6-interface-id': '' }),
    subnet(3, { '4o6-subnet': '2001:db8:3::1/48', '4o6-interface-id': 'port3' }),
    subnet(4, { '4o6-interface-id': '0x706f727434' }),
    subnet(5, { '4o6-interface': 'eth3' }),
  );
  const find = (source: string, id: string, name: string, accept: (one: Subnet) => boolean = all) =>
    index.byDhcp4o6(parseIpv6(source), id === '' ? undefined : Buffer.from(id), name, accept)?.id;
  assert.equal(find('2001:db8:3:ffff::9', '', 'eth0'), 3);
  assert.equal(find('fe80::1', 'port3', 'eth0'), 3);
  assert.equal(find('fe80::1', 'port4', 'eth0'), 4);
  assert.equal(find('2001:db8:3::9', 'port4', 'eth3'), 2);
  assert.equal(
    find('fe80::1', '', 'eth3', ({ id }) => id > 2),
    5,
  );
  assert.equal(find('2001:db8:4::1', 'port5', 'eth0'), undefined);
  assert.throws(() => snapshotOf(subnet(1, { '4o6-subnet': '2001:db8::' })), /IPv6 prefix/);
  assert.throws(() => snapshotOf(subnet(1, { '4o6-subnet': '192.0.2.0/24' })), /IPv6/);
});

test('by relay and by interface: the lowest id, its own value or else that of its network', () => {
  const { index } = snapshotOf(
    subnet(1, { relay: { 'ip-addresses': ['10.8.8.8'] }, interface: 'eth1' }),
    subnet(4, { 'shared-network-name': 'n' }),
    subnet(3, { 'shared-network-name': 'n' }),
    subnet(5, { 'shared-network-name': 'n', relay: { 'ip-addresses': ['10.8.8.8'] } }),
  );
  assert.equal(index.byRelay(parseIpv4('10.8.8.8'), all)?.id, 1);
  assert.equal(index.byRelay(parseIpv4('10.9.9.9'), all)?.id, 3);
  assert.equal(index.byRelay(parseIpv4('10.9.9.9'), ({ id }) => id > 3)?.id, 4);
  assert.equal(index.byRelay(parseIpv4('10.7.7.7'), all), undefined);
  assert.equal(index.byInterface('eth1', all)?.id, 1);
  assert.equal(index.byInterface('eth9', all)?.id, 3);
  assert.equal(index.byInterface('eth0', all), undefined);
});

test('by address agrees with a search through all subnets', () => {
  const prefix = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 32 }))
    .map(([byte, length]) => {
      const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
      const address = ((0x0a000000 | (byte << 8) | byte) & mask) >>> 0;
      return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}/${length}`;
    });
  fc.assert(
    fc.property(
      fc.uniqueArray(prefix, { maxLength: 12 }),
      fc.array(fc.integer({ min: 0x09fffff0, max: 0x0a00ffff }), { minLength: 10, maxLength: 10 }),
      (prefixes, addresses) => {
        const { index, subnets } = snapshotOf(
          ...prefixes.map((text, at) => subnet(at + 1, { subnet: text, pools: [] })),
        );
        for (const address of addresses) {
          const expected = [...subnets.values()]
            .filter((one) => {
              const { first, last } = parseIpv4Prefix(one.prefix);
              return address >= first && address <= last;
            })
            .sort((a, b) => b.prefixLength - a.prefixLength)[0];
          assert.equal(index.byAddress(address, all), expected);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('DHCPv6 by interface-id, relay and prefix: the subnet decides, else its network, each by its bytes', () => {
  const { index } = load6({
    'shared-networks': [
      {
        name: 'n',
        'interface-id': 'vlan9',
        relay: { 'ip-addresses': ['2001:db8:9::1'] },
        subnet6: [subnet6(4), subnet6(3), subnet6(5, { 'interface-id': '0x0001' })],
      },
    ],
    subnet6: [
      subnet6(2, { 'interface-id': 'vlan7', relay: { 'ip-addresses': ['2001:DB8:0:0::7'] } }),
      { id: 1, subnet: '2001:db8::/32' },
    ],
  });
  const id = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
  assert.equal(index.byInterfaceId(id('vlan7'), all)?.id, 2);
  assert.equal(index.byInterfaceId(id('vlan9'), all)?.id, 3);
  assert.equal(index.byInterfaceId(id('vlan9'), (one) => one.id > 3)?.id, 4);
  assert.equal(index.byInterfaceId(Uint8Array.of(0, 1), all)?.id, 5);
  assert.equal(index.byInterfaceId(id('0x0001'), all), undefined);
  assert.equal(index.byRelay(parseIpv6('2001:db8::7'), all)?.id, 2);
  assert.equal(index.byRelay(parseIpv6('2001:db8:9::1'), all)?.id, 3);
  assert.equal(index.byAddress(parseIpv6('2001:db8:0:4::1'), all)?.id, 4);
  assert.equal(index.byAddress(parseIpv6('2001:db8:ffff::1'), all)?.id, 1);
  assert.equal(index.byAddress(parseIpv6('fe80::1'), all), undefined);
});

test('DHCPv6 by address agrees with a search through all subnets', () => {
  const prefix = fc
    .tuple(fc.bigInt({ min: 0n, max: 0xffffn }), fc.integer({ min: 0, max: 128 }))
    .map(([bits, length]) => {
      const first = ((0x20010db8n << 96n) | (bits << 72n) | bits) & ipv6Mask(length);
      return formatIpv6Prefix({ first, last: first, length });
    });
  const address = fc.tuple(fc.bigInt({ min: 0n, max: 0xffffn }), fc.bigInt({ min: 0n, max: 0xffffn }));
  fc.assert(
    fc.property(fc.uniqueArray(prefix, { maxLength: 12 }), fc.array(address), (prefixes, addresses) => {
      const { index, subnets } = load6({
        subnet6: prefixes.map((text, at) => ({ id: at + 1, subnet: text })),
      });
      for (const [high, low] of addresses) {
        const wanted = (0x20010db8n << 96n) | (high << 72n) | low;
        const [expected] = [...subnets.values()]
          .filter(({ first, last }) => wanted >= first && wanted <= last)
          .sort((a, b) => b.prefixLength - a.prefixLength);
        assert.equal(index.byAddress(wanted, all), expected);
      }
    }),
    { numRuns: 100 },
  );
});

test('a prefix inside another is warned of once, when one of the two is new', () => {
  const warned: string[] = [];
  const log = { ...silentLogger, warn: (id: string): void => void warned.push(id) };
  const parts = partsWith({ subnets: [subnet(1, { subnet: '10.0.0.0/8', pools: [] }), subnet(2)] });
  const first = buildSnapshot(parts, null, { mode: 'strict', epoch: null, log });
  assert.deepEqual(warned, ['FLOTILLA_CONFIG_SUBNETS_OVERLAP']);
  buildSnapshot(
    parts,
    { parts: first.inForce, snapshot: first.snapshot },
    { mode: 'strict', epoch: null, log },
  );
  assert.equal(warned.length, 1);
});

test('DHCPv6: ten thousand /64 prefixes and relays that differ in their upper half only are found as fast as a few', () => {
  const build = (count: number): Snapshot =>
    load6({
      subnet6: Array.from({ length: count }, (_, at) => ({
        id: at + 1,
        subnet: `2001:db8:${at.toString(16)}::/64`,
        relay: { 'ip-addresses': [`2001:db8:${at.toString(16)}::1`] },
      })),
    });
  const wanted = (0x20010db8n << 96n) | 1n;
  const time = ({ index }: Snapshot): number => {
    let best = Infinity;
    for (let round = 0; round < 5; round++) {
      const started = process.hrtime.bigint();
      for (let i = 0; i < 2_000; i++) {
        assert.equal(index.byAddress(wanted, all)?.id, 1);
        assert.equal(index.byRelay(wanted, all)?.id, 1);
      }
      best = Math.min(best, Number(process.hrtime.bigint() - started));
    }
    return best;
  };
  const few = time(build(10));
  const many = time(build(10_000));
  assert.ok(many < 10 * few, `${many} ns for 10,000 subnets, ${few} ns for 10`);
});
