// What a host database said about single clients and addresses, remembered for a while: libdhcp_host_cache.so.
import type { Address } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import { reservedAddresses } from './host-index.ts';
import type { Host, HostFindings, HostIdentifier, HostQuery, HostStore } from './host-store.ts';

export interface HostCacheOptions {
  /** Entries at most, the oldest gives way; 0 = as many as their lifetime lets live. */
  readonly maximum: number;
  /** Milliseconds that an entry counts: how late a change is seen that nobody reports. */
  readonly lifetime: number;
}

export interface HostCacheDeps {
  readonly store: HostStore;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** What the answers of the store depend on besides its rows; when one of these is another object, all is forgotten. */
  readonly basis: () => readonly unknown[];
  readonly count: (event: HostCacheEvent) => void;
}

/** `hit`: answered without the store. `miss`: the store was asked. `bypass`: a lookup that is never cached. */
export type HostCacheEvent = 'hit' | 'miss' | 'bypass' | 'clear';

export interface HostCache extends HostStore {
  readonly size: number;
  /** Forgets everything, also what lookups under way are about to find. */
  clear(): void;
}

interface Entry {
  /** Null: there is no reservation. */
  readonly host: Host | null;
  readonly until: number;
}

/**
 * Only lookups with one possible result are remembered: an identifier in a subnet, or an address in a subnet. That there
 * is none is remembered for identifiers alone: most addresses have no reservation, and would fill the cache.
 * Searches through all subnets go to the store.
 */
export function createHostCache(options: HostCacheOptions, deps: HostCacheDeps): HostCache {
  const { maximum, lifetime } = options;
  const { store, now, count } = deps;
  /** In order of age: every entry lives equally long. */
  const entries = new Map<string, Entry>();
  let generation = 0;
  let basis = deps.basis();

  const clear = (): void => {
    generation++;
    entries.clear();
    count('clear');
  };

  const known = (key: string, time: number): Entry | undefined => {
    const entry = entries.get(key);
    return entry && entry.until > time ? entry : undefined;
  };

  const remember = (key: string, host: Host | null, time: number): void => {
    entries.delete(key);
    entries.set(key, { host, until: time + lifetime });
    for (const [oldest, { until }] of entries) {
      if (until > time && (maximum === 0 || entries.size <= maximum)) break;
      entries.delete(oldest);
    }
  };

  const checkBasis = (): void => {
    const current = deps.basis();
    if (current.every((part, index) => part === basis[index])) return;
    basis = current;
    clear();
  };

  /** What is known of a query, and the query for the rest; null when nothing is left to ask. */
  const answer = (query: HostQuery, subnetIds: readonly number[]): [HostFindings, HostQuery | null] => {
    const time = now();
    const byIdentifier: Host[] = [];
    const byAddress: Host[] = [];
    const identifiers = query.identifiers.filter((identifier) => {
      const found = subnetIds.map((subnetId) => known(identifierKey(identifier, subnetId), time));
      if (found.includes(undefined)) return true;
      for (const entry of found) if (entry?.host) byIdentifier.push(entry.host);
      return false;
    });
    const addresses = query.addresses.filter((address) => {
      const found = subnetIds.map((subnetId) => known(placeKey(address, subnetId), time));
      if (found.includes(undefined)) return true;
      for (const entry of found) if (entry?.host) byAddress.push(entry.host);
      return false;
    });
    const isAll = identifiers.length === 0 && addresses.length === 0;
    return [{ byIdentifier, byAddress }, isAll ? null : { identifiers, subnetIds, addresses }];
  };

  const rememberAll = (query: HostQuery, subnetIds: readonly number[], found: HostFindings): void => {
    const time = now();
    const byIdentifier = grouped(found.byIdentifier, ({ identifier, subnetId }) => [
      identifierKey(identifier, subnetId),
    ]);
    const byAddress = grouped(found.byAddress, (host) =>
      Array.from(reservedAddresses(host), (address) => placeKey(address, host.subnetId)),
    );
    for (const subnetId of subnetIds) {
      for (const identifier of query.identifiers) {
        const key = identifierKey(identifier, subnetId);
        const hosts = byIdentifier.get(key) ?? [];
        if (hosts.length <= 1) remember(key, hosts[0] ?? null, time);
      }
      for (const address of query.addresses) {
        const key = placeKey(address, subnetId);
        const hosts = byAddress.get(key) ?? [];
        if (hosts.length === 1) remember(key, hosts[0]!, time);
      }
    }
  };

  return {
    get size() {
      return entries.size;
    },
    clear,
    async find(query) {
      const { subnetIds } = query;
      if (subnetIds === null) {
        count('bypass');
        return await store.find(query);
      }
      checkBasis();
      const [cached, rest] = answer(query, subnetIds);
      count(rest ? 'miss' : 'hit');
      if (!rest) return cached;
      const asked = generation;
      const found = await store.find(rest);
      if (asked === generation) rememberAll(rest, subnetIds, found);
      return {
        byIdentifier: [...cached.byIdentifier, ...found.byIdentifier],
        byAddress: [...cached.byAddress, ...found.byAddress],
      };
    },
    close: () => store.close(),
  };
}

/** The hosts of each key, each once. */
function grouped(hosts: readonly Host[], keysOf: (host: Host) => readonly string[]): Map<string, Host[]> {
  const groups = new Map<string, Host[]>();
  for (const host of new Set(hosts)) {
    for (const key of keysOf(host)) {
      const group = groups.get(key);
      if (group) group.push(host);
      else groups.set(key, [host]);
    }
  }
  return groups;
}

const identifierKey = ({ type, value }: HostIdentifier, subnetId: number): string =>
  `${subnetId} ${type} ${formatHex(value)}`;
const placeKey = (address: Address, subnetId: number): string => `${subnetId} ${address}`;
