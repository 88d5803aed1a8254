// One fetch of the central configuration: only what changed where the log can say it, else everything.
import type { Connection } from 'mysql2/promise';
import type { Family } from '../addr/family.ts';
import type { ConfigParts, Rejection } from '../config/parts.ts';
import { FlotillaError } from '../errors.ts';
import { text } from './column-values.ts';
import {
  emptyParts,
  keepIdentity,
  keepGlobals,
  keepParts,
  replaceTouched,
  rowIdOf,
  type Fetched,
  type Position,
} from './fetched.ts';
import * as read from './read-objects.ts';
import type { LinkedKind, ObjectSource } from './read-objects.ts';
import { inSnapshot, selectAll, type Statement } from './session.ts';
import * as sql from './statements.ts';
import { touchedBy, type Touched } from './touched.ts';

export interface FetchTarget {
  readonly family: Family;
  /** Empty: the edge has no tag and gets only what is linked to `all`. */
  readonly serverTag: string;
}

export interface FetchResult {
  /** `unchanged`: nothing was read; `changes`: only touched objects were; `everything`: all of them, see `reason`. */
  readonly how: 'unchanged' | 'changes' | 'everything';
  readonly reason: string;
  /** Rows of the change log since the last fetch; 0 when everything was read. */
  readonly changes: number;
  readonly fetched: Fetched;
  /** Newest change of the shared reservations. */
  readonly hosts: Position;
}

/** Beyond this many changes, reading everything is less work than sorting out what to read. */
export const mostChanges = 5_000;

/**
 * Epoch first, then rows, all at one moment of the database: what a position says is applied, is applied, whatever
 * other transactions commit meanwhile. Objects whose JSON is as before keep their identity.
 */
export async function fetchConfig(
  connection: Connection,
  target: FetchTarget,
  previous: Fetched | null,
): Promise<FetchResult> {
  return inSnapshot(connection, async () => {
    const { position, hosts, servers } = await readHead(connection, target);
    const source: ObjectSource = { connection, family: target.family, servers };
    if (previous !== null) {
      const log = await readLog(source, previous, position);
      if (log === 'unchanged') return { how: log, reason: '', changes: 0, fetched: previous, hosts };
      if (!('everything' in log)) {
        const fetched = await readTouched(source, previous, position, log);
        return {
          how: 'changes',
          reason: '',
          changes: position.epoch - previous.position.epoch,
          fetched,
          hosts,
        };
      }
      const fetched = await readEverything(source, previous, position);
      return { how: 'everything', reason: log.everything, changes: 0, fetched, hosts };
    }
    const fetched = await readEverything(source, null, position);
    return { how: 'everything', reason: 'first fetch', changes: 0, fetched, hosts };
  });
}

/**
 * Reads what the log says, then everything, at the same moment: any difference means that a change escaped the log
 * (someone dropped a trigger, or wrote with the log switched off).
 */
export async function fetchAndCompare(
  connection: Connection,
  target: FetchTarget,
  previous: Fetched,
): Promise<{ readonly expected: ConfigParts; readonly actual: FetchResult }> {
  return inSnapshot(connection, async () => {
    const { position, hosts, servers } = await readHead(connection, target);
    const source: ObjectSource = { connection, family: target.family, servers };
    const log = await readLog(source, previous, position);
    const fetched = await readEverything(source, previous, position);
    const actual: FetchResult = { how: 'everything', reason: 'comparison', changes: 0, fetched, hosts };
    if (log === 'unchanged') return { expected: previous.parts, actual };
    if ('everything' in log) return { expected: fetched.parts, actual };
    return { expected: (await readTouched(source, previous, position, log)).parts, actual };
  });
}

async function readHead(connection: Connection, { family, serverTag }: FetchTarget) {
  const [epochs, server] = await selectAll(connection, [
    sql.selectEpochs(),
    sql.selectServer(family, serverTag),
  ]);
  const positionOf = (scope: string): Position => {
    const row = epochs!.find((candidate) => candidate.scope === scope);
    if (row === undefined) {
      throw new FlotillaError(
        'DATABASE_SCHEMA',
        `fleet_epoch has no row '${scope}': run flotilla db upgrade`,
      );
    }
    return { epoch: Number(row.epoch), token: text(row.token) };
  };
  const own = server!.map((row) => Number(row.id)).filter((id) => id !== sql.allServers);
  return {
    position: positionOf(`config${family}`),
    hosts: positionOf('hosts'),
    servers: [sql.allServers, ...own],
  };
}

/** What the change log says about the time since `previous`. */
async function readLog(
  { connection, family, servers }: ObjectSource,
  previous: Fetched,
  position: Position,
): Promise<'unchanged' | Touched | { readonly everything: string }> {
  if (servers.join() !== previous.servers.join()) return { everything: 'the server of our tag changed' };
  const { epoch, token } = previous.position;
  if (epoch === position.epoch && token === position.token) return 'unchanged';
  const scope = `config${family}`;
  const [[found]] = (await selectAll(connection, [sql.selectLogPosition(scope, epoch, position.epoch)])) as [
    [{ token: unknown; changes: unknown }],
  ];
  if (found.token === null || text(found.token) !== token) {
    return { everything: `epoch ${epoch} as we know it is not in the change log` };
  }
  const behind = position.epoch - epoch;
  if (Number(found.changes) !== behind) return { everything: 'the change log has gaps' };
  if (behind > mostChanges) return { everything: `${behind} changes at once` };
  const [changes] = await selectAll(connection, [sql.selectChanges(scope, epoch, position.epoch)]);
  return touchedBy(family, changes!);
}

async function readEverything(
  source: ObjectSource,
  previous: Fetched | null,
  position: Position,
): Promise<Fetched> {
  const old = previous?.parts ?? emptyParts(source.family);
  const parts: ConfigParts = {
    family: source.family,
    ...keepGlobals(old, await read.readGlobals(source)),
    optionDefs: keepIdentity(old.optionDefs, await read.readOptionDefs(source)),
    options: keepIdentity(old.options, await read.readOptions(source)),
    classes: keepIdentity(old.classes, await read.readClasses(source)),
    networks: keepIdentity(
      old.networks,
      await read.readNetworks(source, await read.readLinkedIds(source, 'networks')),
    ),
    subnets: keepIdentity(
      old.subnets,
      await read.readSubnets(source, await read.readLinkedIds(source, 'subnets')),
    ),
    reservations: old.reservations,
  };
  const unassigned = await read.readUnassigned(
    source,
    new Map(
      (['globals', 'optionDefs', 'options', 'classes', 'networks', 'subnets'] as const).map((kind) => [
        kind,
        null,
      ]),
    ),
  );
  return { position, servers: source.servers, parts: keepParts(old, parts), unassigned };
}

async function readTouched(
  source: ObjectSource,
  previous: Fetched,
  position: Position,
  touched: Touched,
): Promise<Fetched> {
  const { networks, subnets } = await ownersOf(source, previous, touched);
  const old = previous.parts;
  const has = (kind: LinkedKind): boolean => touched.lists.has(kind as never);
  const parts: ConfigParts = {
    family: source.family,
    ...keepGlobals(old, has('globals') ? await read.readGlobals(source) : old),
    optionDefs: has('optionDefs')
      ? keepIdentity(old.optionDefs, await read.readOptionDefs(source))
      : old.optionDefs,
    options: has('options') ? keepIdentity(old.options, await read.readOptions(source)) : old.options,
    classes: has('classes') ? keepIdentity(old.classes, await read.readClasses(source)) : old.classes,
    networks: replaceTouched(old.networks, networks, await read.readNetworks(source, [...networks])),
    subnets: replaceTouched(old.subnets, subnets, await read.readSubnets(source, [...subnets])),
    reservations: old.reservations,
  };
  const looked = new Map<LinkedKind, readonly number[] | null>([
    ...[...touched.lists].map((kind) => [kind, null] as const),
    ['networks', [...networks]],
    ['subnets', [...subnets]],
  ]);
  const unassigned = [
    ...previous.unassigned.filter((rejection) => !wasLookedAt(rejection, looked)),
    ...(await read.readUnassigned(source, looked)),
  ];
  return { position, servers: source.servers, parts: keepParts(old, parts), unassigned };
}

function wasLookedAt(
  rejection: Rejection,
  looked: ReadonlyMap<LinkedKind, readonly number[] | null>,
): boolean {
  for (const [kind, ids] of looked) {
    if (read.objectTypeOf(kind) !== rejection.objectType) continue;
    return ids === null || (rejection.origin.kind === 'database' && ids.includes(rejection.origin.rowId));
  }
  return false;
}

/** Resolves names and pools to networks and subnets. A network that changed its name takes its subnets along. */
async function ownersOf(
  { connection, family }: ObjectSource,
  previous: Fetched,
  touched: Touched,
): Promise<{ readonly networks: ReadonlySet<number>; readonly subnets: ReadonlySet<number> }> {
  const ids = (rows: readonly Record<string, unknown>[] | undefined): number[] =>
    (rows ?? []).map((row) => Number(row.id));
  const lookup = async (wanted: ReadonlySet<unknown>, statement: () => Statement): Promise<number[]> =>
    wanted.size === 0 ? [] : ids((await selectAll(connection, [statement()]))[0]);
  const networks = new Set([
    ...touched.networkIds,
    ...(await lookup(touched.networkNames, () => sql.selectNetworkIds(family, [...touched.networkNames]))),
  ]);
  const oldNames = new Map(
    previous.parts.networks
      .filter((network) => touched.networkIds.has(rowIdOf(network)))
      .map((network) => [rowIdOf(network), network.json.name]),
  );
  const [names] =
    oldNames.size === 0
      ? [[]]
      : await selectAll(connection, [sql.selectNetworkNames(family, [...oldNames.keys()])]);
  const sameName = names!
    .filter((row) => oldNames.get(Number(row.id)) === row.name)
    .map((row) => Number(row.id));
  for (const id of sameName) oldNames.delete(id);
  const renamed = new Set(oldNames.values());
  const subnets = new Set([
    ...touched.subnetIds,
    ...(await lookup(touched.poolIds, () => sql.selectSubnetsOfPools(family, 'pool', [...touched.poolIds]))),
    ...(await lookup(touched.pdPoolIds, () =>
      sql.selectSubnetsOfPools(family, 'pd_pool', [...touched.pdPoolIds]),
    )),
    ...(await lookup(new Set(oldNames.keys()), () =>
      sql.selectSubnetsOfNetworks(family, [...oldNames.keys()]),
    )),
    ...previous.parts.subnets.filter(({ json }) => renamed.has(json['shared-network-name'])).map(rowIdOf),
  ]);
  return { networks, subnets };
}
