// Reservations found by identifier and by address, whatever their number.
import { addressKey } from '../addr/address-key.ts';
import type { Address } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import type { Host, HostFindings, HostIdentifier, HostQuery } from './host-store.ts';

export interface HostIndex {
  find(query: HostQuery): HostFindings;
}

export function indexHosts(hosts: readonly Host[]): HostIndex {
  const byIdentifier = new Map<string, Host[]>();
  /** By {@link addressKey}. */
  const byAddress = new Map<Address, Host[]>();
  for (const host of hosts) {
    append(byIdentifier, keyOf(host.identifier), host);
    for (const address of reservedAddresses(host)) append(byAddress, addressKey(address), host);
  }
  return {
    find({ identifiers, subnetIds, addresses }) {
      const wanted = (host: Host): boolean => subnetIds === null || subnetIds.includes(host.subnetId);
      return {
        byIdentifier: identifiers.flatMap((id) => (byIdentifier.get(keyOf(id)) ?? []).filter(wanted)),
        byAddress: addresses.flatMap((address) => (byAddress.get(addressKey(address)) ?? []).filter(wanted)),
      };
    },
  };
}

/** What the host has reserved: its addresses, and the first addresses of its prefixes, each once. */
export function reservedAddresses({ address4, addresses6 }: Host): Iterable<Address> {
  if (addresses6.length > 0) return new Set(addresses6.map(({ address }) => address));
  return address4 === 0 ? [] : [address4];
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
