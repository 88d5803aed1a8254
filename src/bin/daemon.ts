// One DHCPv4 daemon from start to end: opens what the file asks for, follows the config backend, reloads, stops cleanly.
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { createAllocator, defaultAllocation } from '../alloc/allocator.ts';
import { createConfigApplier, type ConfigApplier } from '../backend/apply.ts';
import type { ConfigBackend } from '../backend/config-backend.ts';
import { createConfigBackend } from '../backend/poller.ts';
import { buildSnapshot, type BuildResult } from '../config/build.ts';
import { databaseAddressOf } from '../config/database-address.ts';
import { loadConfigFile, type CheckedConfig } from '../config/load.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../config/snapshot-holder.ts';
import type { ConfigParts } from '../config/parts.ts';
import type { GlobalParameters } from '../config/snapshot.ts';
import type { JsonMap } from '../config/written.ts';
import { describeDatabase, type DatabaseAddress } from '../db/address.ts';
import type { CommandRegistry } from '../control/command.ts';
import { systemClock } from '../engine/clock.ts';
import { NetworkState, networkStateOrigin } from '../engine/network-state.ts';
import type { Server } from '../engine/server.ts';
import { createServer4 } from '../engine/v4/protocol.ts';
import { Statistics } from '../engine/statistics.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { auditEntries } from '../hooks/audit-entries.ts';
import { HookLibraries } from '../hooks/hook-libraries.ts';
import type { LibrarySet } from '../hooks/library-set.ts';
import { createEdgeReporter } from '../fleet/fleet-server.ts';
import type { LeveledLogger } from '../log.ts';
import type { Lease4 } from '../store/lease.ts';
import { QueueTypes } from '../engine/queue-types.ts';
import { prepareLibraries } from './check-sections.ts';
import { checkDatabase, distinctDatabases, isSameDatabase } from './check-database.ts';
import { logLevelOf } from './log-level.ts';
import { hostEntries, openStores, type DaemonStores } from './open-stores.ts';
import { isDetectedAnew, openTransport, type DaemonTransport } from './open-transport.ts';
import { openChannels, type ChannelDeps, type Channels } from './open-channels.ts';
import { sectionsChanged } from './sections.ts';
import { programVersion } from './version.ts';

export interface DaemonOptions {
  readonly configPath: string;
  readonly serverPort: number;
  readonly clientPort: number;
  readonly stateDirectory: string;
  /** This edge's name in the fleet. */
  readonly instance: string;
  /** `-d`: debug lines whatever the file says. */
  readonly debug: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Opened and closed together when a reload changes what they were opened for. */
interface Service {
  readonly stores: DaemonStores;
  readonly transport: DaemonTransport;
  readonly server: Server<Lease4>;
}

const schemaRecheck = 5_000;

export class Daemon {
  readonly options: DaemonOptions;
  readonly log: LeveledLogger;
  readonly statistics: Statistics;
  readonly networkState = new NetworkState();
  readonly queueTypes = new QueueTypes({ family: 4 });
  readonly hooks: HookLibraries;
  readonly startedAt = Date.now();
  reloadedAt = Date.now();
  #config!: CheckedConfig;
  #holder!: SnapshotHolder;
  #service: Service | null = null;
  #backend: ConfigBackend | null = null;
  #applier: ConfigApplier | null = null;
  #channels: Channels | null = null;
  /** Reloads, pulls of control commands and the stop happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  readonly #channelDeps: ChannelDeps;

  constructor(
    options: DaemonOptions,
    deps: { readonly log: LeveledLogger; readonly registry: CommandRegistry },
  ) {
    this.options = options;
    this.log = deps.log;
    this.#channelDeps = deps;
    this.statistics = new Statistics({ clock: () => Date.now(), family: 4 });
    this.hooks = new HookLibraries({
      clock: systemClock,
      log: deps.log,
      statistics: this.statistics,
      networkState: this.networkState,
      commands: deps.registry,
      queueTypes: this.queueTypes,
      server: { snapshot: () => this.#holder.current(), leases: () => this.#leases() },
    });
    deps.registry.onProcessed((name, args, answer) => this.hooks.processed(name, args, answer));
  }

  get config(): CheckedConfig {
    return this.#config;
  }
  get holder(): SnapshotHolder {
    return this.#holder;
  }
  get service(): Service {
    return this.#service!;
  }
  get backend(): ConfigBackend | null {
    return this.#backend;
  }

  /** Throws FlotillaError when the file is not good, a lease file cannot be read or a database has a foreign schema. */
  async start(): Promise<void> {
    const config = loadConfigFile(this.options.configPath, 4);
    const built = this.#build(config);
    this.#config = config;
    this.#holder = createSnapshotHolder(built.snapshot, {
      onListenerError: (error) => this.log.error('FLOTILLA_SNAPSHOT_LISTENER', messageOf(error)),
    });
    this.#holder.onReplaced((next, previous) => {
      this.#keepSamples(next.globals, previous.globals);
      this.#service?.server.onSnapshot(next, previous);
    });
    this.#keepSamples(built.snapshot.globals, null);
    this.#setLogLevel(config);
    const libraries = await this.#prepareLibraries(config);
    this.hooks.use(libraries);
    await this.#startBackend(built);
    await this.hooks.configured(libraries, config.written, this.#holder.current());
    await this.#startService();
    this.#channels = await openChannels(config.written, this.#channelDeps);
  }

  /** The file again (SIGHUP, config-reload). Throws when it is not good; then nothing changed. */
  async reload(): Promise<void> {
    await this.applyConfig(loadConfigFile(this.options.configPath, 4));
  }

  /** Another configuration in place of the file's (config-set). Throws when it is not good; then nothing changed. */
  applyConfig(config: CheckedConfig): Promise<void> {
    return this.#inTurn(async () => {
      const built = this.#build(config);
      const libraries = await this.#prepareLibraries(config);
      try {
        await this.hooks.configured(libraries, config.written, built.snapshot);
      } catch (error) {
        await this.hooks.discard(libraries);
        throw error;
      }
      this.#setLogLevel(config);
      const changed = sectionsChanged(this.#config.written, config.written);
      this.#config = config;
      if (changed.backend) await this.#backend?.stop();
      this.hooks.use(libraries, () => {
        if (this.#applier && !changed.backend) this.#applier.replaceFile(config.parts);
        else this.#holder.replace(built.snapshot);
      });
      if (changed.backend) await this.#startBackend(built);
      if (changed.service || isDetectedAnew(config.written, this.service.transport)) {
        await this.#stopService();
        await this.#startService();
      }
      if (changed.channels) {
        const old = this.#channels;
        this.#channels = await openChannels(config.written, this.#channelDeps);
        await old?.close();
      }
      this.reloadedAt = Date.now();
      this.log.info(
        'DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS',
        'dynamic server reconfiguration succeeded with file: ' + this.options.configPath,
      );
    });
  }

  /** Answers what was accepted, tells the fleet, closes everything. Idempotent. */
  stop(): Promise<void> {
    if (this.#isStopping) return this.#turn.then(() => undefined);
    this.#isStopping = true;
    return this.#inTurn(async () => {
      await this.#channels?.close();
      this.hooks.unpark();
      await this.#stopService();
      await this.#backend?.stop();
      await this.hooks.close();
      this.networkState.close();
    });
  }

  /** Throws what applyConfig would throw, but for what dhcp4_srv_configured says. What was loaded is unloaded again. */
  testConfig(config: CheckedConfig): Promise<void> {
    return this.#inTurn(async () => {
      buildSnapshot(config.parts, null, { mode: 'strict', epoch: null });
      await this.hooks.discard(await this.#prepareLibraries(config));
    });
  }

  #build(config: CheckedConfig): BuildResult {
    for (const warning of config.warnings) this.log.warn('DHCP4_CONFIG_SYNTAX_WARNING', warning);
    return buildSnapshot(config.parts, null, { mode: 'strict', epoch: null, log: this.log });
  }

  #prepareLibraries({ written, parts }: CheckedConfig): Promise<LibrarySet> {
    const source = { written, parts, directory: dirname(this.options.configPath) };
    return prepareLibraries(source, this.hooks);
  }

  #setLogLevel({ written }: CheckedConfig): void {
    this.log.setLevel(this.options.debug ? 'debug' : logLevelOf(written));
  }

  #leases(): DaemonStores['leases'] {
    if (this.#service) return this.#service.stores.leases;
    throw new FlotillaError('STORE_CLOSED', 'the lease store is not open yet');
  }

  async #startService(): Promise<void> {
    const { written } = this.#config;
    const { log, options, statistics } = this;
    const stores = await openStores(
      {
        written,
        configPath: options.configPath,
        stateDirectory: options.stateDirectory,
        instance: options.instance,
      },
      {
        log,
        random: Math.random,
        clock: () => Date.now(),
        environment: options.environment,
        snapshot: () => this.#holder.current(),
        monotonic: () => performance.now(),
        statistics,
      },
    );
    try {
      await this.#checkDatabases(stores.databases);
      const sendFailed = statistics.counter('flotilla-send-failed');
      const transport = await openTransport(
        { family: 4, written, serverPort: options.serverPort },
        { log, onSendFailure: () => sendFailed.add() },
      );
      const server = createServer4(
        { serverPort: options.serverPort, clientPort: options.clientPort },
        {
          snapshot: () => this.#holder.current(),
          leases: stores.leases,
          hosts: stores.hosts,
          transport: transport.transport,
          statistics,
          log,
          clock: systemClock,
          random: Math.random,
          networkState: this.networkState,
          queueTypes: this.queueTypes,
          hooks: this.hooks,
          allocator: createAllocator(
            { ...defaultAllocation, sharedLeases: stores.sharedLeases },
            { random: Math.random, clock: () => performance.now() },
          ),
        },
      );
      await server.start();
      this.#service = { stores, transport, server };
      // The edge is in the fleet as starting; now it serves.
      void this.#backend?.pull();
    } catch (error) {
      await stores.close();
      throw error;
    }
  }

  async #stopService(): Promise<void> {
    const service = this.#service;
    this.#service = null;
    if (!service) return;
    await service.server.stop();
    await service.transport.transport.close();
    await service.stores.close();
  }

  async #startBackend(file: BuildResult): Promise<void> {
    this.#backend = null;
    this.#applier = null;
    const control = this.#config.written['config-control'] as JsonMap | undefined;
    const [entry] = (control?.['config-databases'] ?? []) as readonly JsonMap[];
    if (!control || !entry) return;
    const { options, log } = this;
    const address = databaseAddressOf(entry, {
      directory: dirname(options.configPath),
      environment: options.environment,
    });
    await this.#checkDatabases([address]);
    const applier = createConfigApplier(
      { file, fileParts: this.#config.parts },
      { holder: this.#holder, log },
    );
    let fetched: ConfigParts | null = null;
    const backend = createConfigBackend(
      {
        family: 4,
        address,
        serverTag: this.#holder.current().serverTag,
        fetchWaitTime: (control['config-fetch-wait-time'] as number | undefined) ?? 30,
        stateDirectory: options.stateDirectory,
        instance: options.instance,
      },
      {
        log,
        clock: systemClock,
        random: Math.random,
        isReady: () => this.#service !== null,
        apply: async (parts, at) => {
          const applied = await applier.apply(parts, at);
          const changes = fetched ? auditEntries(fetched, parts, at.epoch) : [];
          fetched = parts;
          if (changes.length > 0) void this.hooks.announce('cb4_updated', { audit_entries: changes });
          return applied;
        },
        remember: (parts) => applier.remember(parts),
        ...(this.#servesHostsOf(address) && { reservationScope: () => this.#holder.current() }),
        onHostsChanged: () => this.#service?.stores.forgetHosts(),
        report: createEdgeReporter(
          {
            instance: options.instance,
            family: 4,
            tag: this.#holder.current().serverTag,
            version: programVersion,
            address: hostname(),
          },
          { clock: systemClock },
        ),
      },
    );
    this.#applier = applier;
    this.#backend = backend;
    const source = await backend.start();
    log.info(
      'DHCP4_CONFIG_COMPLETE',
      `configuration from ${describeDatabase(address)}: ${sourceText[source]}`,
    );
  }

  /** Only a change of the configuration counts: a limit that a command set stays otherwise. */
  #keepSamples(next: GlobalParameters, previous: GlobalParameters | null): void {
    const { statisticDefaultSampleCount: count, statisticDefaultSampleAge: age } = next;
    if (previous?.statisticDefaultSampleCount === count && previous.statisticDefaultSampleAge === age) return;
    this.statistics.setDefaults(count, age);
  }

  /** Whether the reservations beside the central configuration are those that clients get. */
  #servesHostsOf(address: DatabaseAddress): boolean {
    const { configPath, environment } = this.options;
    const sources = { directory: dirname(configPath), environment };
    return hostEntries(this.#config.written).some((entry) =>
      isSameDatabase(databaseAddressOf(entry, sources), address),
    );
  }

  /** A foreign schema ends the start; a database that is away is asked again, and its answer then counts. */
  async #checkDatabases(addresses: readonly DatabaseAddress[]): Promise<void> {
    for (const address of distinctDatabases(addresses)) {
      const result = await checkDatabase(address);
      if (result.state === 'ok') continue;
      this.log.warn('DATABASE_MYSQL_START_AWAY', `${describeDatabase(address)} is away: ${result.reason}`);
      this.#recheck(address);
    }
  }

  #recheck(address: DatabaseAddress): void {
    systemClock.after(schemaRecheck, () => {
      if (this.#isStopping) return;
      checkDatabase(address).then(
        (result) => {
          if (result.state === 'away') this.#recheck(address);
        },
        (error: unknown) => {
          this.networkState.disable(networkStateOrigin.leaseDatabase);
          this.log.error('DHCP4_DATABASE_REFUSED', `service disabled: ${messageOf(error)}`);
        },
      );
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

const sourceText = {
  database: 'fetched',
  'last-good': 'the database is away, the last good configuration from disk is in force',
  nothing: 'the database is away and there is no last good configuration: only the local file is in force',
} as const;
