// One daemon from start to end: opens what the file asks for, follows the config backend, reloads, stops cleanly.
import { isDeepStrictEqual } from 'node:util';
import { dirname } from 'node:path';
import type { Family } from '../addr/family.ts';
import type { ConfigBackend } from '../backend/config-backend.ts';
import { buildSnapshot, type BuildResult } from '../config/build.ts';
import { loadConfigFile, type CheckedConfig } from '../config/load.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../config/snapshot-holder.ts';
import type { GlobalParameters } from '../config/snapshot.ts';
import type { CommandRegistry } from '../control/command.ts';
import { describeDatabase, type DatabaseAddress } from '../db/address.ts';
import { systemClock } from '../engine/clock.ts';
import { NetworkState, networkStateOrigin } from '../engine/network-state.ts';
import { QueueTypes } from '../engine/queue-types.ts';
import { Statistics } from '../engine/statistics.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { HookLibraries } from '../hooks/hook-libraries.ts';
import type { LibrarySet } from '../hooks/library-set.ts';
import type { LeveledLogger } from '../log.ts';
import { checkDatabase, distinctDatabases } from './check-database.ts';
import { prepareLibraries } from './check-sections.ts';
import { logLevelOf } from './log-level.ts';
import { openBackend, type DaemonBackend } from './open-backend.ts';
import { openChannels, type ChannelDeps, type Channels } from './open-channels.ts';
import { openService, type Service } from './open-service.ts';
import { isDetectedAnew } from './open-transport.ts';
import { sectionsChanged } from './sections.ts';
import { openServerDuid } from './server-duid-file.ts';

export interface DaemonOptions {
  readonly family: Family;
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

const schemaRecheck = 5_000;

export class Daemon {
  readonly options: DaemonOptions;
  readonly log: LeveledLogger;
  readonly statistics: Statistics;
  readonly networkState = new NetworkState();
  readonly queueTypes: QueueTypes;
  readonly hooks: HookLibraries;
  readonly startedAt = Date.now();
  reloadedAt = Date.now();
  #config!: CheckedConfig;
  #holder!: SnapshotHolder;
  #service: Service | null = null;
  #backend: DaemonBackend | null = null;
  /** Who a DHCPv6 server is. */
  #serverDuid: Uint8Array = new Uint8Array(0);
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
    const { family } = options;
    this.queueTypes = new QueueTypes({ family });
    this.statistics = new Statistics({ clock: () => Date.now(), family });
    this.hooks = new HookLibraries({
      family,
      clock: systemClock,
      log: deps.log,
      statistics: this.statistics,
      networkState: this.networkState,
      commands: deps.registry,
      queueTypes: this.queueTypes,
      server: {
        snapshot: () => this.#holder.current(),
        leases: () => this.#leases(),
        duid: () => this.#serverDuid,
      },
    });
    deps.registry.onProcessed((name, args, answer) => this.hooks.processed(name, args, answer));
  }

  /** Of Kea's log identifiers. */
  get #idPrefix(): string {
    return `DHCP${this.options.family}`;
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
    return this.#backend?.backend ?? null;
  }

  /** Throws FlotillaError when the file is not good, a lease file cannot be read or a database has a foreign schema. */
  async start(): Promise<void> {
    const config = loadConfigFile(this.options.configPath, this.options.family);
    const built = this.#build(config);
    this.#config = config;
    this.#holder = createSnapshotHolder(built.snapshot, {
      onListenerError: (error) => this.log.error('FLOTILLA_SNAPSHOT_LISTENER', messageOf(error)),
    });
    this.#holder.onReplaced((next, previous) => {
      this.#keepSamples(next.globals, previous.globals);
      this.#keepIdentity(next.globals, previous.globals);
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
    await this.applyConfig(loadConfigFile(this.options.configPath, this.options.family));
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
      if (changed.backend) await this.backend?.stop();
      this.hooks.use(libraries, () => {
        if (this.#backend && !changed.backend) this.#backend.applier.replaceFile(config.parts);
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
        `${this.#idPrefix}_DYNAMIC_RECONFIGURATION_SUCCESS`,
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
      await this.backend?.stop();
      await this.hooks.close();
      this.networkState.close();
    });
  }

  /** Throws what applyConfig would throw, but for what dhcp4_srv_configured and dhcp6_srv_configured say. What was loaded is unloaded again. */
  testConfig(config: CheckedConfig): Promise<void> {
    return this.#inTurn(async () => {
      buildSnapshot(config.parts, null, { mode: 'strict', epoch: null });
      await this.hooks.discard(await this.#prepareLibraries(config));
    });
  }

  #build(config: CheckedConfig): BuildResult {
    for (const warning of config.warnings) this.log.warn(`${this.#idPrefix}_CONFIG_SYNTAX_WARNING`, warning);
    return buildSnapshot(config.parts, null, { mode: 'strict', epoch: null, log: this.log });
  }

  #prepareLibraries({ written, parts }: CheckedConfig): Promise<LibrarySet> {
    const source = { written, parts, directory: dirname(this.options.configPath) };
    return prepareLibraries(source, this.hooks);
  }

  #setLogLevel({ written }: CheckedConfig): void {
    this.log.setLevel(this.options.debug ? 'debug' : logLevelOf(written, this.options.family));
  }

  #leases(): Service['stores']['leases'] {
    if (this.#service) return this.#service.stores.leases;
    throw new FlotillaError('STORE_CLOSED', 'the lease store is not open yet');
  }

  async #startService(): Promise<void> {
    const { log, options, statistics, networkState, queueTypes, hooks } = this;
    const snapshot = () => this.#holder.current();
    await this.#identify(snapshot().globals);
    this.#service = await openService(
      { ...options, written: this.#config.written },
      {
        log,
        statistics,
        snapshot,
        networkState,
        queueTypes,
        hooks,
        serverDuid: () => this.#serverDuid,
        checkDatabases: (addresses) => this.#checkDatabases(addresses),
      },
    );
    // The edge is in the fleet as starting; now it serves.
    void this.backend?.pull();
  }

  async #stopService(): Promise<void> {
    const service = this.#service;
    this.#service = null;
    await service?.close();
  }

  async #startBackend(file: BuildResult): Promise<void> {
    const { log, options } = this;
    const { family } = options;
    this.#backend = null;
    this.#backend = await openBackend(this.#config, file, options, {
      log,
      holder: this.#holder,
      checkDatabase: (address) => this.#checkDatabases([address]),
      isServing: () => this.#service !== null,
      onHostsChanged: () => this.#service?.stores.forgetHosts(),
      onChanged: (audit_entries) => void this.hooks.announce(`cb${family}_updated`, { audit_entries }),
    });
    if (!this.#backend) return;
    const source = await this.#backend.backend.start();
    log.info(
      `${this.#idPrefix}_CONFIG_COMPLETE`,
      `configuration from ${describeDatabase(this.#backend.address)}: ${sourceText[source]}`,
    );
  }

  /** RFC 8415 section 11: every DHCPv6 server has a DUID. Throws SERVER_DUID. */
  async #identify(globals: GlobalParameters): Promise<void> {
    if (this.options.family === 6) this.#serverDuid = await openServerDuid(globals, this.options, this);
  }

  /** Another `server-id` counts at once; one that cannot be kept leaves the server who it is. */
  #keepIdentity(next: GlobalParameters, previous: GlobalParameters): void {
    const isSame =
      next.dataDirectory === previous.dataDirectory && isDeepStrictEqual(next.serverId, previous.serverId);
    if (isSame || !this.#service) return;
    this.#identify(next).catch((error: unknown) =>
      this.log.error('FLOTILLA_SERVERID_REFUSED', `the server-id stays as it is: ${messageOf(error)}`),
    );
  }

  /** Only a change of the configuration counts: a limit that a command set stays otherwise. */
  #keepSamples(next: GlobalParameters, previous: GlobalParameters | null): void {
    const { statisticDefaultSampleCount: count, statisticDefaultSampleAge: age } = next;
    if (previous?.statisticDefaultSampleCount === count && previous.statisticDefaultSampleAge === age) return;
    this.statistics.setDefaults(count, age);
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
          this.log.error(`${this.#idPrefix}_DATABASE_REFUSED`, `service disabled: ${messageOf(error)}`);
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
