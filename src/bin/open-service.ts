// Stores, sockets and the server of a daemon: opened and closed together when a reload changes what they were opened for.
import type { Family } from '../addr/family.ts';
import { createAllocator, defaultAllocation } from '../alloc/allocator.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { WrittenConfig } from '../config/written.ts';
import type { DatabaseAddress } from '../db/address.ts';
import { systemClock } from '../engine/clock.ts';
import { statisticsOfDrop } from '../engine/drop-reasons.ts';
import type { EngineHooks } from '../engine/hooks.ts';
import type { NetworkState } from '../engine/network-state.ts';
import type { QueueTypes } from '../engine/queue-types.ts';
import type { Server } from '../engine/server.ts';
import type { Statistics } from '../engine/statistics.ts';
import type { Logger } from '../log.ts';
import { Dhcp4o6Peer } from '../net/dhcp4o6-peer.ts';
import type { Lease } from '../store/lease.ts';
import { served, type ServedFamily } from './served-families.ts';
import { openStores, type DaemonStores } from './open-stores.ts';
import { openTransport, type DaemonTransport } from './open-transport.ts';

export interface OpenServiceOptions {
  readonly family: Family;
  /** The map under Dhcp4 or Dhcp6. */
  readonly written: WrittenConfig;
  readonly configPath: string;
  readonly serverPort: number;
  readonly clientPort: number;
  readonly stateDirectory: string;
  /** This edge's name in the fleet. */
  readonly instance: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface OpenServiceDeps {
  readonly log: Logger;
  readonly statistics: Statistics;
  readonly snapshot: () => Snapshot;
  readonly networkState: NetworkState;
  readonly queueTypes: QueueTypes;
  readonly hooks: EngineHooks;
  /** Who a DHCPv6 server is. */
  readonly serverDuid: () => Uint8Array;
  /** Throws DATABASE_SCHEMA. */
  readonly checkDatabases: (addresses: readonly DatabaseAddress[]) => Promise<void>;
}

export interface Service {
  readonly stores: DaemonStores<Lease>;
  readonly transport: DaemonTransport<Family>;
  readonly server: Pick<Server<Lease>, 'onSnapshot' | 'queue'>;
  /** Answers what was accepted, then closes everything. */
  close(): Promise<void>;
}

/** Resolves when clients are served. Throws what the stores, the sockets or the check of the databases throw. */
export const openService = (options: OpenServiceOptions, deps: OpenServiceDeps): Promise<Service> =>
  options.family === 4 ? open(served[4], options, deps) : open(served[6], options, deps);

async function open<F extends Family, L extends Lease>(
  { family, leaseForms, createServer }: ServedFamily<F, L>,
  options: OpenServiceOptions,
  deps: OpenServiceDeps,
): Promise<Service> {
  const { log, statistics, snapshot } = deps;
  const { serverPort, clientPort } = options;
  const stores = await openStores(leaseForms, options, {
    log,
    random: Math.random,
    clock: () => Date.now(),
    environment: options.environment,
    snapshot,
    monotonic: () => performance.now(),
    statistics,
  });
  /** What was opened, closed last first. */
  const opened: (() => Promise<void>)[] = [() => stores.close()];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each();
  };
  try {
    await deps.checkDatabases(stores.databases);
    const sendFailed = statistics.counter('flotilla-send-failed');
    const transport = await openTransport(
      { family, written: options.written, serverPort },
      { log, onSendFailure: () => sendFailed.add() },
    );
    opened.push(() => transport.transport.close());
    const countBad = [`pkt${family}-received`, ...statisticsOfDrop('parse-failed', family)];
    const dhcp4o6 = new Dhcp4o6Peer(
      { family },
      {
        log,
        onBad: () => countBad.forEach((name) => statistics.counter(name).add()),
        onSendFailure: () => sendFailed.add(),
      },
    );
    opened.push(() => dhcp4o6.close());
    const server = createServer(
      { serverPort, clientPort },
      {
        snapshot,
        leases: stores.leases,
        hosts: stores.hosts,
        transport: transport.transport,
        dhcp4o6,
        statistics,
        log,
        clock: systemClock,
        random: Math.random,
        networkState: deps.networkState,
        queueTypes: deps.queueTypes,
        hooks: deps.hooks,
        serverDuid: deps.serverDuid,
        allocator: createAllocator(
          { ...defaultAllocation, sharedLeases: stores.sharedLeases },
          { random: Math.random, clock: () => performance.now() },
        ),
      },
    );
    opened.push(() => server.stop());
    await server.start();
    await dhcp4o6.use(snapshot().globals.dhcp4o6Port);
    return {
      stores,
      transport,
      server: {
        queue: () => server.queue(),
        onSnapshot(next, previous) {
          server.onSnapshot(next, previous);
          void dhcp4o6.use(next.globals.dhcp4o6Port);
        },
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
