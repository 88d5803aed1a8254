// Counting addresses of either family, or prefixes of one length: a unit is 2^`shift` addresses, one by default.
import type { Address } from './family.ts';

/** Of prefixes of that length (DHCPv6), or of addresses where none is given. */
export const unitShift = (delegatedLength: number | undefined): number =>
  delegatedLength === undefined ? 0 : 128 - delegatedLength;

/** The n-th unit after `first`. IPv4 addresses are units of their own. */
export function unitAt<A extends Address>(first: A, n: number, shift = 0): A {
  return (typeof first === 'bigint' ? first + (BigInt(n) << BigInt(shift)) : Number(first) + n) as A;
}

/** How many units begin in `first`..`last`, when one begins at `first`; not exact beyond 2^53. */
export function unitsIn<A extends Address>(first: A, last: A, shift = 0): number {
  if (last < first) return 0;
  return typeof first === 'bigint'
    ? Number((BigInt(last) - first) >> BigInt(shift)) + 1
    : Number(last) - first + 1;
}

/** The unit that contains the address. */
export function unitOf<A extends Address>(address: A, shift: number): A {
  return (typeof address === 'bigint' ? (address >> BigInt(shift)) << BigInt(shift) : address) as A;
}

/** The first unit that begins at the address or behind it. */
export function unitFrom<A extends Address>(address: A, shift: number): A {
  const unit = unitOf(address, shift);
  return unit === address ? unit : unitAt(unit, 1, shift);
}
