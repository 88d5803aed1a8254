// The addresses of several pools as one row of numbers from 0: index to address and back.
import type { Address } from '../addr/family.ts';
import type { Pool } from '../config/snapshot.ts';

export interface PoolSpace {
  /** How many addresses; 2^48 at most per pool, more than any lease store holds. */
  readonly size: number;
  /** `index` must be below `size`. */
  at(index: number): { readonly address: Address; readonly pool: Pool };
  /** Index of the address that follows `address` in its pool or starts the next pool; 0 when it is in no pool. */
  indexAfter(address: Address): number;
  find(address: Address): { readonly address: Address; readonly pool: Pool } | null;
}

const maxPoolSize = 2 ** 48;

export function poolSpace(pools: readonly Pool[]): PoolSpace {
  const starts: number[] = [];
  let size = 0;
  for (const pool of pools) {
    starts.push(size);
    size += Math.min(Number(minus(pool.last, pool.first)) + 1, maxPoolSize);
  }
  return {
    size,
    at(index) {
      let i = starts.length - 1;
      while (starts[i]! > index) i--;
      const pool = pools[i]!;
      return { address: plus(pool.first, index - starts[i]!), pool };
    },
    indexAfter(address) {
      const i = pools.findIndex((pool) => address >= pool.first && address <= pool.last);
      if (i < 0) return 0;
      return (starts[i]! + Number(minus(address, pools[i]!.first)) + 1) % size;
    },
    find(address) {
      const pool = poolOf(address, pools);
      return pool ? { address, pool } : null;
    },
  };
}

/** The pool that contains the address. */
export function poolOf(address: Address, pools: readonly Pool[]): Pool | undefined {
  return pools.find((pool) => address >= pool.first && address <= pool.last);
}

function plus(address: Address, offset: number): Address {
  return typeof address === 'bigint' ? address + BigInt(offset) : address + offset;
}

function minus(a: Address, b: Address): Address {
  return typeof a === 'bigint' ? a - BigInt(b) : a - Number(b);
}
