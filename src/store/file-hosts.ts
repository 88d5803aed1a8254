// Reservations that the configuration itself carries, and several host stores searched as one.
import { FlotillaError } from '../errors.ts';
import { indexHosts, type HostIndex } from './host-index.ts';
import type { Host, HostFindings, HostStore } from './host-store.ts';

/** `hosts` gives the running configuration's list; it is indexed anew only when the array is another one. */
export function createFileHostStore(hosts: () => readonly Host[]): HostStore {
  let indexed: readonly Host[] | null = null;
  let index: HostIndex | null = null;
  let closed = false;
  return {
    find(query) {
      if (closed) return Promise.reject(new FlotillaError('STORE_CLOSED', 'the host store is closed'));
      const current = hosts();
      if (!index || indexed !== current) {
        index = indexHosts(current);
        indexed = current;
      }
      return Promise.resolve(index.find(query));
    },
    get isEmpty() {
      return hosts().length === 0;
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

/**
 * All stores at once, findings in the order of `stores` (file first). Of two reservations for the same identifier and
 * subnet the first one counts. When one store cannot answer, nobody can: a reservation overlooked is an address lost.
 */
export function chainHostStores(stores: readonly HostStore[]): HostStore {
  return {
    async find(query) {
      const findings = await Promise.all(stores.map((store) => store.find(query)));
      return {
        byIdentifier: firstOfEach(findings, 'byIdentifier'),
        byAddress: firstOfEach(findings, 'byAddress'),
      };
    },
    get isEmpty() {
      return stores.every(({ isEmpty }) => isEmpty === true);
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

function firstOfEach(findings: readonly HostFindings[], side: keyof HostFindings): Host[] {
  const seen = new Set<string>();
  return findings
    .flatMap((finding) => finding[side])
    .filter(({ subnetId, identifier }) => {
      const key = `${subnetId} ${identifier.type} ${Buffer.from(identifier.value).toString('hex')}`;
      return !seen.has(key) && seen.add(key);
    });
}
