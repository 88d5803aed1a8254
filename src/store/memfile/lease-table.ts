// Leases in memory with the indexes that a lease store needs: by owner, by expiry, by state, by address.
import { isClaimable } from '../judge.ts';
import { ownerKeys } from '../lease-owner.ts';
import { leaseState, type Lease } from '../lease.ts';
import type { AddressRange, LeaseCount } from '../lease-store.ts';
import { wrapped } from '../address-ranges.ts';
import { createExpiryHeap } from './expiry-heap.ts';

export interface LeaseTable<L extends Lease> {
  readonly size: number;
  get(address: L['address']): L | null;
  /** Inserts, overwrites, or with null deletes. */
  set(address: L['address'], lease: L | null): void;
  /** Every lease whose owner shares an index key. */
  byOwnerKeys(keys: readonly string[]): L[];
  /** Expired before `now` and not yet reclaimed, oldest first. */
  expired(now: number, limit: number): L[];
  reclaimed(): Iterable<L>;
  values(): IterableIterator<L>;
  /** Addresses in ascending order; the array is remade only after an address came or went. */
  sortedAddresses(): readonly L['address'][];
  free(
    ranges: readonly AddressRange<L>[],
    start: L['address'],
    limit: number,
    now: number,
    isOffered: (address: L['address']) => boolean,
  ): L['address'][];
  counts(): LeaseCount[];
}

const blockBits = 8;
const blockSize = 1 << blockBits;

export function createLeaseTable<L extends Lease>(): LeaseTable<L> {
  type A = L['address'];
  const rows = new Map<A, L>();
  const owners = new Map<string, Set<A>>();
  const reclaimed = new Set<A>();
  /** Rows per block of 256 addresses that nobody may overwrite before they expire: full blocks need no look. */
  const taken = new Map<A, number>();
  const heap = createExpiryHeap<L>((address) => rows.get(address));
  let sorted: A[] | null = null;

  const blockOf = (address: A): A =>
    typeof address === 'bigint' ? address >> BigInt(blockBits) : address >>> blockBits;
  const isTaken = (lease: L): boolean =>
    lease.state !== leaseState.expiredReclaimed && lease.state !== leaseState.released;
  const count = (lease: L, by: number): void => {
    if (isTaken(lease)) taken.set(blockOf(lease.address), (taken.get(blockOf(lease.address)) ?? 0) + by);
  };

  const unlink = (lease: L): void => {
    for (const key of ownerKeys(lease)) {
      const set = owners.get(key);
      set?.delete(lease.address);
      if (set?.size === 0) owners.delete(key);
    }
    reclaimed.delete(lease.address);
    count(lease, -1);
  };

  const link = (lease: L): void => {
    for (const key of ownerKeys(lease)) {
      const set = owners.get(key);
      if (set) set.add(lease.address);
      else owners.set(key, new Set([lease.address]));
    }
    if (lease.state === leaseState.expiredReclaimed) reclaimed.add(lease.address);
    else heap.push(lease);
    count(lease, 1);
  };

  const isFree = (address: A, now: number): boolean => {
    const row = rows.get(address);
    return !row || isClaimable(row, now);
  };

  return {
    get size() {
      return rows.size;
    },
    get: (address) => rows.get(address) ?? null,
    set(address, lease) {
      const old = rows.get(address);
      if (old) unlink(old);
      if (!old !== !lease) sorted = null;
      if (!lease) {
        rows.delete(address);
        return;
      }
      rows.set(address, lease);
      link(lease);
    },
    byOwnerKeys(keys) {
      const found = new Set<A>();
      for (const key of keys) for (const address of owners.get(key) ?? []) found.add(address);
      return Array.from(found, (address) => rows.get(address)!);
    },
    expired: (now, limit) => heap.expired(now, limit),
    *reclaimed() {
      for (const address of reclaimed) yield rows.get(address)!;
    },
    values: () => rows.values(),
    sortedAddresses: () => (sorted ??= Array.from(rows.keys()).sort((a, b) => (a < b ? -1 : 1))),
    free(ranges, start, limit, now, isOffered) {
      const found: A[] = [];
      const seek = (first: A, last: A, skipFull: boolean): void => {
        for (let address = first; address <= last && found.length < limit;) {
          const block = blockOf(address);
          if (skipFull && (taken.get(block) ?? 0) >= blockSize) {
            address = nextBlock(block);
            continue;
          }
          if (isFree(address, now) && !isOffered(address)) found.push(address);
          address = next(address);
        }
      };
      // A full block may still hold expired rows that await reclamation: look again only when there is such a row.
      for (const skipFull of heap.expired(now, 1).length > 0 ? [true, false] : [true]) {
        found.length = 0;
        for (const range of wrapped(ranges, start)) seek(range.first, range.last, skipFull);
        if (found.length >= limit) break;
      }
      return found;
    },
    counts() {
      const byKey = new Map<string, { -readonly [K in keyof LeaseCount]: LeaseCount[K] }>();
      for (const lease of rows.values()) {
        const leaseType = lease.family === 6 ? lease.type : 0;
        const key = `${lease.subnetId}/${lease.poolId}/${leaseType}/${lease.state}`;
        const entry = byKey.get(key);
        if (entry) entry.leases++;
        else {
          const { subnetId, poolId, state } = lease;
          byKey.set(key, { subnetId, poolId, leaseType, state, leases: 1 });
        }
      }
      return [...byKey.values()];
    },
  };
}

function next<A extends number | bigint>(address: A): A {
  return (typeof address === 'bigint' ? address + 1n : Number(address) + 1) as A;
}

/** First address of the block after this one. */
function nextBlock<A extends number | bigint>(block: A): A {
  const first =
    typeof block === 'bigint' ? (block + 1n) << BigInt(blockBits) : (Number(block) + 1) * blockSize;
  return first as A;
}
