// A lease as Kea's lease commands show it.
import { formatHex } from '../addr/hex.ts';
import { formatIpv4 } from '../addr/ipv4.ts';
import { formatIpv6 } from '../addr/ipv6.ts';
import type { Lease } from '../store/lease.ts';

/** Keys in alphabetical order; identifiers and contexts that a lease has not are left out. */
export function leaseJson(lease: Lease): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {
    cltt: lease.cltt,
    'fqdn-fwd': lease.fqdnFwd,
    'fqdn-rev': lease.fqdnRev,
    hostname: lease.hostname,
    state: lease.state,
    'subnet-id': lease.subnetId,
    'valid-lft': lease.validLifetime,
  };
  if (lease.poolId !== 0) fields['pool-id'] = lease.poolId;
  if (lease.userContext) fields['user-context'] = lease.userContext;
  if (lease.family === 4) {
    fields['ip-address'] = formatIpv4(lease.address);
    fields['hw-address'] = formatHex(lease.hwaddr);
    if (lease.clientId) fields['client-id'] = formatHex(lease.clientId);
  } else {
    fields['ip-address'] = formatIpv6(lease.address);
    fields['type'] = lease.type === 2 ? 'IA_PD' : 'IA_NA';
    if (lease.type === 2) fields['prefix-len'] = lease.prefixLength;
    fields['duid'] = formatHex(lease.duid);
    fields['iaid'] = lease.iaid;
    fields['preferred-lft'] = lease.preferredLifetime;
    if (lease.hwaddr) fields['hw-address'] = formatHex(lease.hwaddr);
  }
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
