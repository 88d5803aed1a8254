// Which statistics count leases, per family and lease type, and where each of them exists. Contract: Kea's.
import type { Family } from '../addr/family.ts';

/** What is counted of leases, whatever the family calls it. */
export type LeaseEvent =
  | 'assigned'
  | 'cumulativeAssigned'
  | 'declined'
  | 'reclaimed'
  | 'reclaimedDeclined'
  | 'registered'
  | 'cumulativeRegistered';

/** The server as a whole, each subnet, each pool. */
export type LeaseScope = 'server' | 'subnet' | 'pool';

export interface LeaseStatistic {
  readonly name: string;
  readonly scopes: readonly LeaseScope[];
}

/** Leases of one type, and the pools that they are from. */
export interface LeaseKind {
  /** As in the lease: 0, or 2 for IA_PD. */
  readonly type: 0 | 2;
  /** `subnet[1].pool[0].`: the identifiers of address pools and of prefix pools are apart. */
  readonly pool: 'pool' | 'pd-pool';
  /** How many there can be, of subnets and pools. */
  readonly total: string;
  /** Renewals answered without a write, of the server and of subnets. */
  readonly reuses: string;
  readonly events: Readonly<Partial<Record<LeaseEvent, LeaseStatistic>>>;
}

const at = (name: string, ...scopes: readonly LeaseScope[]): LeaseStatistic => ({ name, scopes });
const everywhere = (name: string): LeaseStatistic => at(name, 'server', 'subnet', 'pool');

const reclaimed = { reclaimed: everywhere('reclaimed-leases') };
/** A prefix cannot be declined (RFC 8415 §18.2.8). */
const declined = {
  declined: everywhere('declined-addresses'),
  reclaimedDeclined: everywhere('reclaimed-declined-addresses'),
};
const assigned = (what: string): LeaseKind['events'] => ({
  assigned: everywhere(`assigned-${what}`),
  cumulativeAssigned: everywhere(`cumulative-assigned-${what}`),
});
/** Addresses that clients made themselves (RFC 9686): no pool has them. */
const registered = {
  registered: at('registered-nas', 'subnet'),
  cumulativeRegistered: at('cumulative-registered-nas', 'server', 'subnet'),
};

export const leaseKinds: Readonly<Record<Family, readonly LeaseKind[]>> = {
  4: [
    {
      type: 0,
      pool: 'pool',
      total: 'total-addresses',
      reuses: 'v4-lease-reuses',
      events: { ...assigned('addresses'), ...declined, ...reclaimed },
    },
  ],
  6: [
    {
      type: 0,
      pool: 'pool',
      total: 'total-nas',
      reuses: 'v6-ia-na-lease-reuses',
      events: { ...assigned('nas'), ...registered, ...declined, ...reclaimed },
    },
    {
      type: 2,
      pool: 'pd-pool',
      total: 'total-pds',
      reuses: 'v6-ia-pd-lease-reuses',
      events: { ...assigned('pds'), ...reclaimed },
    },
  ],
};

export type AllocationStatistic =
  | 'allocation-fail'
  | 'allocation-fail-shared-network'
  | 'allocation-fail-subnet'
  | 'allocation-fail-no-pools'
  | 'allocation-fail-classes'
  | 'reservation-conflicts';

const allocation = [
  'allocation-fail',
  'allocation-fail-shared-network',
  'allocation-fail-subnet',
  'allocation-fail-no-pools',
  'allocation-fail-classes',
] as const;

/** With `v4-` or `v6-` before them, of the server and of each subnet. */
export const allocationStatistics: Readonly<Record<Family, readonly AllocationStatistic[]>> = {
  4: [...allocation, 'reservation-conflicts'],
  6: allocation,
};

/** The names of events that exist in this scope; types that share a name share the statistic. */
export function leaseStatisticNames(kinds: readonly LeaseKind[], scope: LeaseScope): readonly string[] {
  const rows = kinds.flatMap(({ events }) => Object.values(events));
  return [...new Set(rows.filter(({ scopes }) => scopes.includes(scope)).map(({ name }) => name))];
}

/** What the server and each subnet count of allocations and of leases used again. */
export function allocationNames(family: Family): readonly string[] {
  const named = allocationStatistics[family].map((statistic) => `v${family}-${statistic}`);
  return [...named, ...leaseKinds[family].map(({ reuses }) => reuses)];
}
