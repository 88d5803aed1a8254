// Prefixes with host bits, which upstream's files and tables may hold: served masked, shown as written, said once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import type { ConfigParts, WrittenObject } from '../../src/config/parts.ts';
import { silentLogger } from '../../src/log.ts';
import { partsWith, subnet } from './parts.ts';

test('a prefix with host bits serves masked, is shown as written, and is said once', () => {
  const warned: string[] = [];
  const log = { ...silentLogger, warn: (id: string, text: string) => void warned.push(`${id} ${text}`) };
  const options = { mode: 'quarantine', epoch: 1, log } as const;
  const parts = partsWith({ subnets: [subnet(1), subnet(2, { subnet: '10.0.2.1/24' })] });
  const first = buildSnapshot(parts, null, options);
  assert.deepEqual(first.rejections, []);
  const { first: low, last, prefix } = first.snapshot.subnets.get(2)!;
  assert.deepEqual([low, last, prefix], [parseIpv4('10.0.2.0'), parseIpv4('10.0.2.255'), '10.0.2.0/24']);
  assert.match(JSON.stringify(first.snapshot.written), /10\.0\.2\.1\/24/);
  const line = 'FLOTILLA_CONFIG_HOST_BITS the prefix 10.0.2.1/24 has host bits; 10.0.2.0/24 is served';
  assert.deepEqual(warned, [line]);

  const changed = { ...parts, globals: { 'server-tag': 'x' } };
  const second = buildSnapshot(changed, { parts: first.inForce, snapshot: first.snapshot }, options);
  assert.equal(second.snapshot.subnets.get(2), first.snapshot.subnets.get(2));
  assert.deepEqual(warned, [line], 'nothing new, nothing said');

  const twice = partsWith({ subnets: [subnet(1), subnet(2, { subnet: '10.0.1.7/24', pools: [] })] });
  assert.deepEqual(
    buildSnapshot(twice, null, options).rejections.map(({ reason }) => reason),
    ['duplicate prefix: 10.0.1.0/24 is subnet 1 already'],
  );
});

test('an IPv6 prefix with host bits serves masked, however it is spelled', () => {
  const warned: string[] = [];
  const log = { ...silentLogger, warn: (_id: string, text: string) => void warned.push(text) };
  const of = (id: number, prefix: string): WrittenObject => ({
    json: { id, subnet: prefix },
    origin: { kind: 'database', rowId: id },
  });
  const parts: ConfigParts = {
    ...partsWith({}),
    family: 6,
    subnets: [of(1, '2001:DB8:0:0::/64'), of(2, '2001:db8:1::9/64')],
  };
  const { snapshot } = buildSnapshot(parts, null, { mode: 'quarantine', epoch: 1, log });
  assert.equal(snapshot.subnets.get(2)!.prefix, '2001:db8:1::/64');
  assert.deepEqual(warned, ['the prefix 2001:db8:1::9/64 has host bits; 2001:db8:1::/64 is served']);
});
