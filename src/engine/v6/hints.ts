// What a client names in an IA, as far as a pool of its network could give it.
import type { PdPool, Subnet } from '../../config/snapshot.ts';
import { findPoolSubnet, poolOf, poolsOf } from '../eligible.ts';
import type { IaSearch } from './ia-search.ts';

/** An address or prefix and the subnet that it is given from. */
export interface ChosenLease {
  readonly subnet: Subnet;
  readonly address: bigint;
  /** 128 for addresses. */
  readonly length: number;
}

/** The hints that lie in pools which admit the client; prefixes of exactly the length that their pool delegates. */
export function placedHints(s: IaSearch): ChosenLease[] {
  const placed: ChosenLease[] = [];
  for (const { address, length } of s.hints) {
    const chosen = address === 0n ? null : placeOf(s, address);
    if (chosen && chosen.length === length && isBeginning(address, length)) placed.push(chosen);
  }
  return placed;
}

/** Where the address (the beginning of a prefix) may be given from; the length is that of the pool. */
export function placeOf(s: IaSearch, address: bigint): ChosenLease | null {
  const subnet = findPoolSubnet(s, address, s.leaseType);
  return subnet ? { subnet, address, length: lengthAt(s, subnet, address) } : null;
}

/** 128, or the delegated length of the pool that holds the prefix. */
export function lengthAt(s: IaSearch, subnet: Subnet, address: bigint): number {
  if (s.leaseType === 0) return 128;
  return (poolOf(poolsOf(subnet, 2), address, s.classes) as PdPool | null)?.delegatedLength ?? 128;
}

const isBeginning = (address: bigint, length: number): boolean =>
  BigInt.asUintN(128 - length, address) === 0n;
