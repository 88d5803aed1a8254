// Reservations found by identifier and by address, whatever their number.
import type { Address } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import type { Host, HostFindings, HostIdentifier, HostQuery } from './host-store.ts';

export interface HostIndex {
  find(query: HostQuery): HostFindings;
}

export function indexHosts(hosts: readonly Host[]): HostIndex {
  const byIdentifier = new Map<string, Host[]>();
  const byAddress = new Map<Address, Host[]>();
  for (const host of hosts) {
    append(byIdentifier, keyOf(host.identifier), host);
    if (host.address4 !== 0) append(byAddress, host.address4, host);
  }
  return {
    find({ identifiers, subnetIds, addresses }) {
      const wanted = (host: Host): boolean => subnetIds === null || subnetIds.includes(host.subnetId);
      return {
        byIdentifier: identifiers.flatMap((id) => (byIdentifier.get(keyOf(id)) ?? []).filter(wanted)),
        byAddress: addresses.flatMap((address) => (byAddress.get(address) ?? []).filter(wanted)),
      };
    },
  };
}

/** What each query finds among `hosts`. */
export function answerFromHosts(hosts: readonly Host[], queries: readonly HostQuery[]): HostFindings[] {
  const index = indexHosts(hosts);
  return queries.map((query) => index.find(query));
}

function keyOf({ type, value }: HostIdentifier): string {
  return `${type}/${formatHex(value)}`;
}

function append<K>(map: Map<K, Host[]>, key: K, host: Host): void {
  const list = map.get(key);
  if (list) list.push(host);
  else map.set(key, [host]);
}
