// The addresses, or the prefixes to delegate, of several pools as one row of numbers from 0: index to address and back.
import { unitAt, unitOf, unitShift, unitsIn } from '../addr/address-units.ts';
import type { Address } from '../addr/family.ts';
import type { PoolBase } from '../config/snapshot.ts';

/** An address, or the first address of a delegated prefix, and the pool that it belongs to. */
export interface Place {
  readonly address: Address;
  readonly pool: PoolBase;
}

export interface PoolSpace {
  /** How many addresses or prefixes; 2^48 at most per pool, more than any lease store holds. */
  readonly size: number;
  /** `index` must be below `size`. */
  at(index: number): Place;
  /** Index of the address that follows `address` in its pool or starts the next pool; 0 when it is in no pool. */
  indexAfter(address: Address): number;
  /** Null: the address is in no pool, or no prefix of its pool begins there. */
  find(address: Address): Place | null;
}

const maxPoolSize = 2 ** 48;

/** Counting bigints takes as long as drawing: the spaces of configured lists of pools are kept as long as these. */
const spaces = new WeakMap<readonly PoolBase[], PoolSpace>();

/** `pools` must not change. */
export function poolSpace(pools: readonly PoolBase[]): PoolSpace {
  let space = spaces.get(pools);
  if (!space) spaces.set(pools, (space = countedSpace(pools)));
  return space;
}

function countedSpace(pools: readonly PoolBase[]): PoolSpace {
  const starts: number[] = [];
  let size = 0;
  for (const pool of pools) {
    starts.push(size);
    size += sizeOf(pool);
  }
  return {
    size,
    at(index) {
      let i = starts.length - 1;
      while (starts[i]! > index) i--;
      const pool = pools[i]!;
      return { address: unitAt(pool.first, index - starts[i]!, shiftOf(pool)), pool };
    },
    indexAfter(address) {
      const i = pools.findIndex((pool) => contains(pool, address));
      if (i < 0) return 0;
      const pool = pools[i]!;
      return (starts[i]! + Math.min(unitsIn(pool.first, address, shiftOf(pool)), sizeOf(pool))) % size;
    },
    find(address) {
      const pool = pools.find((candidate) => contains(candidate, address));
      return pool && unitOf(address, shiftOf(pool)) === address ? { address, pool } : null;
    },
  };
}

const contains = (pool: PoolBase, address: Address): boolean => address >= pool.first && address <= pool.last;

const sizeOf = (pool: PoolBase): number =>
  Math.min(unitsIn(pool.first, pool.last, shiftOf(pool)), maxPoolSize);

const shiftOf = (pool: PoolBase): number => unitShift(pool.delegatedLength);
