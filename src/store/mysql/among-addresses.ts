// The condition that a column is one of some addresses: neighbours as a range, which costs the database one look for all of them.
import type { Address } from '../../addr/family.ts';

/** Fewer neighbours stay in the list. */
const fewest = 3;

/** At least one address, each once. For columns in the order of the addresses' numbers. */
export function amongAddresses<A extends Address>(
  column: string,
  addresses: Iterable<A>,
  literal: (address: A) => string,
): string {
  const sorted = [...addresses].sort((a, b) => (a < b ? -1 : 1));
  const conditions: string[] = [];
  const singles: string[] = [];
  for (let from = 0, to: number; from < sorted.length; from = to + 1) {
    for (to = from; to + 1 < sorted.length && areNeighbours(sorted[to]!, sorted[to + 1]!);) to++;
    const run = sorted.slice(from, to + 1);
    if (run.length < fewest) singles.push(...run.map(literal));
    else conditions.push(`${column} BETWEEN ${literal(run[0]!)} AND ${literal(run.at(-1)!)}`);
  }
  if (singles.length > 0) conditions.push(`${column} IN (${singles.join(',')})`);
  return conditions.length === 1 ? conditions[0]! : `(${conditions.join(' OR ')})`;
}

const areNeighbours = (a: Address, b: Address): boolean =>
  typeof a === 'bigint' ? (b as bigint) - a === 1n : (b as number) - a === 1;
