// Lease statistics of both families: their names, what leases of each type count, and totals beyond 2^53.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { LeaseUsage } from '../../src/engine/lease-usage.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import type { LeaseState, Lease6 } from '../../src/store/lease.ts';
import { load6, subnet6 } from '../config/parts6.ts';

const now = 1_795_225_904;

const lease6 = (more: Partial<Lease6> = {}): Lease6 => ({
  family: 6,
  address: parseIpv6('2001:db8:0:1::5'),
  prefixLength: 128,
  type: 0,
  duid: Uint8Array.of(0, 1, 2),
  iaid: 7,
  preferredLifetime: 3600,
  hwaddr: null,
  hwaddrType: null,
  hwaddrSource: null,
  validLifetime: 7200,
  cltt: now,
  subnetId: 1,
  poolId: 0,
  fqdnFwd: false,
  fqdnRev: false,
  hostname: '',
  state: 0,
  userContext: null,
  ...more,
});
const prefix6 = (more: Partial<Lease6> = {}): Lease6 => lease6({ type: 2, prefixLength: 64, ...more });

const poolOf64 = { pool: '2001:db8:0:1::/64' };
const pdPools = [
  { prefix: '2001:db8:8000::', 'prefix-len': 48, 'delegated-len': 112 },
  { prefix: '2001:db8:9000::', 'prefix-len': 56, 'delegated-len': 64, 'pool-id': 3 },
];

function usage6(config: Parameters<typeof load6>[0]) {
  const statistics = new Statistics({ clock: () => now * 1000, family: 6 });
  const usage = new LeaseUsage({ family: 6 }, { statistics });
  usage.onSnapshot(load6(config), null);
  return { statistics, usage };
}

/** Statistics under a prefix whose value is not 0. */
const nonzero = (statistics: Statistics, prefix = ''): Record<string, unknown> =>
  Object.fromEntries<unknown>(
    statistics
      .names()
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name.slice(prefix.length), statistics.get(name)] as const)
      .filter(([, value]) => value !== 0),
  );

test('a subnet begins with the statistics that Kea gives it, pools and prefix pools with identifiers of their own', () => {
  const { statistics } = usage6({ subnet6: [subnet6(1, { pools: [poolOf64], 'pd-pools': pdPools })] });
  const pool = (what: string) =>
    ['assigned', 'cumulative-assigned', 'total'].map((each) => `${each}-${what}`);
  const reclaimed = ['reclaimed-leases'];
  const declined = ['declined-addresses', 'reclaimed-declined-addresses'];
  const names = [
    ...[...pool('nas'), ...declined, ...reclaimed].map((name) => `pool[0].${name}`),
    ...[...pool('pds'), ...reclaimed].flatMap((name) => [`pd-pool[0].${name}`, `pd-pool[3].${name}`]),
    ...[...pool('nas'), ...pool('pds'), ...declined, ...reclaimed],
    ...['registered-nas', 'cumulative-registered-nas', 'v6-ia-na-lease-reuses', 'v6-ia-pd-lease-reuses'],
    ...['', '-shared-network', '-subnet', '-no-pools', '-classes'].map((why) => `v6-allocation-fail${why}`),
  ].map((name) => `subnet[1].${name}`);
  assert.deepEqual(
    statistics.names().filter((name) => name.startsWith('subnet[')),
    names.sort(),
  );
});

test('a pool of a /64 has its exact size, and one that becomes smaller its new one', () => {
  const subnet = subnet6(1, { pools: [poolOf64], 'pd-pools': pdPools });
  const { statistics, usage } = usage6({ subnet6: [subnet] });
  assert.deepEqual(nonzero(statistics, 'subnet[1].'), {
    'pool[0].total-nas': 1n << 64n,
    'pd-pool[0].total-pds': 1n << 64n,
    'pd-pool[3].total-pds': 256,
    'total-nas': 1n << 64n,
    'total-pds': (1n << 64n) + 256n,
  });
  const before = load6({ subnet6: [subnet] });
  const small = subnet6(1, { pools: [{ pool: '2001:db8:0:1::1 - 2001:db8:0:1::10', 'pool-id': 9 }] });
  usage.onSnapshot(load6({ subnet6: [small] }), before);
  assert.deepEqual(nonzero(statistics, 'subnet[1].'), { 'pool[9].total-nas': 16, 'total-nas': 16 });
  usage.onSnapshot(load6({}), before);
  assert.deepEqual(nonzero(statistics, 'subnet[1].total'), {});
});

test('addresses and prefixes are counted apart, also where their pools have the same identifier', () => {
  const { statistics, usage } = usage6({
    subnet6: [subnet6(1, { pools: [poolOf64], 'pd-pools': pdPools })],
  });
  const claim = (after: Lease6, before: Lease6 | null = null) =>
    usage.claimed({ result: 'done', before, after }, now);
  claim(lease6());
  claim(lease6(), lease6());
  claim(prefix6());
  claim(prefix6({ poolId: 3 }));
  usage.declined(lease6());
  const totals = /total-/;
  const counted = (): Record<string, unknown> =>
    Object.fromEntries(Object.entries(nonzero(statistics)).filter(([name]) => !totals.test(name)));
  assert.deepEqual(counted(), {
    'assigned-nas': 1,
    'assigned-pds': 2,
    'cumulative-assigned-nas': 1,
    'cumulative-assigned-pds': 2,
    'declined-addresses': 1,
    'subnet[1].assigned-nas': 1,
    'subnet[1].assigned-pds': 2,
    'subnet[1].cumulative-assigned-nas': 1,
    'subnet[1].cumulative-assigned-pds': 2,
    'subnet[1].declined-addresses': 1,
    'subnet[1].pd-pool[0].assigned-pds': 1,
    'subnet[1].pd-pool[0].cumulative-assigned-pds': 1,
    'subnet[1].pd-pool[3].assigned-pds': 1,
    'subnet[1].pd-pool[3].cumulative-assigned-pds': 1,
    'subnet[1].pool[0].assigned-nas': 1,
    'subnet[1].pool[0].cumulative-assigned-nas': 1,
    'subnet[1].pool[0].declined-addresses': 1,
  });
  usage.reclaimed(lease6({ state: 1 }));
  usage.reclaimed(prefix6());
  usage.removed(prefix6({ poolId: 3 }));
  assert.deepEqual(
    [1, 2].map((n) => Object.keys(counted()).filter((name) => counted()[name] === n)),
    [
      [
        'cumulative-assigned-nas',
        'reclaimed-declined-addresses',
        'subnet[1].cumulative-assigned-nas',
        'subnet[1].pd-pool[0].cumulative-assigned-pds',
        'subnet[1].pd-pool[0].reclaimed-leases',
        'subnet[1].pd-pool[3].cumulative-assigned-pds',
        'subnet[1].pool[0].cumulative-assigned-nas',
        'subnet[1].pool[0].reclaimed-declined-addresses',
        'subnet[1].pool[0].reclaimed-leases',
        'subnet[1].reclaimed-declined-addresses',
      ],
      [
        'cumulative-assigned-pds',
        'reclaimed-leases',
        'subnet[1].cumulative-assigned-pds',
        'subnet[1].reclaimed-leases',
      ],
    ],
  );
});

test('a recount sets what is in use per type and pool, and registered addresses apart from assigned ones', () => {
  const { statistics, usage } = usage6({
    subnet6: [subnet6(1, { pools: [poolOf64], 'pd-pools': pdPools })],
  });
  const count = (leaseType: 0 | 2, state: LeaseState, leases: number, poolId = 0) => ({
    subnetId: 1,
    poolId,
    leaseType,
    state,
    leases,
  });
  usage.claimed({ result: 'done', before: null, after: prefix6({ poolId: 3 }) }, now);
  usage.recount([count(0, 0, 5), count(0, 1, 2), count(0, 4, 3), count(2, 0, 6), count(2, 2, 9)]);
  const got = nonzero(statistics);
  const pick = (pattern: RegExp) =>
    Object.fromEntries(Object.entries(got).filter(([name]) => pattern.test(name)));
  assert.deepEqual(pick(/(^|\.)(assigned|declined|registered)/), {
    'assigned-nas': 7,
    'assigned-pds': 6,
    'declined-addresses': 2,
    'subnet[1].assigned-nas': 7,
    'subnet[1].assigned-pds': 6,
    'subnet[1].declined-addresses': 2,
    'subnet[1].pd-pool[0].assigned-pds': 6,
    'subnet[1].pool[0].assigned-nas': 7,
    'subnet[1].pool[0].declined-addresses': 2,
    'subnet[1].registered-nas': 3,
  });
  assert.ok(usage.occupancy(1, 0) > 0 && usage.occupancy(1, 0) < 1e-15);
  usage.recount([count(2, 0, 64, 3)]);
  assert.equal(usage.occupancy(1, 3, 2), 0.25);
  assert.equal(usage.occupancy(1, 3), 0);
});

test('a registered address counts as registered until it goes, and as assigned when it is leased', () => {
  const { statistics, usage } = usage6({ subnet6: [subnet6(1, { pools: [poolOf64] })] });
  const registered = lease6({ state: 4 });
  usage.claimed({ result: 'done', before: null, after: registered }, now);
  usage.claimed({ result: 'done', before: registered, after: registered }, now);
  const counts = (): unknown[] =>
    ['registered-nas', 'cumulative-registered-nas', 'assigned-nas'].map((name) =>
      statistics.get(`subnet[1].${name}`),
    );
  assert.deepEqual(counts(), [1, 1, 0]);
  assert.equal(statistics.get('cumulative-registered-nas'), 1);
  assert.equal(statistics.get('registered-nas'), undefined);
  usage.claimed({ result: 'done', before: registered, after: lease6() }, now);
  assert.deepEqual(counts(), [0, 1, 1]);
});

test('renewals without a write are counted per type, and what DHCPv6 has no name for is not counted', () => {
  const { statistics, usage } = usage6({ subnet6: [subnet6(1)] });
  usage.reused(1);
  usage.reused(1, 2);
  usage.reused(1, 2);
  usage.count('allocation-fail', 1);
  usage.count('reservation-conflicts', 1);
  assert.deepEqual(nonzero(statistics), {
    'subnet[1].v6-allocation-fail': 1,
    'subnet[1].v6-ia-na-lease-reuses': 1,
    'subnet[1].v6-ia-pd-lease-reuses': 2,
    'v6-allocation-fail': 1,
    'v6-ia-na-lease-reuses': 1,
    'v6-ia-pd-lease-reuses': 2,
  });
});
