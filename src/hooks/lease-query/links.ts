// Which subnets are one link: those of a shared network, else a subnet by itself.
import type { Snapshot, Subnet } from '../../config/snapshot.ts';
import { longestFirst } from './parameters.ts';

/** By ascending subnet id. */
export type Link = readonly Subnet[];

/** The link that the address is on, or whose relay has the address; undefined: none that is configured. */
export function linkAt({ index, networks }: Snapshot, address: bigint): Link | undefined {
  const everyone = (): boolean => true;
  const subnet = index.byAddress(address, everyone) ?? index.byRelay(address, everyone);
  return subnet && linkOf({ networks }, subnet);
}

export function linkOf({ networks }: Pick<Snapshot, 'networks'>, subnet: Subnet): Link {
  return (subnet.networkName !== null && networks.get(subnet.networkName)?.subnets) || [subnet];
}

/** An address of the link, as LQ_CLIENT_LINK names it (RFC 5007 §4.1.2.5). */
export const addressOfLink = ([subnet]: Link): bigint => subnet!.first as bigint;

/** The pools of prefixes of a configuration, found by address. */
export interface PrefixPools {
  /** Lengths of the prefixes that any of them delegates, longest first. */
  readonly lengths: readonly number[];
  has(address: bigint): boolean;
}

/** Made once for each configuration: no query may cost a walk over all subnets. */
export class PrefixPoolsCache {
  readonly #made = new WeakMap<Snapshot, PrefixPools>();

  of(snapshot: Snapshot): PrefixPools {
    let pools = this.#made.get(snapshot);
    if (!pools) this.#made.set(snapshot, (pools = prefixPools(snapshot)));
    return pools;
  }
}

function prefixPools({ subnets }: Snapshot): PrefixPools {
  const lengths: number[] = [];
  const byLength = new Map<number, Set<string>>();
  for (const { pdPools } of subnets.values()) {
    for (const { first, length, delegatedLength } of pdPools) {
      lengths.push(delegatedLength);
      byLength.set(length, (byLength.get(length) ?? new Set()).add(prefixKey(first, length)));
    }
  }
  const all = [...byLength];
  return {
    lengths: longestFirst(lengths),
    has: (address) => all.some(([length, prefixes]) => prefixes.has(prefixKey(address, length))),
  };
}

/** Text: maps of long bigints are slow (subnet-index.ts says why). */
const prefixKey = (address: bigint, length: number): string => (address >> BigInt(128 - length)).toString(36);

/** Whether the address is in a pool of addresses. */
export function isInPool({ index }: Snapshot, address: bigint): boolean {
  const subnet = index.byAddress(address, () => true);
  return subnet?.pools.some(({ first, last }) => first <= address && address <= last) === true;
}
