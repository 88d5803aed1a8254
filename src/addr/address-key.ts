// Addresses as keys of a Map or a Set: a bigint is hashed by its low 64 bits, which all delegated prefixes have in common.
import type { Address } from './family.ts';

/** One-to-one, and its own inverse. The upper half stays as it is and goes into the lower one; IPv4 addresses are their own keys. */
export function addressKey<A extends Address>(address: A): A {
  return (typeof address === 'bigint' ? address ^ (address >> 64n) : address) as A;
}
