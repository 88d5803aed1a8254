// The whole blocks of some pools as one row of numbers from 0.
import type { Address } from '../../addr/family.ts';
import { blockOf, blockSize } from './offer-block-sql.ts';

export interface Range {
  readonly first: Address;
  readonly last: Address;
}

export interface BlockSpace {
  /** How many blocks lie inside the ranges with all of their addresses. */
  readonly size: number;
  /** First address of a block; `index` must be below `size`. */
  at(index: number): Address;
}

export function blockSpace(ranges: readonly Range[]): BlockSpace {
  const spans: { readonly start: number; readonly first: Address; readonly count: number }[] = [];
  let size = 0;
  for (const { first, last } of ranges) {
    const begins = blockOf(plus(first, blockSize - 1));
    const count = Math.floor((Number(minus(last, begins)) + 1) / blockSize);
    if (count <= 0) continue;
    spans.push({ start: size, first: begins, count });
    size += count;
  }
  return {
    size,
    at(index) {
      const { start, first } = spans.find((span) => index < span.start + span.count)!;
      return plus(first, (index - start) * blockSize);
    },
  };
}

/** The addresses of one block. */
export function addressesOf(first: Address): Address[] {
  return Array.from({ length: blockSize }, (_, i) => plus(first, i));
}

/** Blocks as ranges of addresses, neighbours in one. */
export function joined(firsts: readonly Address[]): (readonly [Address, Address])[] {
  const ranges: [Address, Address][] = [];
  for (const first of firsts) {
    const last = addressesOf(first).at(-1)!;
    const before = ranges.at(-1);
    if (before && Number(first) - Number(before[1]) === 1) before[1] = last;
    else ranges.push([first, last]);
  }
  return ranges;
}

const plus = (address: Address, offset: number): Address =>
  typeof address === 'bigint' ? address + BigInt(offset) : address + offset;

const minus = (a: Address, b: Address): Address => (typeof a === 'bigint' ? a - BigInt(b) : a - Number(b));
