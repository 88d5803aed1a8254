// The pools that the leases of an answer come from: their options and additional classes count.
import type { PoolBase } from '../../config/snapshot.ts';
import { anyPoolOf, poolsOf } from '../eligible.ts';
import type { Transaction6 } from './transaction.ts';

/** In the order of the IAs, each once. A reservation, and so a lease, may lie in a pool whose classes the packet is not in. */
export function poolsOfGrants(t: Transaction6): PoolBase[] {
  const found: PoolBase[] = [];
  for (const { grants, leaseType } of t.ias) {
    for (const { lease } of grants) {
      const subnet = t.snapshot.subnets.get(lease.subnetId);
      const pool = subnet && anyPoolOf(poolsOf(subnet, leaseType), lease.address);
      if (pool && !found.includes(pool)) found.push(pool);
    }
  }
  return found;
}
