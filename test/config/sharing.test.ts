// What did not change is the very same object in the next snapshot, and nothing in a snapshot can be changed.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSnapshot, type BuildResult } from '../../src/config/build.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import { partsWith, row, subnet } from './parts.ts';

function build(parts: ConfigParts, last?: BuildResult): BuildResult {
  const previous = last ? { parts: last.inForce, snapshot: last.snapshot } : null;
  return buildSnapshot(parts, previous, { mode: 'quarantine', epoch: 1 });
}

const fleet = partsWith({
  globals: { 'renew-timer': 5 },
  optionDefs: [row({ name: 'phone', code: 200, type: 'string' })],
  options: [row({ name: 'domain-name', data: 'example.org' })],
  classes: [
    row({ name: 'a', test: "option[60].text == 'a'" }),
    row({ name: 'b', test: "member('a')" }),
    row({ name: 'c', test: "option[60].text == 'c'" }),
  ],
  networks: [row({ name: 'one' }), row({ name: 'two' })],
  subnets: [
    subnet(1, { 'shared-network-name': 'one', 'option-data': [{ name: 'phone', data: 'x' }] }),
    subnet(2, { 'shared-network-name': 'two', 'user-context': { site: { floor: 2 } }, comment: 'east' }),
    subnet(3, { reservations: [{ 'hw-address': '01:02:03:04:05:06', 'ip-address': '10.0.3.200' }] }),
  ],
});

test('a build without changes shares every part and has the same hash', () => {
  const first = build(fleet);
  const second = build({ ...fleet }, first);
  for (const key of [
    'globals',
    'parameters',
    'definitions',
    'options',
    'classes',
    'classByName',
    'hosts',
  ] as const)
    assert.equal(second.snapshot[key], first.snapshot[key], key);
  for (const [id, one] of first.snapshot.subnets) assert.equal(second.snapshot.subnets.get(id), one);
  for (const [name, one] of first.snapshot.networks) assert.equal(second.snapshot.networks.get(name), one);
  assert.equal(second.snapshot.hash, first.snapshot.hash);
});

test('a changed subnet is new, and with it only its network', () => {
  const first = build(fleet);
  const changed = [
    subnet(1, { 'shared-network-name': 'one', 'valid-lifetime': 9 }),
    ...fleet.subnets.slice(1),
  ];
  const second = build({ ...fleet, subnets: changed }, first);
  assert.notEqual(second.snapshot.subnets.get(1), first.snapshot.subnets.get(1));
  assert.equal(second.snapshot.subnets.get(2), first.snapshot.subnets.get(2));
  assert.equal(second.snapshot.subnets.get(3), first.snapshot.subnets.get(3));
  assert.notEqual(second.snapshot.networks.get('one'), first.snapshot.networks.get('one'));
  assert.equal(second.snapshot.networks.get('one')!.subnets[0], second.snapshot.subnets.get(1));
  assert.equal(second.snapshot.networks.get('two'), first.snapshot.networks.get('two'));
  assert.equal(second.snapshot.hosts, first.snapshot.hosts);
  assert.equal(second.snapshot.classes, first.snapshot.classes);
  assert.notEqual(second.snapshot.hash, first.snapshot.hash);
});

test('a changed network renews its own subnets only', () => {
  const first = build(fleet);
  const networks = [row({ name: 'one', 'rebind-timer': 8 }), fleet.networks[1]!];
  const second = build({ ...fleet, networks }, first);
  assert.equal(second.snapshot.subnets.get(1)!.parameters.rebindTimer, 8);
  assert.equal(second.snapshot.subnets.get(2), first.snapshot.subnets.get(2));
});

test('a changed definition renews only what carries options', () => {
  const first = build(fleet);
  const second = build({ ...fleet, optionDefs: [row({ name: 'phone', code: 200, type: 'binary' })] }, first);
  assert.notEqual(second.snapshot.subnets.get(1), first.snapshot.subnets.get(1));
  assert.equal(second.snapshot.subnets.get(2), first.snapshot.subnets.get(2));
});

test('a changed class renews itself; classes that name it only when they would mean something else', () => {
  const first = build(fleet);
  const classes = [row({ name: 'a', test: "member('KNOWN')" }), ...fleet.classes.slice(1)];
  const second = build({ ...fleet, classes }, first);
  assert.equal(second.snapshot.classByName.get('b')!.dependsOnKnown, true);
  assert.equal(second.snapshot.classByName.get('c'), first.snapshot.classByName.get('c'));
  assert.equal(second.snapshot.subnets.get(1), first.snapshot.subnets.get(1));
});

test('a global that no scope inherits leaves subnets alone', () => {
  const first = build(fleet);
  const second = build({ ...fleet, globals: { 'renew-timer': 5, 'decline-probation-period': 9 } }, first);
  assert.equal(second.snapshot.globals.declineProbationPeriod, 9);
  assert.equal(second.snapshot.parameters, first.snapshot.parameters);
  assert.equal(second.snapshot.subnets.get(1), first.snapshot.subnets.get(1));
});

test('the hash does not depend on the order of keys, on row numbers or on how the state was reached', () => {
  const plain = build(
    partsWith({ subnets: [row({ id: 1, subnet: '10.0.0.0/24', 'valid-lifetime': 5 }, 1)] }),
  );
  const other = build(
    partsWith({
      subnets: [row({ 'valid-lifetime': 5, subnet: '10.0.0.0/24', id: 1, metadata: { 'row-id': 9 } }, 9)],
    }),
  );
  assert.equal(plain.snapshot.hash, other.snapshot.hash);
  assert.match(plain.snapshot.hash, /^[0-9A-F]{64}$/);
  const detour = build(partsWith({ subnets: [subnet(1)] }));
  assert.equal(build(fleet, detour).snapshot.hash, build(fleet).snapshot.hash);
});

test('the configuration in force is shown as one Kea map, subnets inside their networks', () => {
  const { written } = build(
    partsWith({
      globals: { 'renew-timer': 5 },
      networks: [row({ name: 'one', metadata: { 'row-id': 3, 'server-tags': ['all'] } })],
      subnets: [
        row({
          id: 1,
          subnet: '10.0.0.0/24',
          'shared-network-name': 'one',
          pools: [{ pool: '10.0.0.0/30', metadata: { 'row-id': 4 } }],
        }),
        row({ id: 2, subnet: '10.0.1.0/24' }),
      ],
    }),
  ).snapshot;
  assert.deepEqual(written, {
    'renew-timer': 5,
    'option-def': [],
    'option-data': [],
    'client-classes': [],
    'shared-networks': [
      {
        name: 'one',
        metadata: { 'server-tags': ['all'] },
        subnet4: [{ id: 1, subnet: '10.0.0.0/24', pools: [{ pool: '10.0.0.0/30' }] }],
      },
    ],
    subnet4: [{ id: 2, subnet: '10.0.1.0/24' }],
    reservations: [],
  });
});

test('everything in a snapshot is frozen', () => {
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string): void => {
    // Bytes cannot be frozen in JavaScript; definitions and expressions belong to other rooms.
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
    if (/\.(definitions?|test|templateTest)$/.test(path)) return;
    seen.add(value);
    assert.ok(Object.isFrozen(value), `${path} is not frozen`);
    if (value instanceof Map) {
      assert.throws(() => value.set('x', 1), TypeError, path);
      assert.throws(() => value.delete('x'), TypeError, path);
      assert.throws(() => value.clear(), TypeError, path);
      for (const [key, inner] of value) visit(inner, `${path}.${String(key)}`);
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
  };
  for (const [key, value] of Object.entries(build(fleet).snapshot)) visit(value, `snapshot.${key}`);
  assert.ok(Object.isFrozen(build(fleet).snapshot));
});

test('any walk of changes ends in the same configuration as a build from nothing', () => {
  const aSubnet = fc.record({
    id: fc.integer({ min: 1, max: 6 }),
    place: fc.integer({ min: 1, max: 4 }),
    bits: fc.constantFrom(23, 24, 40),
    lifetime: fc.integer({ min: 1, max: 3 }),
    network: fc.constantFrom(undefined, 'one', 'attic'),
  });
  const state = fc.uniqueArray(aSubnet, { selector: ({ id }) => id, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(state, { minLength: 2, maxLength: 5 }), (states) => {
      let last: BuildResult | undefined;
      for (const subnets of states) {
        const parts = partsWith({
          networks: [row({ name: 'one' })],
          subnets: subnets.map(({ id, place, bits, lifetime, network }) =>
            row({
              id,
              subnet: `10.0.${place * 2}.0/${bits}`,
              'valid-lifetime': lifetime,
              ...(network !== undefined && { 'shared-network-name': network }),
            }),
          ),
        });
        last = build(parts, last);
        const fresh = build(last.inForce);
        assert.deepEqual(fresh.rejections, []);
        assert.equal(last.snapshot.hash, fresh.snapshot.hash);
        assert.deepEqual([...last.snapshot.subnets.values()], [...fresh.snapshot.subnets.values()]);
      }
    }),
    { numRuns: 100 },
  );
});

test('one change among 10,000 subnets (the time is printed, not judged)', (context) => {
  const parts = partsWith({
    subnets: Array.from({ length: 10_000 }, (_, index) =>
      subnet(index + 1, { 'option-data': [{ name: 'routers', data: '10.0.0.1' }] }),
    ),
  });
  const start = performance.now();
  const first = build(parts);
  const full = performance.now() - start;
  assert.equal(first.snapshot.subnets.size, 10_000);

  const times: number[] = [];
  let last = first;
  for (let round = 1; round <= 15; round++) {
    const subnets = [...parts.subnets];
    subnets[500] = subnet(501, { 'valid-lifetime': round });
    const begin = performance.now();
    last = build({ ...parts, subnets }, last);
    times.push(performance.now() - begin);
    assert.equal(last.snapshot.subnets.get(501)!.parameters.validLifetime.value, round);
    assert.equal(last.snapshot.subnets.get(502), first.snapshot.subnets.get(502));
  }
  times.sort((a, b) => a - b);
  context.diagnostic(
    `full build ${full.toFixed(0)} ms; one change: median ${times[7]!.toFixed(1)} ms, best ${times[0]!.toFixed(1)} ms`,
  );
});
