// Which subnets and pools a packet may use: its shared network's, filtered by class.
import type { Pool, Subnet } from '../../config/snapshot.ts';
import { permits } from '../class-list.ts';
import type { Transaction4 } from './transaction.ts';

/** The subnet and its network both admit the packet's classes. */
export function subnetPermits(t: Transaction4, subnet: Subnet): boolean {
  if (!permits(subnet.clientClasses, t.classes)) return false;
  if (subnet.networkName === null) return true;
  return permits(t.snapshot.networks.get(subnet.networkName)?.clientClasses ?? [], t.classes);
}

/** The selected subnet, then the others of its network by ascending id, wrapping; only those the classes admit. */
export function eligibleSubnets(t: Transaction4): readonly Subnet[] {
  const start = t.subnet;
  if (!start) return [];
  const network = start.networkName === null ? undefined : t.snapshot.networks.get(start.networkName);
  if (!network) return subnetPermits(t, start) ? [start] : [];
  const { subnets } = network;
  const at = subnets.findIndex((subnet) => subnet.id === start.id);
  return [...subnets.slice(at), ...subnets.slice(0, at)].filter((subnet) => subnetPermits(t, subnet));
}

/** True when the subnet belongs to what {@link eligibleSubnets} lists. */
export function isEligible(t: Transaction4, subnet: Subnet): boolean {
  if (!t.subnet) return false;
  const sameNetwork =
    subnet.id === t.subnet.id || (subnet.networkName !== null && subnet.networkName === t.subnet.networkName);
  return sameNetwork && subnetPermits(t, subnet);
}

/** The pool of the subnet that holds the address and admits the classes. */
export function poolOf(subnet: Subnet, address: number, classes: ReadonlySet<string>): Pool | null {
  for (const pool of subnet.pools) {
    if (
      address >= Number(pool.first) &&
      address <= Number(pool.last) &&
      permits(pool.clientClasses, classes)
    ) {
      return pool;
    }
  }
  return null;
}

/** Whether any pool at all holds the address, whoever it admits. */
export function inAnyPool(subnet: Subnet, address: number): boolean {
  return subnet.pools.some((pool) => address >= Number(pool.first) && address <= Number(pool.last));
}

/** The eligible subnet with an admitted pool that holds the address. */
export function findPoolSubnet(t: Transaction4, address: number): Subnet | undefined {
  if (t.subnet && subnetPermits(t, t.subnet) && poolOf(t.subnet, address, t.classes)) return t.subnet;
  return t.snapshot.index.byAddress(
    address,
    (subnet) => isEligible(t, subnet) && poolOf(subnet, address, t.classes) !== null,
  );
}

/** Whether the address lies in any pool of the client's network, admitted or not. */
export function isNetworkPoolAddress(t: Transaction4, address: number): boolean {
  if (!t.subnet) return false;
  if (inAnyPool(t.subnet, address)) return true;
  const { networkName } = t.subnet;
  if (networkName === null) return false;
  const found = t.snapshot.index.byAddress(
    address,
    (subnet) => subnet.networkName === networkName && inAnyPool(subnet, address),
  );
  return found !== undefined;
}
