// A daemon for command tests: real statistics and network state, leases in an array, configuration in a variable.
import { NetworkState } from '../../src/engine/network-state.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import { FlotillaError } from '../../src/errors.ts';
import type { JsonMap } from '../../src/config/written.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { DaemonOperations } from '../../src/control/daemon-operations.ts';
import { sameBytes } from '../../src/addr/hex.ts';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseQuery, LeaseStore } from '../../src/store/lease-store.ts';

export interface FakeDaemon extends DaemonOperations {
  config: JsonMap;
  readonly stored: Lease[];
  readonly calls: string[];
  backend: boolean;
}

export function fakeDaemon(family: 4 | 6 = 4): FakeDaemon {
  const startedAt = Date.now();
  const calls: string[] = [];
  const stored: Lease[] = [];
  const check = (config: JsonMap): void => {
    if (config['bad'] !== undefined)
      throw new FlotillaError('CONFIG_SCHEMA', "'bad' is not a known key", { key: `Dhcp${family}.bad` });
  };
  const daemon: FakeDaemon = {
    family,
    stored,
    calls,
    backend: false,
    config: { 'valid-lifetime': 4000, 'lease-database': { type: 'mysql', name: 'dhcp', password: 's3cret' } },
    statistics: new Statistics({ family, clock: () => Date.now() }),
    networkState: new NetworkState(),
    version: () => ({ short: '0.1.0', extended: '0.1.0\nNode 20', build: 'built by a test' }),
    status: () => ({
      pid: process.pid,
      uptime: (Date.now() - startedAt) / 1000,
      reload: 0.5,
      sockets: { status: 'ready' },
      queue: { size: 3, averages: [0.5, 0.25, 0] },
    }),
    snapshot: () =>
      ({ written: daemon.config, hash: 'ABC123', serverTag: 'berlin' }) as Partial<Snapshot> as Snapshot,
    leases: () => leaseList(stored),
    async testConfig(config) {
      calls.push('test');
      check(config);
    },
    async setConfig(config) {
      check(config);
      daemon.config = config;
    },
    async reloadConfig() {
      calls.push('reload');
    },
    async pullConfigBackend() {
      return daemon.backend ? 'pulled' : 'no-backend';
    },
    shutdown: (exitValue) => void calls.push(`shutdown ${exitValue}`),
  };
  return daemon;
}

const notAsked = (): never => {
  throw new Error('a reading command does not ask this of the store');
};

function leaseList(stored: readonly Lease[]): LeaseStore<Lease> {
  const owns = (query: LeaseQuery<Lease>, lease: Lease): boolean => {
    const { client } = query;
    if (client?.family === 4 && lease.family === 4)
      return (
        sameBytes(client.hwaddr, lease.hwaddr) ||
        (client.clientId !== null && sameBytes(client.clientId, lease.clientId))
      );
    return client?.family === 6 && lease.family === 6
      ? sameBytes(client.duid, lease.duid) && client.iaid === lease.iaid && client.type === lease.type
      : false;
  };
  return {
    backend: 'memfile',
    async find(query) {
      return {
        own: stored.filter(
          (lease) => owns(query, lease) && (query.subnetIds?.includes(lease.subnetId) ?? true),
        ),
        held: stored.filter((lease) => query.addresses.includes(lease.address)),
        now: 0,
      };
    },
    async page(after, limit, subnetIds) {
      const leases = stored
        .filter((lease) => after === null || lease.address > after)
        .filter((lease) => subnetIds?.includes(lease.subnetId) ?? true)
        .sort((a, b) => (a.address < b.address ? -1 : 1));
      return { leases: leases.slice(0, limit) };
    },
    write: notAsked,
    reclaim: notAsked,
    expired: notAsked,
    flushReclaimed: notAsked,
    findFree: notAsked,
    ofClients: notAsked,
    isAlone: () => true,
    takeReserved: () => null,
    counts: notAsked,
    withdraw: notAsked,
    close: notAsked,
  };
}
