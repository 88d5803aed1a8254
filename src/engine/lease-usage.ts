// Lease statistics per server, subnet and pool: totals from each snapshot, events as they happen, recounts from the store.
import type { Family } from '../addr/family.ts';
import type { PoolBase, Snapshot, Subnet } from '../config/snapshot.ts';
import { isExpired, leaseState, type Lease } from '../store/lease.ts';
import type { LeaseCount, WriteOutcome } from '../store/lease-store.ts';
import {
  allocationNames,
  allocationStatistics,
  leaseKinds,
  leaseStatisticNames,
  type AllocationStatistic,
  type LeaseEvent,
  type LeaseKind,
  type LeaseScope,
} from './lease-statistics-table.ts';
import type { StatisticCounter, Statistics, StatisticValue } from './statistics.ts';

type Counters = Partial<Record<LeaseEvent, StatisticCounter>>;
type LeaseType = LeaseKind['type'];

/** A kind of lease and its counters, which are made when something is first counted. */
interface CountedKind {
  readonly kind: LeaseKind;
  readonly server: Counters;
  readonly subnets: Map<number, Counters>;
  /** By subnet, then by pool id. */
  readonly pools: Map<number, Map<number, Counters>>;
  readonly poolStart: Readonly<Record<string, number>>;
}

const zerosOf = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(names.map((name) => [name, 0]));

export class LeaseUsage {
  readonly #family: Family;
  readonly #statistics: Statistics;
  readonly #kinds: ReadonlyMap<number, CountedKind>;
  readonly #subnetStart: Readonly<Record<string, number>>;
  #snapshot: Snapshot | null = null;

  constructor(options: { readonly family: Family }, deps: { readonly statistics: Statistics }) {
    this.#family = options.family;
    this.#statistics = deps.statistics;
    const kinds = leaseKinds[options.family];
    this.#kinds = new Map(
      kinds.map((kind) => [
        kind.type,
        {
          kind,
          server: this.#counters(kind, 'server', ''),
          subnets: new Map(),
          pools: new Map(),
          poolStart: zerosOf(leaseStatisticNames([kind], 'pool')),
        },
      ]),
    );
    this.#subnetStart = zerosOf([
      ...leaseStatisticNames(kinds, 'subnet'),
      ...allocationNames(options.family),
    ]);
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

  /** Sets how many are assigned, declined and registered to what the store counts (other servers' leases included). */
  recount(counts: readonly LeaseCount[]): void {
    const snapshot = this.#snapshot;
    if (!snapshot) return;
    const found = new Map<string, number>();
    for (const { subnetId, poolId, leaseType, state, leases } of counts) {
      const kind = this.#kinds.get(leaseType)?.kind;
      if (!kind) continue;
      for (const prefix of ['', subnetPrefix(subnetId), poolPrefix(kind, subnetId, poolId)]) {
        for (const event of eventsOfState.get(state) ?? []) {
          const statistic = kind.events[event];
          if (!statistic) continue;
          const name = `${prefix}${statistic.name}`;
          found.set(name, (found.get(name) ?? 0) + leases);
        }
      }
    }
    for (const { kind } of this.#kinds.values()) {
      const set = (scope: LeaseScope, prefix: string): void => {
        for (const event of recounted) {
          const statistic = kind.events[event];
          if (!statistic?.scopes.includes(scope)) continue;
          const name = `${prefix}${statistic.name}`;
          this.#setTo(name, found.get(name) ?? 0);
        }
      };
      set('server', '');
      for (const subnet of snapshot.subnets.values()) {
        set('subnet', subnetPrefix(subnet.id));
        for (const poolId of poolIds(subnet, kind)) set('pool', poolPrefix(kind, subnet.id, poolId));
      }
    }
  }

  /** Counts a committed claim. `now`: the store's clock, seconds. */
  claimed(outcome: Extract<WriteOutcome, { result: 'done' }>, now: number): void {
    const { before, after, removed } = outcome;
    if (removed) this.removed(removed);
    if (!after) return;
    const held = before && useOf(before);
    const use = useOf(after);
    const expired = held !== null && isExpired(before!, now);
    if (expired) this.reclaimed(before!);
    if (held && !expired) {
      // Renewed; where the address moved to another subnet or pool, the count moves with it.
      if (held === use && isSamePlace(before, after)) return;
      this.#add(before, held.now, -1);
      if (use) this.#add(after, use.now, 1);
      // In its new subnet a registered address was never registered before.
      if (use === registration && before.subnetId !== after.subnetId) this.#add(after, use.ever, 1);
      return;
    }
    if (!use) return;
    this.#add(after, use.now, 1);
    this.#add(after, use.ever, 1);
  }

  /** A lease in use was released or deleted. */
  removed(lease: Lease): void {
    const use = useOf(lease);
    if (use) this.#add(lease, use.now, -1);
  }

  declined(lease: Lease): void {
    this.#add(lease, 'declined', 1);
  }

  /** An expired lease, or a declined one after its probation, as it was before. */
  reclaimed(lease: Lease): void {
    if (lease.state === leaseState.declined) {
      this.#add(lease, 'declined', -1);
      this.#add(lease, 'reclaimedDeclined', 1);
    }
    this.#add(lease, 'reclaimed', 1);
    this.removed(lease);
  }

  /** A `v4-…`/`v6-…` statistic of the server and of one subnet; one that the family has not is not counted. */
  count(statistic: AllocationStatistic, subnetId: number): void {
    if (!allocationStatistics[this.#family].includes(statistic)) return;
    this.#count(`v${this.#family}-${statistic}`, subnetId);
  }

  /** A renewal was answered without a write. */
  reused(subnetId: number, leaseType: LeaseType = 0): void {
    this.#count(this.#kindOf(leaseType).kind.reuses, subnetId);
  }

  /** Part of a pool that is in use, 0 to 1, as far as this server knows. */
  occupancy(subnetId: number, poolId: number, leaseType: LeaseType = 0): number {
    const { kind } = this.#kindOf(leaseType);
    const prefix = poolPrefix(kind, subnetId, poolId);
    const total = Number(this.#statistics.get(`${prefix}${kind.total}`) ?? 0);
    const assigned = this.#statistics.get(`${prefix}${kind.events.assigned!.name}`);
    return total === 0 ? 0 : Number(assigned ?? 0) / total;
  }

  #count(name: string, subnetId: number): void {
    this.#statistics.counter(name).add();
    this.#statistics.counter(`${subnetPrefix(subnetId)}${name}`).add();
  }

  #kindOf(leaseType: LeaseType): CountedKind {
    return this.#kinds.get(leaseType)!;
  }

  #add(lease: Lease, event: LeaseEvent, n: number): void {
    const { kind, server, subnets, pools } = this.#kindOf(typeOf(lease));
    server[event]?.add(n);
    // Leases of subnets that are not configured count for the server only.
    if (!this.#snapshot?.subnets.has(lease.subnetId)) return;
    let subnet = subnets.get(lease.subnetId);
    if (!subnet) {
      subnet = this.#counters(kind, 'subnet', subnetPrefix(lease.subnetId));
      subnets.set(lease.subnetId, subnet);
    }
    subnet[event]?.add(n);
    let ofSubnet = pools.get(lease.subnetId);
    if (!ofSubnet) pools.set(lease.subnetId, (ofSubnet = new Map<number, Counters>()));
    let pool = ofSubnet.get(lease.poolId);
    if (!pool) {
      pool = this.#counters(kind, 'pool', poolPrefix(kind, lease.subnetId, lease.poolId));
      ofSubnet.set(lease.poolId, pool);
    }
    pool[event]?.add(n);
  }

  #counters({ events }: LeaseKind, scope: LeaseScope, prefix: string): Counters {
    return Object.fromEntries(
      Object.entries(events)
        .filter(([, { scopes }]) => scopes.includes(scope))
        .map(([event, { name }]) => [event, this.#statistics.counter(`${prefix}${name}`)]),
    );
  }

  #introduce(subnet: Subnet): void {
    const subnetTotals: Record<string, StatisticValue> = {};
    for (const { kind, poolStart } of this.#kinds.values()) {
      const totals = new Map<number, bigint>();
      let total = 0n;
      for (const { poolId, capacity } of poolsOf(subnet, kind)) {
        totals.set(poolId, (totals.get(poolId) ?? 0n) + BigInt(capacity));
        total += BigInt(capacity);
      }
      subnetTotals[kind.total] = valueOf(total);
      for (const [poolId, capacity] of totals)
        this.#begin(poolPrefix(kind, subnet.id, poolId), poolStart, { [kind.total]: valueOf(capacity) });
    }
    this.#begin(subnetPrefix(subnet.id), this.#subnetStart, subnetTotals);
  }

  /** What is there already keeps its counts and gets the new totals. */
  #begin(
    prefix: string,
    start: Readonly<Record<string, number>>,
    totals: Readonly<Record<string, StatisticValue>>,
  ): void {
    if (this.#statistics.begin(prefix, start, totals)) return;
    for (const [name, total] of Object.entries(totals)) this.#setTo(`${prefix}${name}`, total);
  }

  /** A value that was counted anew and is the same is no new sample: there are thousands of them, every time. */
  #setTo(name: string, value: StatisticValue): void {
    if (this.#statistics.get(name) !== value) this.#statistics.set(name, value);
  }

  #forget(subnet: Subnet, next: Subnet | undefined): void {
    for (const { kind, subnets, pools } of this.#kinds.values()) {
      const remaining = next ? poolIds(next, kind) : new Set<number>();
      for (const poolId of poolIds(subnet, kind)) {
        if (remaining.has(poolId)) continue;
        this.#statistics.end(poolPrefix(kind, subnet.id, poolId));
        pools.get(subnet.id)?.delete(poolId);
      }
      if (next) continue;
      subnets.delete(subnet.id);
      pools.delete(subnet.id);
    }
    if (!next) this.#statistics.end(subnetPrefix(subnet.id));
  }
}

/** What a lease that is in use counts for: now, and ever. */
interface Use {
  readonly now: LeaseEvent;
  readonly ever: LeaseEvent;
}
const assignment: Use = { now: 'assigned', ever: 'cumulativeAssigned' };
const registration: Use = { now: 'registered', ever: 'cumulativeRegistered' };

/** Null: nobody uses it. Assigned addresses include declined ones. */
function useOf({ state }: Lease): Use | null {
  if (state === leaseState.default || state === leaseState.declined) return assignment;
  return state === leaseState.registered ? registration : null;
}

/** What the leases of a state are counted as when they are counted anew. */
const eventsOfState: ReadonlyMap<number, readonly LeaseEvent[]> = new Map([
  [leaseState.default, ['assigned']],
  [leaseState.declined, ['assigned', 'declined']],
  [leaseState.registered, ['registered']],
]);
const recounted: readonly LeaseEvent[] = ['assigned', 'declined', 'registered'];

const typeOf = (lease: Lease): LeaseType => (lease.family === 4 ? 0 : lease.type);
const isSamePlace = (a: Lease, b: Lease): boolean =>
  a.subnetId === b.subnetId && a.poolId === b.poolId && typeOf(a) === typeOf(b);
const poolsOf = (subnet: Subnet, { pool }: LeaseKind): readonly PoolBase[] =>
  pool === 'pool' ? subnet.pools : subnet.pdPools;
const poolIds = (subnet: Subnet, kind: LeaseKind): Set<number> =>
  new Set(poolsOf(subnet, kind).map((pool) => pool.poolId));
const subnetPrefix = (id: number): string => `subnet[${id}].`;
const poolPrefix = ({ pool }: LeaseKind, subnetId: number, poolId: number): string =>
  `subnet[${subnetId}].${pool}[${poolId}].`;
/** Totals of IPv6 pass what a number holds exactly. */
const valueOf = (total: bigint): StatisticValue =>
  total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total;
