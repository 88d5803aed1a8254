// Lease statistics per server, subnet and pool: totals from each snapshot, events as they happen, recounts from the store.
import type { Family } from '../addr/family.ts';
import type { Snapshot, Subnet } from '../config/snapshot.ts';
import { isExpired, leaseState, type Lease } from '../store/lease.ts';
import type { LeaseCount, WriteOutcome } from '../store/lease-store.ts';
import type { StatisticCounter, Statistics } from './statistics.ts';

type LeaseStatistic =
  | 'assigned-addresses'
  | 'cumulative-assigned-addresses'
  | 'declined-addresses'
  | 'reclaimed-leases'
  | 'reclaimed-declined-addresses';

const leaseStatistics: readonly LeaseStatistic[] = [
  'assigned-addresses',
  'cumulative-assigned-addresses',
  'declined-addresses',
  'reclaimed-leases',
  'reclaimed-declined-addresses',
];

export type AllocationStatistic =
  | 'allocation-fail'
  | 'allocation-fail-shared-network'
  | 'allocation-fail-subnet'
  | 'allocation-fail-no-pools'
  | 'allocation-fail-classes'
  | 'lease-reuses'
  | 'reservation-conflicts';

const allocationStatistics: readonly AllocationStatistic[] = [
  'allocation-fail',
  'allocation-fail-shared-network',
  'allocation-fail-subnet',
  'allocation-fail-no-pools',
  'allocation-fail-classes',
  'lease-reuses',
  'reservation-conflicts',
];

type Scope = Record<LeaseStatistic, StatisticCounter>;

const zerosOf = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(names.map((name) => [name, 0]));

export class LeaseUsage {
  readonly #family: Family;
  readonly #statistics: Statistics;
  readonly #global: Scope;
  readonly #subnets = new Map<number, Scope>();
  readonly #pools = new Map<string, Scope>();
  readonly #subnetStart: Readonly<Record<string, number>>;
  #snapshot: Snapshot | null = null;

  constructor(options: { readonly family: Family }, deps: { readonly statistics: Statistics }) {
    this.#family = options.family;
    this.#statistics = deps.statistics;
    this.#global = this.#scope('');
    const allocations = allocationStatistics.map((name) => `v${options.family}-${name}`);
    this.#subnetStart = zerosOf([...leaseStatistics, ...allocations]);
  }

  /** Subnets that went lose their statistics; new or changed ones get totals, and zeros where nothing was counted yet. */
  onSnapshot(next: Snapshot, previous: Snapshot | null): void {
    this.#snapshot = next;
    if (previous) {
      for (const subnet of previous.subnets.values()) {
        if (next.subnets.get(subnet.id) !== subnet) this.#forget(subnet, next.subnets.get(subnet.id));
      }
    }
    for (const subnet of next.subnets.values()) {
      if (previous?.subnets.get(subnet.id) !== subnet) this.#introduce(subnet);
    }
  }

  /** Sets assigned and declined addresses to what the store counts (other servers' leases included). */
  recount(counts: readonly LeaseCount[]): void {
    const snapshot = this.#snapshot;
    if (!snapshot) return;
    const assigned = new Map<string, number>();
    const declined = new Map<string, number>();
    for (const { subnetId, poolId, state, leases } of counts) {
      if (state !== leaseState.default && state !== leaseState.declined) continue;
      for (const prefix of ['', subnetPrefix(subnetId), poolPrefix(subnetId, poolId)]) {
        assigned.set(prefix, (assigned.get(prefix) ?? 0) + leases);
        if (state === leaseState.declined) declined.set(prefix, (declined.get(prefix) ?? 0) + leases);
      }
    }
    const set = (prefix: string): void => {
      this.#setTo(`${prefix}assigned-addresses`, assigned.get(prefix) ?? 0);
      this.#setTo(`${prefix}declined-addresses`, declined.get(prefix) ?? 0);
    };
    set('');
    for (const subnet of snapshot.subnets.values()) {
      set(subnetPrefix(subnet.id));
      for (const poolId of poolIds(subnet)) set(poolPrefix(subnet.id, poolId));
    }
  }

  /** Counts a committed claim. `now`: the store's clock, seconds. */
  claimed(outcome: Extract<WriteOutcome, { result: 'done' }>, now: number): void {
    const { before, after, removed } = outcome;
    if (removed) this.removed(removed);
    if (!after) return;
    const expired = before !== null && isInUse(before) && isExpired(before, now);
    if (before && expired) this.reclaimed(before);
    if (before && !expired && isInUse(before)) {
      // Renewed; where the address moved to another subnet or pool, the count moves with it.
      if (before.subnetId === after.subnetId && before.poolId === after.poolId) return;
      this.#add(before, 'assigned-addresses', -1);
      this.#add(after, 'assigned-addresses', 1);
      return;
    }
    this.#add(after, 'assigned-addresses', 1);
    this.#add(after, 'cumulative-assigned-addresses', 1);
  }

  /** A lease in use was released or deleted. */
  removed(lease: Lease): void {
    if (isInUse(lease)) this.#add(lease, 'assigned-addresses', -1);
  }

  declined(lease: Lease): void {
    this.#add(lease, 'declined-addresses', 1);
  }

  /** An expired lease, or a declined one after its probation, as it was before. */
  reclaimed(lease: Lease): void {
    if (lease.state === leaseState.declined) {
      this.#add(lease, 'declined-addresses', -1);
      this.#add(lease, 'reclaimed-declined-addresses', 1);
    }
    this.#add(lease, 'reclaimed-leases', 1);
    this.removed(lease);
  }

  /** A `v4-…`/`v6-…` statistic of the server and of one subnet. */
  count(statistic: AllocationStatistic, subnetId: number): void {
    const name = `v${this.#family}-${statistic}`;
    this.#statistics.counter(name).add();
    this.#statistics.counter(`${subnetPrefix(subnetId)}${name}`).add();
  }

  /** Part of a pool that is in use, 0 to 1, as far as this server knows. */
  occupancy(subnetId: number, poolId: number): number {
    const prefix = poolPrefix(subnetId, poolId);
    const total = Number(this.#statistics.get(`${prefix}total-addresses`) ?? 0);
    return total === 0 ? 0 : Number(this.#statistics.get(`${prefix}assigned-addresses`) ?? 0) / total;
  }

  #add(lease: Lease, statistic: LeaseStatistic, n: number): void {
    this.#global[statistic].add(n);
    // Leases of subnets that are not configured count for the server only.
    if (!this.#snapshot?.subnets.has(lease.subnetId)) return;
    let subnet = this.#subnets.get(lease.subnetId);
    if (!subnet) this.#subnets.set(lease.subnetId, (subnet = this.#scope(subnetPrefix(lease.subnetId))));
    subnet[statistic].add(n);
    const prefix = poolPrefix(lease.subnetId, lease.poolId);
    let pool = this.#pools.get(prefix);
    if (!pool) this.#pools.set(prefix, (pool = this.#scope(prefix)));
    pool[statistic].add(n);
  }

  #scope(prefix: string): Scope {
    return Object.fromEntries(
      leaseStatistics.map((name) => [name, this.#statistics.counter(`${prefix}${name}`)]),
    ) as Scope;
  }

  #introduce(subnet: Subnet): void {
    const totals = new Map<number, number>();
    let total = 0;
    for (const { poolId, capacity } of subnet.pools) {
      totals.set(poolId, (totals.get(poolId) ?? 0) + Number(capacity));
      total += Number(capacity);
    }
    const begin = (prefix: string, start: Readonly<Record<string, number>>, capacity: number): void => {
      const isNew = this.#statistics.begin(prefix, start, { 'total-addresses': capacity });
      if (!isNew) this.#setTo(`${prefix}total-addresses`, capacity);
    };
    begin(subnetPrefix(subnet.id), this.#subnetStart, total);
    for (const [poolId, capacity] of totals) begin(poolPrefix(subnet.id, poolId), poolStart, capacity);
  }

  /** A value that was counted anew and is the same is no new sample: there are thousands of them, every time. */
  #setTo(name: string, value: number): void {
    if (this.#statistics.get(name) !== value) this.#statistics.set(name, value);
  }

  #forget(subnet: Subnet, next: Subnet | undefined): void {
    const remaining = next ? poolIds(next) : new Set<number>();
    for (const poolId of poolIds(subnet)) {
      if (remaining.has(poolId)) continue;
      const prefix = poolPrefix(subnet.id, poolId);
      this.#statistics.end(prefix);
      this.#pools.delete(prefix);
    }
    if (next) return;
    this.#statistics.end(subnetPrefix(subnet.id));
    this.#subnets.delete(subnet.id);
  }
}

const poolStart = zerosOf(leaseStatistics);

/** Assigned addresses include declined ones. */
const isInUse = (lease: Lease): boolean =>
  lease.state === leaseState.default || lease.state === leaseState.declined;
const poolIds = (subnet: Subnet): Set<number> => new Set(subnet.pools.map((pool) => pool.poolId));
const subnetPrefix = (id: number): string => `subnet[${id}].`;
const poolPrefix = (subnetId: number, poolId: number): string => `subnet[${subnetId}].pool[${poolId}].`;
