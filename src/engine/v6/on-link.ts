// Whether an address fits the link that a client is on.
import { eligibleSubnets } from '../eligible.ts';
import type { Transaction6 } from './transaction.ts';

/** In the prefix of any subnet of the client's network. */
export function isOnLink(t: Transaction6, address: bigint): boolean {
  return eligibleSubnets(t).some(({ first, last }) => address >= first && address <= last);
}
