// Configuration as written → the frozen snapshot that serves: object by object, sharing all that did not change.
import { performance } from 'node:perf_hooks';
import { FlotillaError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { layerDefinitions, standardDefinitions } from '../wire/definitions.ts';
import {
  buildClasses,
  buildDefinitions,
  buildNetworks,
  buildOptions,
  buildReservations,
  buildSubnets,
} from './build-steps.ts';
import { databaseNotices } from './database-notices.ts';
import { deepFreeze, freezeMap, frozenMap } from './frozen.ts';
import { buildGlobals } from './build-globals.ts';
import { configurationHash } from './hash.ts';
import { attachMembers } from './networks.ts';
import type { Entry, ObjectKey } from './objects.ts';
import { optionSet } from './option-scope.ts';
import type { ConfigParts, Rejection, WrittenObject } from './parts.ts';
import { memoryOf, remember, type BuildMemory } from './memory.ts';
import { stringAt } from './read-json.ts';
import type { Snapshot, Subnet } from './snapshot.ts';
import { buildSubnetIndex, overlapsOf } from './subnet-index.ts';
import type { SubnetWithHosts } from './subnets.ts';
import { writtenConfig } from './written-config.ts';

export interface BuildOptions {
  /**
   * `strict` (a file, config-set): any bad object throws, nothing changes. `quarantine` (the config backend): a bad
   * object is set aside, its last good version stays in force, everything else applies.
   */
  readonly mode: 'strict' | 'quarantine';
  /** Epoch of the config backend that `parts` shows; null without a backend. */
  readonly epoch: number | null;
  readonly log?: Logger;
}

export interface BuildResult {
  readonly snapshot: Snapshot;
  /** Everything that is not in force now, not only what this build rejected first. */
  readonly rejections: readonly Rejection[];
  /** What the snapshot really holds: `parts`, less what is rejected, plus last good versions. */
  readonly inForce: ConfigParts;
}

/** What the next build starts from: hand back `inForce` and `snapshot` of the last {@link BuildResult}. */
export interface PreviousBuild {
  readonly parts: ConfigParts;
  readonly snapshot: Snapshot;
}

/**
 * An object whose {@link WrittenObject} is the same reference as in the last build, and whose surroundings (definitions,
 * network, global parameters) did not change either, is not looked at again: the very same resolved object is shared.
 * How finely bad input is cut: a bad pool, option or reservation is set aside alone and the rest of its subnet serves;
 * a bad prefix, lifetime or network name sets the whole subnet aside; a bad option sets its reservation aside.
 * Throws CONFIG_INVALID in strict mode, naming every bad object in one message.
 */
export function buildSnapshot(
  parts: ConfigParts,
  previous: PreviousBuild | null,
  options: BuildOptions,
): BuildResult {
  const started = performance.now();
  const { family } = parts;
  const before = memoryOf(previous?.snapshot);
  const last = before ? previous!.snapshot : undefined;

  const globals = buildGlobals(parts, before && { built: before.globals, inForce: previous!.parts.globals });
  const definitions = buildDefinitions(parts.optionDefs, family, before?.optionDefs);
  const configured = valuesOf(definitions.entries);
  const layered =
    last && sameItems(configured, valuesOf(before!.optionDefs.entries))
      ? last.definitions
      : layerDefinitions(standardDefinitions(family), configured);

  const globalOptions = buildOptions(parts.options, layered, before?.options);
  const classes = buildClasses(parts.classes, layered, before?.classes);
  const networks = buildNetworks(parts.networks, globals.parameters, layered, before?.networks);
  const surroundings = {
    definitions: layered,
    globals: globals.parameters,
    networks: valuesOf(networks.entries),
    networkNamed: (name: string) => networks.entries.get(name)?.value ?? undefined,
    addressesUnique: globals.values.ipReservationsUnique,
  };
  const subnets = buildSubnets(parts.subnets, surroundings, before?.subnets);
  const reservations = buildReservations(parts.reservations, surroundings, before?.reservations);

  const rejections = Object.freeze([
    ...globals.rejections,
    ...[definitions, globalOptions, classes, networks, subnets, reservations].flatMap(
      (step) => step.rejections,
    ),
  ]);
  if (options.mode === 'strict') refuseAny(rejections);

  const ordered = inForceEntries(subnets.entries).sort((a, b) => a.value.subnet.id - b.value.subnet.id);
  const inOrder = ordered.map(({ value }) => value);
  const subnetMap = new Map<number, Subnet>();
  for (const { subnet } of inOrder) subnetMap.set(subnet.id, subnet);
  freezeMap(subnetMap);
  const networkMap = frozenMap(
    attachMembers(valuesOf(networks.entries), subnetMap.values(), {
      scopes: new Set(before ? valuesOf(before.networks.entries) : []),
      networks: last?.networks ?? new Map(),
    }),
  );
  const classList = keepIfSame(
    valuesOf(classes.entries).map(({ value }) => value),
    last?.classes,
  );
  const optionList = valuesOf(globalOptions.entries);
  const allHosts = valuesOf(reservations.entries);
  for (const one of inOrder) if (one.hosts.length > 0) allHosts.push(...one.hosts);
  const hosts = keepIfSame(allHosts, last?.hosts);
  const inForce: ConfigParts = Object.freeze({
    family,
    globals: globals.inForce,
    optionDefs: inForceOf(definitions.entries),
    options: inForceOf(globalOptions.entries),
    classes: inForceOf(classes.entries),
    networks: inForceOf(networks.entries),
    subnets: inForceOf(subnets.entries),
    reservations: inForceOf(reservations.entries),
  });

  const memory: BuildMemory = {
    globals,
    optionDefs: definitions,
    options: globalOptions,
    classes,
    networks,
    subnets,
    reservations,
  };
  const written = once(() => deepFreeze(writtenConfig(inForce)));
  const snapshot: Snapshot = {
    family,
    epoch: options.epoch,
    hash: configurationHash([
      ['globals', [globals.digest]],
      ['option-def', digestsOf(definitions.entries)],
      ['option-data', digestsOf(globalOptions.entries)],
      ['client-classes', digestsOf(classes.entries)],
      ['shared-networks', digestsOf(networks.entries)],
      [`subnet${family}`, ordered.map(({ digest }) => digest)],
      ['reservations', digestsOf(reservations.entries)],
    ]),
    get written() {
      return written();
    },
    serverTag: (stringAt(globals.inForce, 'server-tag') ?? '').toLowerCase(),
    globals: globals.values,
    parameters: globals.parameters,
    definitions: layered,
    options:
      before && sameItems(optionList, valuesOf(before.options.entries))
        ? last!.options
        : optionSet(optionList),
    classes: classList,
    classByName:
      classList === last?.classes ? last.classByName : frozenMap(classList.map((one) => [one.name, one])),
    networks: networkMap,
    subnets: subnetMap,
    index: buildSubnetIndex(family, subnetMap.values(), networkMap),
    hosts,
  };
  remember(snapshot, memory);
  Object.freeze(snapshot);
  for (const { message, first, objects } of options.log ? databaseNotices(memory, before, parts) : [])
    options.log!.warn('FLOTILLA_CONFIG_NOT_IN_FORCE', message, { first, objects });
  report(snapshot, inOrder, last, options.log, performance.now() - started);
  return { snapshot, rejections, inForce };
}

/** One error for all, located at the first. */
function refuseAny(rejections: readonly Rejection[]): void {
  const [first, ...others] = rejections.map(describe);
  if (!first) return;
  const more = others.map((one) => `\n${one.describe()}`).join('');
  throw new FlotillaError('CONFIG_INVALID', `${first.message}${more}`, first.location);
}

function describe({ objectType, objectKey, origin, reason }: Rejection): FlotillaError {
  const text = `${objectType} ${objectKey}: ${reason}`;
  if (origin.kind === 'database') return new FlotillaError('CONFIG_INVALID', `${text} (row ${origin.rowId})`);
  const { file, line, column, key } = origin;
  return new FlotillaError('CONFIG_INVALID', text, { file, line, column, key });
}

/** Overlapping prefixes are legal (the longest that fits wins) and seldom meant; so are prefixes with host bits. */
function report(
  snapshot: Snapshot,
  subnets: readonly SubnetWithHosts[],
  last: Snapshot | undefined,
  log: Logger | undefined,
  took: number,
): void {
  if (!log) return;
  for (const { subnet, hostBits } of subnets) {
    if (hostBits === null || last?.subnets.get(subnet.id) === subnet) continue;
    log.warn(
      'FLOTILLA_CONFIG_HOST_BITS',
      `the prefix ${hostBits} has host bits; ${subnet.prefix} is served`,
      {
        subnet: subnet.id,
      },
    );
  }
  for (const [outer, inner] of overlapsOf(snapshot.subnets.values())) {
    if (last?.subnets.get(outer.id) === outer && last.subnets.get(inner.id) === inner) continue;
    log.warn('FLOTILLA_CONFIG_SUBNETS_OVERLAP', 'the prefix of one subnet lies inside that of another', {
      inner: `${inner.id} (${inner.prefix})`,
      outer: `${outer.id} (${outer.prefix})`,
    });
  }
  log.debug('FLOTILLA_CONFIG_BUILT', 'a configuration snapshot was built', {
    subnets: snapshot.subnets.size,
    hash: snapshot.hash,
    milliseconds: Math.round(took * 10) / 10,
  });
}

function valuesOf<T>(entries: ReadonlyMap<ObjectKey, Entry<T>>): T[] {
  const values: T[] = [];
  for (const { value } of entries.values()) if (value !== null) values.push(value);
  return values;
}

function inForceEntries<T>(entries: ReadonlyMap<ObjectKey, Entry<T>>): (Entry<T> & { readonly value: T })[] {
  const found: (Entry<T> & { readonly value: T })[] = [];
  for (const entry of entries.values()) if (entry.value !== null) found.push(entry as (typeof found)[number]);
  return found;
}

function inForceOf(entries: ReadonlyMap<ObjectKey, Entry<unknown>>): readonly WrittenObject[] {
  const objects: WrittenObject[] = [];
  for (const { inForce } of entries.values()) if (inForce) objects.push(inForce);
  return Object.freeze(objects);
}

function digestsOf(entries: ReadonlyMap<ObjectKey, Entry<unknown>>): string[] {
  const digests: string[] = [];
  for (const { digest } of entries.values()) if (digest !== '') digests.push(digest);
  return digests;
}

function keepIfSame<T>(next: readonly T[], last: readonly T[] | undefined): readonly T[] {
  return last && sameItems(next, last) ? last : Object.freeze(next);
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
