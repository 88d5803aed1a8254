// The whole blocks of some pools as one row of numbers from 0.
import { unitAt, unitsIn, unitShift } from '../../addr/address-units.ts';
import type { Address } from '../../addr/family.ts';
import { blockOf, blockSize } from './offer-block-sql.ts';

export interface Range {
  readonly first: Address;
  readonly last: Address;
  /** Of prefixes of this length. */
  readonly delegatedLength?: number;
}

/** 64 addresses or prefixes: units of 2^`shift` addresses. */
export interface BlockPlace {
  readonly first: Address;
  readonly shift: number;
}

export interface BlockSpace {
  /** How many blocks lie inside the ranges with all of their addresses; 2^40 at most of one range, more than are ever offered. */
  readonly size: number;
  /** `index` must be below `size`. */
  at(index: number): BlockPlace;
}

const mostOfRange = 2 ** 40;

export function blockSpace(ranges: readonly Range[]): BlockSpace {
  const spans: (BlockPlace & { readonly start: number; readonly count: number })[] = [];
  let size = 0;
  for (const { first, last, delegatedLength } of ranges) {
    const shift = unitShift(delegatedLength);
    const begins = blockOf(unitAt(first, blockSize - 1, shift), shift);
    const count = Math.min(Math.floor(unitsIn(begins, last, shift) / blockSize), mostOfRange);
    if (count === 0) continue;
    spans.push({ start: size, first: begins, shift, count });
    size += count;
  }
  return {
    size,
    at(index) {
      const { start, first, shift } = spans.find((span) => index < span.start + span.count)!;
      return { first: unitAt(first, (index - start) * blockSize, shift), shift };
    },
  };
}

/** The addresses of one block. */
export function addressesOf({ first, shift }: BlockPlace): Address[] {
  return Array.from({ length: blockSize }, (_, i) => unitAt(first, i, shift));
}

/** Blocks as ranges of addresses, neighbours in one. */
export function joined(places: readonly BlockPlace[]): (readonly [Address, Address])[] {
  const ranges: [Address, Address][] = [];
  for (const { first, shift } of places) {
    const last = unitAt(unitAt(first, blockSize, shift), -1);
    const before = ranges.at(-1);
    if (before && unitAt(before[1], 1) === first) before[1] = last;
    else ranges.push([first, last]);
  }
  return ranges;
}

/** Tells ranges apart. */
export function rangeName({ first, last, delegatedLength }: Range): string {
  // Decimal takes a bigint five times as long.
  return `${first.toString(16)}-${last.toString(16)}/${delegatedLength ?? ''}`;
}
