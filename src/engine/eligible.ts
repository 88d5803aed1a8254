// Which subnets and pools a packet may use: its shared network's, filtered by class.
import type { Address } from '../addr/family.ts';
import type { PoolBase, Subnet } from '../config/snapshot.ts';
import { permits } from './class-list.ts';
import type { ClientPlace } from './packet-context.ts';

/** 0 addresses (also of DHCPv4), 2 delegated prefixes: Kea's lease types. */
export type LeaseType = 0 | 2;

/** Pools that leases of this type come from, whoever they admit. */
export const poolsOf = (subnet: Subnet, type: LeaseType): readonly PoolBase[] =>
  type === 2 ? subnet.pdPools : subnet.pools;

/** The subnet and its network both admit the packet's classes. */
export function subnetPermits(t: ClientPlace, subnet: Subnet): boolean {
  if (!permits(subnet.clientClasses, t.classes)) return false;
  if (subnet.networkName === null) return true;
  return permits(t.snapshot.networks.get(subnet.networkName)?.clientClasses ?? [], t.classes);
}

/** The selected subnet, then the others of its network by ascending id, wrapping; only those the classes admit. */
export function eligibleSubnets(t: ClientPlace): readonly Subnet[] {
  const start = t.subnet;
  if (!start) return [];
  const network = start.networkName === null ? undefined : t.snapshot.networks.get(start.networkName);
  if (!network) return subnetPermits(t, start) ? [start] : [];
  const { subnets } = network;
  const at = subnets.findIndex((subnet) => subnet.id === start.id);
  return [...subnets.slice(at), ...subnets.slice(0, at)].filter((subnet) => subnetPermits(t, subnet));
}

/** True when the subnet belongs to what {@link eligibleSubnets} lists. */
export function isEligible(t: ClientPlace, subnet: Subnet): boolean {
  if (!t.subnet) return false;
  const sameNetwork =
    subnet.id === t.subnet.id || (subnet.networkName !== null && subnet.networkName === t.subnet.networkName);
  return sameNetwork && subnetPermits(t, subnet);
}

/** The pool that holds the address and admits the classes. */
export function poolOf<P extends PoolBase>(
  pools: readonly P[],
  address: Address,
  classes: ReadonlySet<string>,
): P | null {
  for (const pool of pools) {
    if (address >= pool.first && address <= pool.last && permits(pool.clientClasses, classes)) return pool;
  }
  return null;
}

/** The pool that holds the address, whoever it admits. */
export function anyPoolOf(pools: readonly PoolBase[], address: Address): PoolBase | undefined {
  return pools.find((pool) => address >= pool.first && address <= pool.last);
}

export const inAnyPool = (pools: readonly PoolBase[], address: Address): boolean =>
  anyPoolOf(pools, address) !== undefined;

/** The eligible subnet with an admitted pool that holds the address. Pools of prefixes may lie outside of their subnet. */
export function findPoolSubnet(t: ClientPlace, address: Address, type: LeaseType = 0): Subnet | undefined {
  const holds = (subnet: Subnet): boolean => poolOf(poolsOf(subnet, type), address, t.classes) !== null;
  if (t.subnet && subnetPermits(t, t.subnet) && holds(t.subnet)) return t.subnet;
  if (type === 2) return eligibleSubnets(t).find(holds);
  return t.snapshot.index.byAddress(address, (subnet) => isEligible(t, subnet) && holds(subnet));
}

/** Whether the address lies in any pool of the client's network, admitted or not. */
export function isNetworkPoolAddress(t: ClientPlace, address: Address): boolean {
  if (!t.subnet) return false;
  if (inAnyPool(t.subnet.pools, address)) return true;
  const { networkName } = t.subnet;
  if (networkName === null) return false;
  const found = t.snapshot.index.byAddress(
    address,
    (subnet) => subnet.networkName === networkName && inAnyPool(subnet.pools, address),
  );
  return found !== undefined;
}
