// From fetched parts to the running configuration: merge with the file, build, swap. Kept between polls: what was built last.
import { isDeepStrictEqual } from 'node:util';
import { buildSnapshot, type BuildResult, type PreviousBuild } from '../config/build.ts';
import { mergeParts } from '../config/merge.ts';
import type { ConfigParts, WrittenObject } from '../config/parts.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { SnapshotHolder } from '../config/snapshot-holder.ts';
import type { Json } from '../config/written.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Applied } from './config-backend.ts';
import { emptyParts, type Position } from './fetched.ts';

export interface ConfigApplier {
  /** What {@link ConfigBackendDeps.apply} asks for. A throw leaves everything as it was. */
  readonly apply: (database: ConfigParts, at: Position) => Promise<Applied>;
  /** What {@link ConfigBackendDeps.remember} asks for: builds without swapping, only to know good versions. */
  readonly remember: (database: ConfigParts) => void;
  /**
   * A new configuration file (config-reload, config-set) under the database's parts as they were fetched last.
   * Throws CONFIG_INVALID when the file alone is not good; then nothing changes.
   */
  replaceFile(file: ConfigParts): Applied;
  /** What {@link replaceFile} would put in force. */
  merged(file: ConfigParts): Snapshot;
}

export interface ApplierOptions {
  /** The file's parts, good on their own, and what was built of them (it is what the holder holds). */
  readonly file: BuildResult;
  readonly fileParts: ConfigParts;
}

export interface ApplierDeps {
  readonly holder: SnapshotHolder;
  readonly log: Logger;
}

export function createConfigApplier(options: ApplierOptions, { holder, log }: ApplierDeps): ConfigApplier {
  let file = options.fileParts;
  let previous: PreviousBuild = { parts: options.file.inForce, snapshot: options.file.snapshot };
  let database: ConfigParts = emptyParts(file.family);
  let epoch: number | null = null;
  let last: Applied | null = null;

  const build = (under: ConfigParts, over: ConfigParts, at: number | null): BuildResult =>
    buildSnapshot(mergeParts(under, over), previous, { mode: 'quarantine', epoch: at, log });
  const swap = (result: BuildResult): Applied => {
    previous = { parts: result.inForce, snapshot: result.snapshot };
    holder.replace(result.snapshot);
    last = {
      hash: result.snapshot.hash,
      rejections: result.rejections,
      inForce: databasePart(result.inForce, database, file),
    };
    return last;
  };
  return {
    async apply(parts, at) {
      if (last !== null && parts === database) {
        // A change that concerns other servers only: nothing to build, but the epoch moves.
        epoch = at.epoch;
        previous = { parts: previous.parts, snapshot: withEpoch(previous.snapshot, epoch) };
        holder.replace(previous.snapshot);
        return last;
      }
      const result = build(file, parts, at.epoch);
      database = parts;
      epoch = at.epoch;
      return swap(result);
    },
    remember(parts) {
      try {
        const result = build(file, parts, null);
        previous = { parts: result.inForce, snapshot: result.snapshot };
      } catch (error) {
        log.error('FLOTILLA_LAST_GOOD_UNUSABLE', messageOf(error));
      }
    },
    merged(parts) {
      return buildSnapshot(mergeParts(parts, database), previous, { mode: 'quarantine', epoch }).snapshot;
    },
    replaceFile(parts) {
      buildSnapshot(parts, null, { mode: 'strict', epoch: null });
      const result = build(parts, database, epoch);
      file = parts;
      return swap(result);
    },
  };
}

/** The same snapshot at another epoch, with everything that it carries along hidden or computed on demand. */
function withEpoch(snapshot: Snapshot, epoch: number): Snapshot {
  const properties = Object.getOwnPropertyDescriptors(snapshot);
  const next = Object.defineProperties({}, { ...properties, epoch: { ...properties.epoch, value: epoch } });
  return Object.freeze(next) as Snapshot;
}

/** What the database gave to what is in force, to boot from when it is away. */
function databasePart(inForce: ConfigParts, database: ConfigParts, file: ConfigParts): ConfigParts {
  const ours = (objects: readonly WrittenObject[]): WrittenObject[] =>
    objects.filter(({ origin }) => origin.kind === 'database');
  const globals: Record<string, Json> = {};
  for (const [key, value] of Object.entries(database.globals)) {
    const used = inForce.globals[key];
    // A rejected value may have fallen back to the file's, which is not the database's to remember.
    const isFiles = !isDeepStrictEqual(used, value) && isDeepStrictEqual(used, file.globals[key]);
    if (used !== undefined && !isFiles) globals[key] = used;
  }
  return {
    family: inForce.family,
    globals,
    optionDefs: ours(inForce.optionDefs),
    options: ours(inForce.options),
    classes: ours(inForce.classes),
    networks: ours(inForce.networks),
    subnets: ours(inForce.subnets),
    reservations: [],
  };
}
