// Rows of the configuration tables → the same JSON objects that a configuration file would hold.
import { formatIpv4 } from '../addr/ipv4.ts';
import type { Family } from '../addr/family.ts';
import type { WrittenObject } from '../config/parts.ts';
import type { Json, JsonMap } from '../config/written.ts';
import { columnsOf, optionTypeNames, type Column, type MappedTable } from './column-table.ts';
import {
  booleanValue,
  integerValue,
  jsonValue,
  realValue,
  rowToJson,
  text,
  type Row,
} from './column-values.ts';

/** Turns rows of one family into JSON. Nested entries name their own row in `metadata: {"row-id": n}`. */
export interface RowReader {
  globals(rows: readonly Row[]): JsonMap;
  optionDef(row: Row): WrittenObject;
  option(row: Row): WrittenObject;
  clientClass(row: Row, optionDefs: readonly Row[], options: readonly Row[]): WrittenObject;
  network(row: Row, options: readonly Row[]): WrittenObject;
  subnet(row: Row, children: SubnetChildren): WrittenObject;
}

export interface SubnetChildren {
  readonly options: readonly Row[];
  readonly pools: readonly Row[];
  readonly pdPools: readonly Row[];
  readonly optionsOfPool: ReadonlyMap<number, readonly Row[]>;
  readonly optionsOfPdPool: ReadonlyMap<number, readonly Row[]>;
}

export function createRowReader(family: Family): RowReader {
  const columns = Object.fromEntries(
    (['subnet', 'shared_network', 'client_class', 'pool', 'pd_pool', 'options'] as const).map((table) => [
      table,
      columnsOf(table, family),
    ]),
  ) as Record<MappedTable, readonly Column[]>;
  const optionData = (rows: readonly Row[]): Json[] =>
    rows.map((row) => ({ ...optionJson(row, columns.options, family), ...rowIdAs(row.option_id) }));
  const withOptions = (json: Record<string, Json>, rows: readonly Row[]): JsonMap => {
    if (rows.length > 0) json['option-data'] = optionData(rows);
    return json;
  };
  return {
    globals: globalsJson,
    optionDef: (row) => written(optionDefJson(row), row.id),
    option: (row) => written(optionJson(row, columns.options, family), row.option_id),
    clientClass(row, optionDefs, options) {
      const json = rowToJson(row, columns.client_class);
      if (json.test === '') delete json.test;
      if (optionDefs.length > 0)
        json['option-def'] = optionDefs.map((definition) => ({
          ...optionDefJson(definition),
          ...rowIdAs(definition.id),
        }));
      return written(withOptions(json, options), row.id);
    },
    network: (row, options) => written(withOptions(rowToJson(row, columns.shared_network), options), row.id),
    subnet(row, children) {
      const json = withOptions(rowToJson(row, columns.subnet), children.options) as Record<string, Json>;
      if (row.network_name !== null && row.network_name !== undefined) {
        json['shared-network-name'] = text(row.network_name);
      }
      if (children.pools.length > 0) {
        json.pools = children.pools.map((pool) =>
          withOptions(
            {
              pool: poolRange(pool),
              ...rowToJson(pool, columns.pool),
              ...rowIdAs(pool.id),
            },
            children.optionsOfPool.get(Number(pool.id)) ?? [],
          ),
        );
      }
      if (children.pdPools.length > 0) {
        json['pd-pools'] = children.pdPools.map((pool) =>
          withOptions(
            {
              ...pdPoolJson(pool),
              ...rowToJson(pool, columns.pd_pool),
              ...rowIdAs(pool.id),
            },
            children.optionsOfPdPool.get(Number(pool.id)) ?? [],
          ),
        );
      }
      return written(json, row.subnet_id);
    },
  };
}

function written(json: JsonMap, id: unknown): WrittenObject {
  return { json, origin: { kind: 'database', rowId: Number(id) } };
}

/** `metadata` is Kea's key for what a backend adds. */
function rowIdAs(id: unknown): { readonly metadata: JsonMap } {
  return { metadata: { 'row-id': Number(id) } };
}

/** Rows in ascending precedence: a later row of the same name wins. Dotted names become maps, one level deep. */
function globalsJson(rows: readonly Row[]): JsonMap {
  const globals: Record<string, Json> = {};
  for (const row of rows) {
    const name = text(row.name);
    const value = globalValue(name, text(row.value), Number(row.parameter_type));
    const dot = name.indexOf('.');
    if (dot < 0) {
      globals[name] = value;
      continue;
    }
    const map = globals[name.slice(0, dot)];
    const members = typeof map === 'object' && map !== null && !Array.isArray(map) ? map : {};
    globals[name.slice(0, dot)] = { ...(members as JsonMap), [name.slice(dot + 1)]: value };
  }
  return globals;
}

/** `parameter_type` is a row of parameter_data_type: 0 integer, 1 real, 2 boolean, 4 string. */
function globalValue(name: string, value: string, type: number): Json {
  switch (type) {
    case 0:
      return integerValue(value);
    case 1:
      return realValue(value);
    case 2:
      return booleanValue(value);
    default:
      // The one list among the globals is stored as JSON text of type string.
      return name === 'host-reservation-identifiers' ? jsonValue(value) : value;
  }
}

function optionDefJson(row: Row): JsonMap {
  const type = Number(row.type);
  const encapsulate = text(row.encapsulate ?? '');
  const recordTypes = row.record_types === null ? [] : jsonValue(row.record_types);
  return {
    name: text(row.name),
    code: Number(row.code),
    space: text(row.space),
    type: optionTypeNames.get(type) ?? String(type),
    ...(Number(row.is_array) !== 0 && { array: true }),
    ...(encapsulate !== '' && { encapsulate }),
    ...(type === 254 && { 'record-types': recordTypeNames(recordTypes) }),
    ...(row.user_context !== null && { 'user-context': jsonValue(row.user_context) }),
  };
}

/** `record_types` is a JSON list of type numbers (`[ 6, 10 ]`); names separated by commas are understood too. */
function recordTypeNames(value: Json): string {
  if (!Array.isArray(value)) return text(value);
  return (value as readonly Json[]).map((type) => optionTypeNames.get(Number(type)) ?? text(type)).join(', ');
}

/** `formatted_value` is text per definition; else `value` holds the bytes of the payload. */
function optionJson(row: Row, columns: readonly Column[], family: Family): JsonMap {
  const formatted = row.formatted_value;
  const isText = formatted !== null && formatted !== undefined;
  const mapped = rowToJson(row, columns);
  const classes = mapped['client-classes'];
  if (Array.isArray(classes) && classes.length === 0) delete mapped['client-classes'];
  return {
    space: row.space === null ? `dhcp${family}` : text(row.space),
    code: Number(row.code),
    'csv-format': isText,
    data: isText ? text(formatted) : hex(row.value),
    ...(Number(row.persistent) !== 0 && { 'always-send': true }),
    ...(Number(row.cancelled) !== 0 && { 'never-send': true }),
    ...mapped,
  };
}

function hex(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('hex').toUpperCase() : '';
}

/** v4 pools are numbers, v6 pools are text. */
function poolRange(row: Row): string {
  const end = (value: unknown): string => (typeof value === 'number' ? formatIpv4(value) : text(value));
  return `${end(row.start_address)} - ${end(row.end_address)}`;
}

function pdPoolJson(row: Row): Record<string, Json> {
  return {
    prefix: text(row.prefix),
    'prefix-len': Number(row.prefix_length),
    'delegated-len': Number(row.delegated_prefix_length),
    ...(row.excluded_prefix !== null && {
      'excluded-prefix': text(row.excluded_prefix),
      'excluded-prefix-len': Number(row.excluded_prefix_length),
    }),
  };
}
