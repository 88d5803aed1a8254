// The daemon's leases and reservations from `lease-database` and `hosts-databases`.
import { dirname, isAbsolute, join } from 'node:path';
import type { Family } from '../addr/family.ts';
import { databaseAddressOf } from '../config/database-address.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { JsonMap, WrittenConfig } from '../config/written.ts';
import { describeDatabase, type DatabaseAddress } from '../db/address.ts';
import type { Statistics } from '../engine/statistics.ts';
import type { Logger } from '../log.ts';
import { createBatchingLeaseStore } from '../store/batching.ts';
import { chainHostStores, createFileHostStore } from '../store/file-hosts.ts';
import { createHostCache, type HostCache } from '../store/host-cache.ts';
import type { HostStore } from '../store/host-store.ts';
import { isSameDatabase } from './check-database.ts';
import { hostCacheOptions, hostCacheSettings } from './host-cache-settings.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { LeaseRows } from '../store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../store/memfile/memfile-backend.ts';
import { openMysqlHostStore } from '../store/mysql/hosts.ts';
import type { LeaseSql } from '../store/mysql/lease-sql.ts';
import { defaultLanes, openMysqlBackend } from '../store/mysql/mysql-backend.ts';

/** What the leases of one family look like where they are kept. */
export interface LeaseForms<L extends Lease> {
  readonly family: Family;
  readonly sql: LeaseSql<L>;
  readonly rows: LeaseRows<L>;
  /** Name of the lease file when none is written. */
  readonly file: string;
}

export interface OpenStoresOptions {
  /** The map under Dhcp4 or Dhcp6. */
  readonly written: WrittenConfig;
  readonly configPath: string;
  readonly stateDirectory: string;
  /** This edge's name in the fleet. */
  readonly instance: string;
}

export interface OpenStoresDeps {
  readonly log: Logger;
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly snapshot: () => Snapshot;
  /** Milliseconds, monotonic. */
  readonly monotonic: () => number;
  readonly statistics: Statistics;
}

export interface DaemonStores<L extends Lease = Lease> {
  readonly leases: LeaseStore<L>;
  readonly hosts: HostStore;
  /** Reservations that were cached are asked for again. */
  forgetHosts(): void;
  /** Servers that share a lease database must not meet: see the allocator. */
  readonly sharedLeases: boolean;
  /** Databases in use, to check their schema. */
  readonly databases: readonly DatabaseAddress[];
  close(): Promise<void>;
}

/** Connections: the config backend has one, leases and hosts together three. */
const leaseConnections = 2;

/** Throws CONFIG_INVALID, CONFIG_FILE or LEASE_FILE. A database that is away is no error: it is tried for ever. */
export async function openStores<L extends Lease>(
  forms: LeaseForms<L>,
  options: OpenStoresOptions,
  deps: OpenStoresDeps,
): Promise<DaemonStores<L>> {
  const { written } = options;
  const sources = { directory: dirname(options.configPath), environment: deps.environment };
  const leaseEntry = (written['lease-database'] ?? { type: 'memfile' }) as JsonMap;
  const hostAddresses = hostEntries(written).map((entry) => databaseAddressOf(entry, sources));
  const leaseAddress = leaseEntry['type'] === 'memfile' ? null : databaseAddressOf(leaseEntry, sources);

  const leases = leaseAddress
    ? openMysqlLeases(forms, leaseAddress, options.instance, hostAddresses.length === 0, deps)
    : await openMemfileLeases(forms, leaseEntry, options, deps);
  const fileHosts = createFileHostStore(() => deps.snapshot().hosts);
  const cacheSettings = hostCacheSettings(written);
  const polledEntry = cacheSettings && configEntry(written);
  const polledAddress = polledEntry && databaseAddressOf(polledEntry, sources);
  const caches: HostCache[] = [];
  const databaseHosts = hostAddresses.map((address) => {
    deps.log.info('HOSTS_BACKENDS_REGISTERED', `reservations in ${describeDatabase(address)}`);
    const store = openMysqlHostStore(
      { family: forms.family, address },
      {
        logger: deps.log,
        random: deps.random,
        definitions: () => deps.snapshot().definitions,
        addressesUnique: () => deps.snapshot().globals.ipReservationsUnique,
      },
    );
    if (!cacheSettings) return store;
    const isPolled = polledAddress ? isSameDatabase(polledAddress, address) : false;
    const cache = createHostCache(hostCacheOptions(cacheSettings, { isPolled }), {
      store,
      now: deps.monotonic,
      basis: () => [deps.snapshot().definitions, deps.snapshot().globals.ipReservationsUnique],
      count: (event) => deps.statistics.counter(`flotilla-host-cache-${event}`).add(),
    });
    caches.push(cache);
    return cache;
  });
  const hosts = databaseHosts.length === 0 ? fileHosts : chainHostStores([fileHosts, ...databaseHosts]);
  return {
    leases,
    hosts,
    forgetHosts() {
      for (const cache of caches) cache.clear();
    },
    sharedLeases: leaseAddress !== null,
    databases: [...(leaseAddress ? [leaseAddress] : []), ...hostAddresses],
    async close() {
      await leases.close();
      await hosts.close();
    },
  };
}

function openMysqlLeases<L extends Lease>(
  { sql }: LeaseForms<L>,
  address: DatabaseAddress,
  server: string,
  isAlone: boolean,
  deps: OpenStoresDeps,
): LeaseStore<L> {
  deps.log.info('DHCPSRV_MYSQL_DB', `leases in ${describeDatabase(address)}`);
  const connections = isAlone ? leaseConnections + 1 : leaseConnections;
  const backend = openMysqlBackend<L>(
    { ...defaultLanes, connections, table: sql, address, ownStatistics: true, server },
    { logger: deps.log, random: deps.random },
  );
  return createBatchingLeaseStore(backend, { lanes: connections });
}

async function openMemfileLeases<L extends Lease>(
  { rows, file }: LeaseForms<L>,
  entry: JsonMap,
  options: OpenStoresOptions,
  deps: OpenStoresDeps,
): Promise<LeaseStore<L>> {
  const name = typeof entry['name'] === 'string' ? entry['name'] : file;
  const persist = entry['persist'] !== false;
  const path = persist ? (isAbsolute(name) ? name : join(options.stateDirectory, name)) : null;
  const sync = entry['sync-writes'] !== false;
  const inFile = `leases in ${path}${sync ? '' : ', not synced (sync-writes is false): a power cut loses the latest'}`;
  deps.log.info(
    'DHCPSRV_MEMFILE_DB',
    path === null ? 'leases in memory only: they are lost when the server ends' : inFile,
  );
  const backend = await openMemfileBackend<L>(
    {
      rows,
      path,
      sync,
      lfcInterval: numberOr(entry['lfc-interval'], 3600),
      maxRowErrors: numberOr(entry['max-row-errors'], 0),
    },
    { logger: deps.log, clock: deps.clock },
  );
  return createBatchingLeaseStore(backend, { lanes: 1 });
}

/** Kea accepts one map or a list. */
export function hostEntries(written: WrittenConfig): readonly JsonMap[] {
  const list = written['hosts-databases'] as readonly JsonMap[] | undefined;
  const single = written['hosts-database'] as JsonMap | undefined;
  return list ?? (single && Object.keys(single).length > 0 ? [single] : []);
}

/** The database that the config backend polls. */
export function configEntry(written: WrittenConfig): JsonMap | undefined {
  const control = written['config-control'] as JsonMap | undefined;
  return (control?.['config-databases'] as readonly JsonMap[] | undefined)?.[0];
}

const numberOr = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);
