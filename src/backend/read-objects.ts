// Reading configuration objects inside the snapshot: the small lists whole, networks and subnets by id in batches.
import type { Connection } from 'mysql2/promise';
import type { Family } from '../addr/family.ts';
import type { Rejection, WrittenObject } from '../config/parts.ts';
import { text, type Row } from './column-values.ts';
import type { WrittenGlobals } from './fetched.ts';
import { createRowReader, type RowReader } from './rows.ts';
import { selectAll, type Statement } from './session.ts';
import * as sql from './statements.ts';

/** Bounded, so that converting one batch never holds the event loop for long. */
const batchSize = 500;

export interface ObjectSource {
  readonly connection: Connection;
  readonly family: Family;
  readonly servers: readonly number[];
}

/** One effective object per name or key: later rows (the server's own, then the newest) win. */
export async function readGlobals({ connection, family, servers }: ObjectSource): Promise<WrittenGlobals> {
  const [rows] = await selectAll(connection, [sql.selectLinked(sql.linkedTables(family).globals, servers)]);
  const rowOf = new Map<string, number>();
  for (const row of rows!) {
    // A part of a map stands for the whole map too.
    const name = text(row.name);
    for (const key of [name, name.split('.')[0]!]) rowOf.set(key, Number(row.id));
  }
  return {
    globals: createRowReader(family).globals(rows!),
    originOfGlobal: (path) => ({
      kind: 'database',
      rowId: rowOf.get(path.join('.')) ?? rowOf.get(String(path[0])) ?? 0,
    }),
  };
}

export async function readOptionDefs(source: ObjectSource): Promise<WrittenObject[]> {
  return readKeyed(source, 'optionDefs', (row) => `${text(row.space)} ${text(row.code)}`);
}

export async function readOptions(source: ObjectSource): Promise<WrittenObject[]> {
  return readKeyed(
    source,
    'options',
    (row) => `${text(row.space ?? '')} ${text(row.code)} ${text(row.client_classes ?? '')}`,
  );
}

async function readKeyed(
  { connection, family, servers }: ObjectSource,
  kind: 'optionDefs' | 'options',
  keyOf: (row: Row) => string,
): Promise<WrittenObject[]> {
  const [rows] = await selectAll(connection, [sql.selectLinked(sql.linkedTables(family)[kind], servers)]);
  const effective = new Map(rows!.map((row) => [keyOf(row), row]));
  const reader = createRowReader(family);
  return [...effective.values()]
    .map((row) => (kind === 'options' ? reader.option(row) : reader.optionDef(row)))
    .sort((a, b) => rowId(a) - rowId(b));
}

export async function readClasses({ connection, family, servers }: ObjectSource): Promise<WrittenObject[]> {
  const [classes, definitions, options] = await selectAll(connection, [
    sql.selectClasses(family, servers),
    sql.selectClassOptionDefs(family),
    sql.selectClassOptions(family),
  ]);
  const reader = createRowReader(family);
  const definitionsOf = byOwner(definitions!);
  const optionsOf = byOwner(options!);
  return classes!.map((row) => {
    const id = Number(row.id);
    return reader.clientClass(row, definitionsOf.get(id) ?? [], optionsOf.get(id) ?? []);
  });
}

export async function readNetworks(source: ObjectSource, ids: readonly number[]): Promise<WrittenObject[]> {
  const { connection, family, servers } = source;
  const reader = createRowReader(family);
  return inBatches(ids, async (batch) => {
    const [networks, options] = await selectAll(connection, [
      sql.selectNetworks(family, servers, batch),
      sql.selectNetworkOptions(family, batch),
    ]);
    const optionsOf = byOwner(options!);
    return networks!.map((row) => reader.network(row, optionsOf.get(Number(row.id)) ?? []));
  });
}

export async function readSubnets(source: ObjectSource, ids: readonly number[]): Promise<WrittenObject[]> {
  const reader = createRowReader(source.family);
  return inBatches(ids, (batch) => readSubnetBatch(source, reader, batch));
}

async function readSubnetBatch(
  { connection, family, servers }: ObjectSource,
  reader: RowReader,
  ids: readonly number[],
): Promise<WrittenObject[]> {
  const prefixPools: Statement[] =
    family === 4
      ? []
      : [sql.selectPools(family, 'pd_pool', ids), sql.selectPoolOptions(family, 'pd_pool', ids)];
  const [subnets, options, pools, poolOptions, pdPools = [], pdPoolOptions = []] = await selectAll(
    connection,
    [
      sql.selectSubnets(family, servers, ids),
      sql.selectSubnetOptions(family, ids),
      sql.selectPools(family, 'pool', ids),
      sql.selectPoolOptions(family, 'pool', ids),
      ...prefixPools,
    ],
  );
  const optionsOf = byOwner(options!);
  const poolsOf = byOwner(pools!);
  const pdPoolsOf = byOwner(pdPools);
  const optionsOfPool = byOwner(poolOptions!);
  const optionsOfPdPool = byOwner(pdPoolOptions);
  return subnets!.map((row) => {
    const id = Number(row.subnet_id);
    return reader.subnet(row, {
      options: optionsOf.get(id) ?? [],
      pools: poolsOf.get(id) ?? [],
      pdPools: pdPoolsOf.get(id) ?? [],
      optionsOfPool,
      optionsOfPdPool,
    });
  });
}

export type LinkedKind = keyof ReturnType<typeof sql.linkedTables>;

const objectTypes = {
  globals: 'global',
  optionDefs: 'option-def',
  options: 'option',
  classes: 'client-class',
  networks: 'shared-network',
  subnets: 'subnet',
} as const satisfies Record<LinkedKind, Rejection['objectType']>;

/** Objects that no server gets. `ids` null: look at the whole table. */
export async function readUnassigned(
  { connection, family }: ObjectSource,
  kinds: ReadonlyMap<LinkedKind, readonly number[] | null>,
): Promise<Rejection[]> {
  const asked = [...kinds].filter(([, ids]) => ids === null || ids.length > 0);
  const tables = sql.linkedTables(family);
  const results = await selectAll(
    connection,
    asked.map(([kind, ids]) => sql.selectUnassigned(tables[kind], ids)),
  );
  return results.flatMap((rows, index) => {
    const [kind] = asked[index]!;
    return rows.map((row) => ({
      objectType: objectTypes[kind],
      objectKey: text(row.name),
      origin: { kind: 'database' as const, rowId: Number(row.id) },
      reason: `no server gets it: there is no row for it in ${tables[kind].link}`,
      lastGoodKept: false,
    }));
  });
}

export function objectTypeOf(kind: LinkedKind): Rejection['objectType'] {
  return objectTypes[kind];
}

export async function readLinkedIds(
  { connection, family, servers }: ObjectSource,
  kind: 'networks' | 'subnets',
): Promise<number[]> {
  const [rows] = await selectAll(connection, [sql.selectLinkedIds(sql.linkedTables(family)[kind], servers)]);
  return rows!.map((row) => Number(row.id));
}

async function inBatches(
  ids: readonly number[],
  read: (batch: readonly number[]) => Promise<WrittenObject[]>,
): Promise<WrittenObject[]> {
  const objects: WrittenObject[] = [];
  for (let start = 0; start < ids.length; start += batchSize) {
    objects.push(...(await read(ids.slice(start, start + batchSize))));
  }
  return objects;
}

function byOwner(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const owner = Number(row.owner);
    const group = groups.get(owner);
    if (group === undefined) groups.set(owner, [row]);
    else group.push(row);
  }
  return groups;
}

function rowId(object: WrittenObject): number {
  return object.origin.kind === 'database' ? object.origin.rowId : 0;
}
