// Which subnet a DHCPv6 packet comes from: by interface when direct, by what its relays say otherwise.
import { isLinkLocalIpv6 } from '../../addr/ipv6.ts';
import type { Subnet } from '../../config/snapshot.ts';
import { interfaceIdOf6 } from '../../wire/v6/relay.ts';
import { subnetPermits } from '../eligible.ts';
import type { StepResult } from '../pipeline.ts';
import type { Transaction6 } from './transaction.ts';

export function selectSubnet(t: Transaction6): StepResult {
  t.subnet = findSubnet(t) ?? null;
  if (!t.subnet && t.engine.log.debugEnabled) {
    t.engine.log.debug('DHCP6_SUBNET_SELECTION_FAILED', `no subnet for a packet on ${t.datagram.iface}`);
  }
  return 'continue';
}

function findSubnet(t: Transaction6): Subnet | undefined {
  const { index } = t.snapshot;
  const { source, iface } = t.datagram;
  const accept = (subnet: Subnet): boolean => subnetPermits(t, subnet);
  if (t.relays.length === 0) {
    const byInterface = index.byInterface(iface, accept);
    return byInterface ?? (isLinkLocalIpv6(source) ? undefined : index.byAddress(source, accept));
  }
  const id = interfaceIdOf6(t.relays);
  const byId = id && index.byInterfaceId(id, accept);
  if (byId) return byId;
  const link = linkAddressOf(t);
  return link === null ? undefined : (index.byRelay(link, accept) ?? index.byAddress(link, accept));
}

/** RFC 8415 §13.1: of the relay next to the client; a lightweight one (RFC 6221) leaves it to the next. */
export function linkAddressOf({ relays }: Pick<Transaction6, 'relays'>): bigint | null {
  for (let level = relays.length - 1; level >= 0; level--) {
    const { linkAddress } = relays[level]!;
    if (linkAddress !== 0n && !isLinkLocalIpv6(linkAddress)) return linkAddress;
  }
  return null;
}
