// A random order of any number of addresses that needs no list: a small Feistel network as a permutation.
import { mix } from './client-hash.ts';

const rounds = 4;

/** For a fixed `seed`, maps 0..size-1 one-to-one onto itself. */
export function shuffledIndex(index: number, size: number, seed: number): number {
  if (size <= 2) return (index + (seed & 1)) % size;
  const halfBits = Math.ceil(Math.log2(size) / 2);
  const half = 2 ** halfBits;
  // The network permutes the next even power of two, at most four times `size`; walking on ends inside `size`.
  let value = index;
  do {
    let left = Math.floor(value / half);
    let right = value % half;
    for (let round = 0; round < rounds; round++) {
      const next = (left ^ mix(right ^ mix(seed + round))) >>> 0;
      [left, right] = [right, next % half];
    }
    value = left * half + right;
  } while (value >= size);
  return value;
}
