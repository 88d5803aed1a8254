// Ranges of addresses to search, in the order of a search that begins somewhere in the middle.
import type { Lease } from './lease.ts';
import type { AddressRange } from './lease-store.ts';

/** The ranges from `start` upwards, then those below it: each address once. */
export function wrapped<L extends Lease>(
  ranges: readonly AddressRange<L>[],
  start: L['address'],
): AddressRange<L>[] {
  type A = L['address'];
  const after: AddressRange<L>[] = [];
  const before: AddressRange<L>[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const { first, last } = range;
    if (last >= start) after.push({ ...range, first: first >= start ? first : start, last });
    if (first < start) {
      const below: A = typeof start === 'bigint' ? start - 1n : start - 1;
      before.push({ ...range, last: last < start ? last : below });
    }
  }
  return [...after, ...before];
}
