// One daemon from start to end: opens what the file asks for, follows the config backend, reloads, stops cleanly.
import { isDeepStrictEqual } from 'node:util';
import { dirname } from 'node:path';
import type { Family } from '../addr/family.ts';
import type { ConfigBackend } from '../backend/config-backend.ts';
import { buildSnapshot, type BuildResult } from '../config/build.ts';
import { loadConfigFile, type CheckedConfig } from '../config/load.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../config/snapshot-holder.ts';
import type { GlobalParameters, Snapshot } from '../config/snapshot.ts';
import type { CommandRegistry } from '../control/command.ts';
import { describeDatabase } from '../db/address.ts';
import { systemClock } from '../engine/clock.ts';
import { NetworkState } from '../engine/network-state.ts';
import { QueueTypes } from '../engine/queue-types.ts';
import { Statistics } from '../engine/statistics.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { HookLibraries } from '../hooks/hook-libraries.ts';
import type { LibrarySet } from '../hooks/library-set.ts';
import type { LeveledLogger } from '../log.ts';
import { prepareLibraries } from './check-sections.ts';
import { logLevelOf } from './log-level.ts';
import { openBackend, type DaemonBackend } from './open-backend.ts';
import { openChannels, type ChannelDeps, type Channels } from './open-channels.ts';
import { openService, type Service } from './open-service.ts';
import { isDetectedAnew } from './open-transport.ts';
import { SchemaWatch } from './schema-watch.ts';
import { sectionsChanged, type OpenedFor } from './sections.ts';
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

interface PreparedConfig {
  readonly config: CheckedConfig;
  /** Of the file alone. */
  readonly built: BuildResult;
  readonly libraries: LibrarySet;
}

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

  /** What each part was opened for; null: it is not open. */
  #openedFor: OpenedFor = { service: null, backend: null, channels: null };

  readonly #channelDeps: ChannelDeps;
  readonly #schemas: SchemaWatch;

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
    this.#schemas = new SchemaWatch(
      { family },
      { log: deps.log, clock: systemClock, networkState: this.networkState },
    );
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
        leases: () => this.leases(),
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
  /** Null between a reload that failed for good and the next one. */
  get service(): Service | null {
    return this.#service;
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
    await this.#openChannels();
  }

  /** The file again (SIGHUP, config-reload). Throws what {@link applyConfig} throws. */
  async reload(): Promise<void> {
    await this.applyConfig(loadConfigFile(this.options.configPath, this.options.family));
  }

  /**
   * Another configuration in place of the file's (config-set). Throws when it is not good; then nothing changed. Also
   * throws when what it asks for cannot be opened; then the previous one is in force again, or if that cannot be opened
   * any more either, the next call opens what is missing.
   */
  applyConfig(config: CheckedConfig): Promise<void> {
    return this.#inTurn(async () => {
      const previous = this.#config;
      const prepared = await this.#prepare(config);
      try {
        await this.#putInForce(prepared);
      } catch (error) {
        this.log.error(
          'FLOTILLA_RELOAD_OPEN_FAIL',
          `going back to the previous configuration, the new one cannot be opened: ${messageOf(error)}`,
        );
        await this.#goBack(previous);
        throw error;
      }
      this.reloadedAt = Date.now();
      this.log.info(
        `${this.#idPrefix}_DYNAMIC_RECONFIGURATION_SUCCESS`,
        'dynamic server reconfiguration succeeded with file: ' + this.options.configPath,
      );
    });
  }

  /** A configuration and its libraries, both good and not in force yet. */
  async #prepare(config: CheckedConfig): Promise<PreparedConfig> {
    const built = this.#build(config);
    const libraries = await this.#prepareLibraries(config);
    try {
      if (!libraries.isEmpty)
        await this.hooks.configured(libraries, config.written, this.#merged(config, built));
    } catch (error) {
      await this.hooks.discard(libraries);
      throw error;
    }
    return { config, built, libraries };
  }

  /** With what the config backend gave, as far as that is known before another backend is asked. */
  #merged(config: CheckedConfig, file: BuildResult): Snapshot {
    const isKept = this.#backend && !sectionsChanged(this.#openedFor, config.written).backend;
    return isKept ? this.#backend!.applier.merged(config.parts) : file.snapshot;
  }

  async #putInForce({ config, built, libraries }: PreparedConfig): Promise<void> {
    const changed = sectionsChanged(this.#openedFor, config.written);
    this.#setLogLevel(config);
    this.#config = config;
    if (changed.channels) await this.#openChannels();
    if (changed.backend) await this.#stopBackend();
    this.hooks.use(libraries, () => {
      if (this.#backend) this.#backend.applier.replaceFile(config.parts);
      else this.#holder.replace(built.snapshot);
    });
    if (changed.backend) await this.#startBackend(built);
    if (changed.service || !this.#service || isDetectedAnew(config.written, this.#service.transport)) {
      await this.hooks.unparked(() => this.#stopService());
      await this.#startService();
    }
    this.#schemas.retain([
      ...(this.#backend ? [this.#backend.address] : []),
      ...(this.#service?.stores.databases ?? []),
    ]);
  }

  async #goBack(previous: CheckedConfig): Promise<void> {
    try {
      await this.#putInForce(await this.#prepare(previous));
      this.log.warn('FLOTILLA_RELOAD_REVERTED', 'the previous configuration is in force again');
    } catch (error) {
      const outcome = this.#service ? '' : ', and nobody is served until a reload succeeds';
      this.log.error(
        'FLOTILLA_RELOAD_REVERT_FAIL',
        `the previous configuration cannot be opened again either${outcome}: ${messageOf(error)}`,
      );
    }
  }

  /** Answers what was accepted, tells the fleet, closes everything. Idempotent. */
  stop(): Promise<void> {
    if (this.#isStopping) return this.#turn.then(() => undefined);
    this.#isStopping = true;
    return this.#inTurn(async () => {
      await this.#channels?.close();
      this.hooks.unpark();
      await this.#stopService();
      await this.#stopBackend();
      this.#schemas.close();
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

  /** Throws STORE_CLOSED. */
  leases(): Service['stores']['leases'] {
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
        checkDatabases: (addresses) => this.#schemas.check(addresses),
      },
    );
    this.#openedFor = { ...this.#openedFor, service: this.#config.written };
    // The edge is in the fleet as starting; now it serves.
    void this.backend?.pull();
  }

  async #stopService(): Promise<void> {
    const service = this.#service;
    this.#service = null;
    this.#openedFor = { ...this.#openedFor, service: null };
    await service?.close();
  }

  async #openChannels(): Promise<void> {
    const { written } = this.#config;
    const old = this.#channels;
    this.#channels = await openChannels(written, this.#channelDeps);
    this.#openedFor = { ...this.#openedFor, channels: written };
    await old?.close();
  }

  async #stopBackend(): Promise<void> {
    const backend = this.#backend;
    this.#backend = null;
    this.#openedFor = { ...this.#openedFor, backend: null };
    await backend?.backend.stop();
  }

  async #startBackend(file: BuildResult): Promise<void> {
    const { log, options } = this;
    const { family } = options;
    const opened = await openBackend(this.#config, file, options, {
      log,
      holder: this.#holder,
      checkDatabase: (address) => this.#schemas.check([address]),
      isServing: () => this.#service !== null,
      onHostsChanged: () => this.#service?.stores.forgetHosts(),
      onChanged: (audit_entries) => void this.hooks.announce(`cb${family}_updated`, { audit_entries }),
    });
    this.#backend = opened;
    const source = await opened?.backend.start();
    this.#openedFor = { ...this.#openedFor, backend: this.#config.written };
    if (!opened || !source) return;
    log.info(
      `${this.#idPrefix}_CONFIG_COMPLETE`,
      `configuration from ${describeDatabase(opened.address)}: ${sourceText[source]}`,
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
