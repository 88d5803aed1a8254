// A client that gets no address or prefix: counted once per kind, and logged.
import type { LogFields } from '../log.ts';
import type { Lease } from '../store/lease.ts';
import type { AddressSearch } from './address-search.ts';
import { eligibleSubnets } from './eligible.ts';
import { hasPermittedPool } from './fresh-address.ts';

/** `fields`: who the client is. */
export function countAllocationFailure<L extends Lease>(s: AddressSearch<L>, fields: LogFields): void {
  const { subnet } = s;
  if (!subnet) return;
  const { family, usage, log } = s.engine;
  const usable = hasPermittedPool(s, eligibleSubnets(s));
  usage.count(usable ? 'allocation-fail' : 'allocation-fail-no-pools', subnet.id);
  usage.count(
    subnet.networkName === null ? 'allocation-fail-subnet' : 'allocation-fail-shared-network',
    subnet.id,
  );
  if (s.classes.size > 0) usage.count('allocation-fail-classes', subnet.id);
  const id = `ALLOC_ENGINE_V${family}_ALLOC_FAIL`;
  log.warn(
    usable ? id : `${id}_NO_POOLS`,
    `no ${s.leaseType === 2 ? 'prefix' : 'address'} for a client in subnet ${subnet.id}`,
    { ...fields, subnet: subnet.id },
  );
}
