// What a scope does not set it takes from the scope around it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../src/config/build.ts';
import { checkConfig } from '../../src/config/load.ts';
import type { ScopeParameters, Snapshot } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { partsWith, row, subnet } from './parts.ts';

function build(globals: JsonMap, network: JsonMap = {}, inSubnet: JsonMap = {}, family: 4 | 6 = 4): Snapshot {
  const own = family === 4 ? {} : { subnet: '2001:db8::/64', pools: [] };
  const parts = partsWith({
    family,
    globals,
    networks: [row({ name: 'floor', ...network })],
    subnets: [subnet(1, { 'shared-network-name': 'floor', ...own, ...inSubnet })],
  });
  return buildSnapshot(parts, null, { mode: 'strict', epoch: null }).snapshot;
}

/** Kea key, three values, and where the resolved one stands. */
const inherited: readonly (readonly [
  string,
  readonly [unknown, unknown, unknown],
  unknown,
  (p: ScopeParameters) => unknown,
])[] = [
  ['renew-timer', [1, 2, 3], undefined, (p) => p.renewTimer],
  ['rebind-timer', [1, 2, 3], undefined, (p) => p.rebindTimer],
  ['calculate-tee-times', [true, false, true], false, (p) => p.calculateTeeTimes],
  ['t1-percent', [0.1, 0.2, 0.3], 0.5, (p) => p.t1Percent],
  ['t2-percent', [0.7, 0.8, 0.9], 0.875, (p) => p.t2Percent],
  ['match-client-id', [false, true, false], true, (p) => p.matchClientId],
  ['authoritative', [true, false, true], false, (p) => p.authoritative],
  ['server-hostname', ['a', 'b', 'c'], '', (p) => p.serverHostname],
  ['boot-file-name', ['a', 'b', 'c'], '', (p) => p.bootFileName],
  ['reservations-global', [true, false, true], false, (p) => p.reservationsGlobal],
  ['reservations-in-subnet', [false, true, false], true, (p) => p.reservationsInSubnet],
  ['reservations-out-of-pool', [true, false, true], false, (p) => p.reservationsOutOfPool],
  ['cache-threshold', [0, 0.1, 0.2], 0.25, (p) => p.cacheThreshold],
  ['cache-max-age', [1, 2, 3], undefined, (p) => p.cacheMaxAge],
  ['offer-lifetime', [1, 2, 3], 0, (p) => p.offerLifetime],
  ['allocator', ['random', 'flq', 'random'], 'iterative', (p) => p.allocator],
  ['store-extended-info', [true, false, true], false, (p) => p.storeExtendedInfo],
  ['adaptive-lease-time-threshold', [0.1, 0.2, 0.3], undefined, (p) => p.adaptiveLeaseTimeThreshold],
  ['hostname-char-set', ['[a]', '[b]', '[c]'], '[^A-Za-z0-9.-]', (p) => p.hostnameCharSet],
  ['hostname-char-replacement', ['x', 'y', 'z'], '', (p) => p.hostnameCharReplacement],
  ['ddns-send-updates', [false, true, false], true, (p) => p.ddns.sendUpdates],
  ['ddns-override-no-update', [true, false, true], false, (p) => p.ddns.overrideNoUpdate],
  ['ddns-override-client-update', [true, false, true], false, (p) => p.ddns.overrideClientUpdate],
  [
    'ddns-replace-client-name',
    ['always', 'when-present', 'when-not-present'],
    'never',
    (p) => p.ddns.replaceClientName,
  ],
  ['ddns-generated-prefix', ['a', 'b', 'c'], 'myhost', (p) => p.ddns.generatedPrefix],
  ['ddns-qualifying-suffix', ['a', 'b', 'c'], '', (p) => p.ddns.qualifyingSuffix],
  ['ddns-update-on-renew', [true, false, true], false, (p) => p.ddns.updateOnRenew],
  [
    'ddns-conflict-resolution-mode',
    ['no-check-with-dhcid', 'check-exists-with-dhcid', 'no-check-without-dhcid'],
    'check-with-dhcid',
    (p) => p.ddns.conflictResolutionMode,
  ],
  ['ddns-ttl', [1, 2, 3], undefined, (p) => p.ddns.ttl],
  ['ddns-ttl-min', [1, 2, 3], undefined, (p) => p.ddns.ttlMin],
  ['ddns-ttl-max', [1, 2, 3], undefined, (p) => p.ddns.ttlMax],
  ['ddns-ttl-percent', [0.1, 0.2, 0.3], undefined, (p) => p.ddns.ttlPercent],
];

for (const [key, [global, network, own], builtIn, read] of inherited) {
  test(`${key} comes from the subnet, else the network, else the global scope, else the default`, () => {
    const set = (value: unknown): JsonMap => ({ [key]: value }) as JsonMap;
    const seen = (...scopes: JsonMap[]): unknown => {
      const snapshot = build(scopes[0] ?? {}, scopes[1], scopes[2]);
      return read(snapshot.subnets.get(1)!.parameters);
    };
    assert.deepEqual(seen(), builtIn);
    assert.deepEqual(seen(set(global)), global);
    assert.deepEqual(seen(set(global), set(network)), network);
    assert.deepEqual(seen(set(global), set(network), set(own)), own);
    assert.deepEqual(seen({}, {}, set(own)), own);
    const snapshot = build(set(global), set(network));
    assert.deepEqual(read(snapshot.parameters), global);
    assert.deepEqual(read(snapshot.networks.get('floor')!.parameters), network);
  });
}

const lifetimes: readonly (readonly [string, JsonMap, JsonMap, readonly [number, number, number]])[] = [
  ['nothing is set', {}, {}, [7200, 7200, 7200]],
  ['the value alone is set', { 'valid-lifetime': 100 }, {}, [100, 100, 100]],
  [
    'all three are set',
    { 'min-valid-lifetime': 50, 'valid-lifetime': 100, 'max-valid-lifetime': 200 },
    {},
    [50, 100, 200],
  ],
  [
    'a subnet sets the value, the global bounds do not reach into it',
    { 'min-valid-lifetime': 50, 'valid-lifetime': 100, 'max-valid-lifetime': 200 },
    { 'valid-lifetime': 1000 },
    [1000, 1000, 1000],
  ],
  [
    'a subnet sets a lower bound alone',
    { 'valid-lifetime': 100 },
    { 'min-valid-lifetime': 60 },
    [60, 60, 60],
  ],
  ['a subnet sets both bounds', {}, { 'min-valid-lifetime': 60, 'max-valid-lifetime': 90 }, [60, 60, 90]],
  ['the global scope sets an upper bound alone', { 'max-valid-lifetime': 9000 }, {}, [7200, 7200, 9000]],
  [
    'the global scope sets an upper bound below the default',
    { 'max-valid-lifetime': 600 },
    {},
    [600, 600, 600],
  ],
  ['the lifetime is infinite', { 'valid-lifetime': 4294967295 }, {}, [4294967295, 4294967295, 4294967295]],
];
for (const [name, globals, own, [min, value, max]] of lifetimes) {
  test(`the lifetime when ${name}`, () => {
    assert.deepEqual(build(globals, {}, own).subnets.get(1)!.parameters.validLifetime, { min, value, max });
  });
}

const contradictions: readonly (readonly [string, JsonMap, RegExp])[] = [
  [
    'a lower bound above the upper one',
    { 'min-valid-lifetime': 9, 'max-valid-lifetime': 8 },
    /min-valid-lifetime 9 is above max-valid-lifetime 8/,
  ],
  [
    'a lifetime above its bound',
    { 'valid-lifetime': 9, 'max-valid-lifetime': 8 },
    /valid-lifetime 9 is above max-valid-lifetime 8/,
  ],
  [
    'a lifetime below its bound',
    { 'valid-lifetime': 7, 'min-valid-lifetime': 8 },
    /valid-lifetime 7 is below min-valid-lifetime 8/,
  ],
  [
    'T1 not before T2',
    { 'calculate-tee-times': true, 't1-percent': 0.9 },
    /t1-percent 0.9 must be below t2-percent 0.875/,
  ],
  ['a boot server that is no address', { 'next-server': 'boot' }, /'boot' is not an IPv4 address/],
  [
    'TTL bounds the wrong way round',
    { 'ddns-ttl-min': 9, 'ddns-ttl-max': 8 },
    /ddns-ttl-min 9 is above ddns-ttl-max 8/,
  ],
];
for (const [name, json, message] of contradictions) {
  test(`${name} is refused in every scope`, () => {
    assert.throws(() => build(json), message);
    assert.throws(() => build({}, json), message);
    assert.throws(() => build({}, {}, json), message);
  });
}

test('DHCPv6 calculates T1 and T2, and leaves the preferred lifetime to the valid one, unless told otherwise', () => {
  const { parameters } = build({ 'valid-lifetime': 1000 }, {}, {}, 6).subnets.get(1)!;
  assert.equal(parameters.calculateTeeTimes, true);
  assert.equal(parameters.t2Percent, 0.8);
  assert.equal(parameters.preferredLifetime, undefined);
  const own = build({ 'preferred-lifetime': 400 }, {}, { 'preferred-lifetime': 300 }, 6).subnets.get(1)!;
  assert.deepEqual(own.parameters.preferredLifetime, { min: 300, value: 300, max: 300 });
});

test('a subnet that sets nothing shares the parameters of its network', () => {
  const snapshot = build({}, { 'renew-timer': 5 });
  assert.equal(snapshot.subnets.get(1)!.parameters, snapshot.networks.get('floor')!.parameters);
});

test('parameters of the whole server have their defaults and take what is set', () => {
  const defaults = build({}).globals;
  assert.equal(defaults.declineProbationPeriod, 86400);
  assert.deepEqual(defaults.hostReservationIdentifiers, ['hw-address', 'duid', 'circuit-id', 'client-id']);
  assert.deepEqual(defaults.expiredLeases, {
    reclaimTimerWaitTime: 10,
    flushReclaimedTimerWaitTime: 25,
    holdReclaimedTime: 3600,
    maxReclaimLeases: 100,
    maxReclaimTime: 250,
    unwarnedReclaimCycles: 5,
  });
  const set = build({
    'host-reservation-identifiers': ['auto'],
    'hooks-libraries': [{ library: '/usr/lib/hooks/libdhcp_flex_id.so' }],
    'expired-leases-processing': { 'hold-reclaimed-time': 7 },
    compatibility: { 'exclude-first-last-24': true },
    'server-tag': 'Berlin',
  });
  assert.deepEqual(set.globals.hostReservationIdentifiers, [
    'hw-address',
    'duid',
    'circuit-id',
    'client-id',
    'flex-id',
  ]);
  assert.equal(set.globals.expiredLeases.holdReclaimedTime, 7);
  assert.equal(set.globals.expiredLeases.reclaimTimerWaitTime, 10);
  assert.equal(set.globals.compatibility.excludeFirstLast24, true);
  assert.equal(set.serverTag, 'berlin');
});

const bounds = { 'min-valid-lifetime': 50, 'valid-lifetime': 100, 'max-valid-lifetime': 200 };
/** In a file the three inherit one by one. The first three are what config-get of Kea 3.0.4 shows for the same file. */
const inFile: readonly (readonly [string, JsonMap, JsonMap, JsonMap, readonly [number, number, number]])[] = [
  ['the subnet sets the value only', bounds, {}, { 'valid-lifetime': 150 }, [50, 150, 200]],
  ['the network sets a lower bound', bounds, { 'min-valid-lifetime': 40 }, {}, [40, 100, 200]],
  [
    'each scope sets something',
    bounds,
    { 'valid-lifetime': 180, 'max-valid-lifetime': 300 },
    { 'min-valid-lifetime': 90 },
    [90, 180, 300],
  ],
  ['the value is built in', {}, {}, { 'min-valid-lifetime': 600 }, [600, 7200, 7200]],
];
for (const [name, globals, network, own, [min, value, max]] of inFile) {
  test(`the lifetime in a file when ${name}`, () => {
    const net = { name: 'floor', ...network, subnet4: [{ id: 1, subnet: '10.0.0.0/24', ...own }] };
    const { parts } = checkConfig({ Dhcp4: { ...globals, 'shared-networks': [net] } }, 4);
    const { snapshot } = buildSnapshot(parts, null, { mode: 'strict', epoch: null });
    assert.deepEqual(snapshot.subnets.get(1)!.parameters.validLifetime, { min, value, max });
  });
}
