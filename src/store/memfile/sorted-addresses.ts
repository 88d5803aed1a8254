// The addresses of a table in ascending order, for pages: sorted when first asked for, and kept in order from then on.
import type { Address } from '../../addr/family.ts';

/**
 * Chunks of a few hundred, so that an address comes and goes without moving all the others. A million take a second to
 * sort, which a server that is never asked for pages does not spend.
 */
export class SortedAddresses<A extends Address> {
  readonly #all: () => Iterable<A>;
  /** None is empty. */
  #chunks: A[][] | null = null;

  constructor(all: () => Iterable<A>) {
    this.#all = all;
  }

  /** One that is not there yet. */
  add(address: A): void {
    if (!this.#chunks) return;
    const at = Math.min(this.#chunkOf(address), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (!chunk) {
      this.#chunks.push([address]);
      return;
    }
    chunk.splice(placeIn(chunk, address), 0, address);
    if (chunk.length > 2 * chunkSize) this.#chunks.splice(at + 1, 0, chunk.splice(chunkSize));
  }

  /** One that is there. */
  delete(address: A): void {
    if (!this.#chunks) return;
    const at = this.#chunkOf(address);
    const chunk = this.#chunks[at]!;
    chunk.splice(placeIn(chunk, address), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Up to `count` addresses, the lowest ones above `after`. */
  after(after: A | null, count: number): A[] {
    const chunks = (this.#chunks ??= this.#sort());
    const found: A[] = [];
    let at = after === null ? 0 : this.#chunkOf(after);
    let from = after === null || at === chunks.length ? 0 : placeIn(chunks[at]!, after);
    if (after !== null && chunks[at]?.[from] === after) from++;
    for (; at < chunks.length && found.length < count; at++, from = 0)
      found.push(...chunks[at]!.slice(from, from + count - found.length));
    return found;
  }

  #sort(): A[][] {
    const sorted = ascending(Array.from(this.#all()));
    const chunks: A[][] = [];
    for (let from = 0; from < sorted.length; from += chunkSize)
      chunks.push(sorted.slice(from, from + chunkSize));
    return chunks;
  }

  /** The first chunk that ends at or above the address; behind the last when there is none. */
  #chunkOf(address: A): number {
    return firstWhere(this.#chunks!, (chunk) => chunk.at(-1)! >= address);
  }
}

const chunkSize = 512;

/** Where the address is in the chunk, or belongs. */
const placeIn = <A extends Address>(chunk: readonly A[], address: A): number =>
  firstWhere(chunk, (other) => other >= address);

/** `holds` is false up to some place, and true from there on. */
function firstWhere<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  for (let high = list.length; low < high;) {
    const middle = (low + high) >> 1;
    if (holds(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function ascending<A extends Address>(addresses: A[]): A[] {
  const isNumbers = typeof addresses[0] === 'number';
  // Ten times faster for a million of them.
  if (isNumbers) return Array.from(Float64Array.from(addresses as number[]).sort()) as A[];
  return addresses.sort((a, b) => (a < b ? -1 : 1));
}
