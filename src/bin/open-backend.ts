// The daemon's config backend from `config-control`: what it fetches is applied, told to hook libraries, reported to the fleet.
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Family } from '../addr/family.ts';
import { createConfigApplier, type ConfigApplier } from '../backend/apply.ts';
import type { ConfigBackend } from '../backend/config-backend.ts';
import { createConfigBackend } from '../backend/poller.ts';
import type { BuildResult } from '../config/build.ts';
import { databaseAddressOf } from '../config/database-address.ts';
import type { CheckedConfig } from '../config/load.ts';
import type { ConfigParts } from '../config/parts.ts';
import type { SnapshotHolder } from '../config/snapshot-holder.ts';
import type { JsonMap, WrittenConfig } from '../config/written.ts';
import type { DatabaseAddress } from '../db/address.ts';
import { systemClock } from '../engine/clock.ts';
import type { AuditEntry } from '../engine/hooks.ts';
import { createEdgeReporter } from '../fleet/fleet-server.ts';
import { auditEntries } from '../hooks/audit-entries.ts';
import type { Logger } from '../log.ts';
import { isSameDatabase } from './check-database.ts';
import { configEntry, hostEntries } from './open-stores.ts';
import { programVersion } from './version.ts';

export interface OpenBackendOptions {
  readonly family: Family;
  readonly configPath: string;
  readonly stateDirectory: string;
  /** This edge's name in the fleet. */
  readonly instance: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface OpenBackendDeps {
  readonly log: Logger;
  readonly holder: SnapshotHolder;
  /** Throws DATABASE_SCHEMA. */
  readonly checkDatabase: (address: DatabaseAddress) => Promise<void>;
  /** Whether the daemon answers clients yet. */
  readonly isServing: () => boolean;
  readonly onHostsChanged: () => void;
  /** What a poll changed; not called for the first fetch. */
  readonly onChanged: (changes: readonly AuditEntry[]) => void;
}

export interface DaemonBackend {
  readonly address: DatabaseAddress;
  /** Not started yet. */
  readonly backend: ConfigBackend;
  readonly applier: ConfigApplier;
}

/** Null without a `config-control` that names a database. Throws CONFIG_…, and DATABASE_SCHEMA when that is a foreign one. */
export async function openBackend(
  config: CheckedConfig,
  file: BuildResult,
  options: OpenBackendOptions,
  deps: OpenBackendDeps,
): Promise<DaemonBackend | null> {
  const { written, parts: fileParts } = config;
  const control = written['config-control'] as JsonMap | undefined;
  const entry = configEntry(written);
  if (!control || !entry) return null;
  const { family, stateDirectory, instance } = options;
  const { log, holder } = deps;
  const address = databaseAddressOf(entry, sourcesOf(options));
  await deps.checkDatabase(address);
  const applier = createConfigApplier({ file, fileParts }, { holder, log });
  const { serverTag } = holder.current();
  let fetched: ConfigParts | null = null;
  const backend = createConfigBackend(
    {
      family,
      address,
      serverTag,
      fetchWaitTime: (control['config-fetch-wait-time'] as number | undefined) ?? 30,
      stateDirectory,
      instance,
    },
    {
      log,
      clock: systemClock,
      random: Math.random,
      isReady: deps.isServing,
      apply: async (parts, at) => {
        const applied = await applier.apply(parts, at);
        const changes = fetched ? auditEntries(fetched, parts, at.epoch) : [];
        fetched = parts;
        if (changes.length > 0) deps.onChanged(changes);
        return applied;
      },
      remember: (parts) => applier.remember(parts),
      ...(servesHostsOf(address, written, options) && { reservationScope: () => holder.current() }),
      onHostsChanged: deps.onHostsChanged,
      report: createEdgeReporter(
        { instance, family, tag: serverTag, version: programVersion, address: hostname() },
        { clock: systemClock },
      ),
    },
  );
  return { address, backend, applier };
}

/** Whether the reservations beside the central configuration are those that clients get. */
const servesHostsOf = (
  address: DatabaseAddress,
  written: WrittenConfig,
  options: OpenBackendOptions,
): boolean =>
  hostEntries(written).some((entry) => isSameDatabase(databaseAddressOf(entry, sourcesOf(options)), address));

const sourcesOf = ({ configPath, environment }: OpenBackendOptions) => ({
  directory: dirname(configPath),
  environment,
});
