// The subnet index gives what looking at every subnet would give.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSnapshot } from '../../src/config/build.ts';
import { parseIpv4, parseIpv4Prefix } from '../../src/addr/ipv4.ts';
import type { Snapshot, Subnet } from '../../src/config/snapshot.ts';
import { silentLogger } from '../../src/log.ts';
import { partsWith, row, subnet } from './parts.ts';

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
