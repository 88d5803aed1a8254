// JSON Schemas of the configuration, made from the rows: for a whole file, and for single objects.
import { inheritedRows } from './inherited-rows.ts';
import type { KeyRow, ScopeName } from './key-row.ts';
import { scopes } from './scope-rows.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Schema of a configuration file: a map with `Dhcp4` or `Dhcp6`. */
export function fileSchema(family: 4 | 6): JsonSchema {
  const root = `Dhcp${family}`;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Flotilla DHCPv${family} configuration`,
    type: 'object',
    properties: { [root]: { $ref: '#/$defs/global' } },
    required: [root],
    additionalProperties: false,
    $defs: definitions(family, (row) => fullSchema(row)),
  };
}

/**
 * Schema of one object as the merge of file and database handles it: lists whose entries are judged one by one
 * (pools, options, reservations, …) are only required to be lists; a subnet names its network.
 */
export function objectSchema(scope: ScopeName, family: 4 | 6): JsonSchema {
  const all = definitions(family, (row) => (isJudgedApart(row) ? { type: 'array' } : fullSchema(row)));
  const own = all[scope] as { readonly properties: object };
  const extra = scope === 'subnet' ? { 'shared-network-name': { type: 'string' } } : {};
  return { ...own, properties: { ...own.properties, ...extra }, $defs: all };
}

/** The keys of a scope in a family, inherited ones included, in alphabetical order. */
export function rowsOf(scope: ScopeName, family: 4 | 6): readonly KeyRow[] {
  const { rows, inherits } = scopes[scope];
  const inherited = inheritedRows.flatMap(([letters, row]) =>
    inherits !== undefined && letters.includes(inherits)
      ? [inherits === 'G' ? row : withoutDefault(row)]
      : [],
  );
  return [...rows, ...inherited]
    .filter((row) => row.family === undefined || row.family === family)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** `1 to 65535`, `below 1`, `one of a, b`: what a row allows, for people. Empty when its type says it all. */
export function allowedText(row: KeyRow): string {
  if (row.values) return `one of ${row.values.join(', ')}`;
  const bounds: string[] = [];
  if (row.min !== undefined && row.max !== undefined) bounds.push(`${row.min} to ${row.max}`);
  else if (row.min !== undefined) bounds.push(`at least ${row.min}`);
  else if (row.max !== undefined) bounds.push(`at most ${row.max}`);
  if (row.above !== undefined) bounds.push(`above ${row.above}`);
  if (row.below !== undefined) bounds.push(`below ${row.below}`);
  if (row.maxLength !== undefined) bounds.push(`at most ${row.maxLength} bytes`);
  return bounds.join(', ');
}

function definitions(
  family: 4 | 6,
  schemaOf: (row: KeyRow) => JsonSchema,
): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    (Object.keys(scopes) as ScopeName[]).map((scope) => {
      const rows = rowsOf(scope, family);
      const required = rows.filter((row) => row.required).map((row) => row.key);
      const schema: JsonSchema = {
        type: 'object',
        properties: Object.fromEntries(rows.map((row) => [row.key, described(row, schemaOf(row), family)])),
        ...(required.length > 0 && { required }),
        ...closed(scope, rows),
      };
      return [scope, schema];
    }),
  );
}

/** No other keys; in some scopes only while one key has one of certain values. */
function closed(scope: ScopeName, rows: readonly KeyRow[]): JsonSchema {
  const { closedWhen } = scopes[scope];
  if (!closedWhen) return { additionalProperties: false };
  const known = Object.fromEntries(rows.map(({ key }) => [key, {}]));
  return {
    if: { properties: { [closedWhen.key]: { enum: closedWhen.values } } },
    then: { properties: known, additionalProperties: false },
  };
}

function described(row: KeyRow, schema: JsonSchema, family: 4 | 6): JsonSchema {
  if ('$ref' in schema) return schema;
  const value = family === 6 ? (row.default6 ?? row.default) : row.default;
  const items =
    row.itemValues && schema['type'] === 'array'
      ? { items: { type: 'string', enum: row.itemValues[family] } }
      : {};
  return {
    description: row.meaning,
    ...(value !== undefined && { default: value }),
    ...(row.deprecated !== undefined && { deprecated: true }),
    ...schema,
    ...items,
  };
}

function fullSchema(row: KeyRow): JsonSchema {
  const ref = row.scope && { $ref: `#/$defs/${row.scope}` };
  if (row.type === 'map') return ref ?? { type: 'object' };
  if (row.type === 'list') {
    return {
      type: 'array',
      items: ref ?? { type: 'string' },
      ...(row.minItems !== undefined && { minItems: row.minItems }),
      ...(row.maxItems !== undefined && { maxItems: row.maxItems }),
    };
  }
  return {
    type: row.type,
    ...(row.values && { enum: row.values }),
    ...(row.min !== undefined && { minimum: row.min }),
    ...(row.max !== undefined && { maximum: row.max }),
    ...(row.above !== undefined && { exclusiveMinimum: row.above }),
    ...(row.below !== undefined && { exclusiveMaximum: row.below }),
    ...(row.maxLength !== undefined && { maxLength: row.maxLength }),
    ...(row.minLength !== undefined && { minLength: row.minLength }),
  };
}

const judgedApart: ReadonlySet<ScopeName | undefined> = new Set<ScopeName>([
  ...([
    'shared-network',
    'subnet',
    'pool',
    'pd-pool',
    'option-def',
    'option-data',
    'client-class',
    'reservation',
  ] as const),
]);
function isJudgedApart(row: KeyRow): boolean {
  return row.type === 'list' && judgedApart.has(row.scope);
}

/** Inside the global scope the surrounding scope is the default. */
function withoutDefault(row: KeyRow): KeyRow {
  const { default: _, default6: __, ...rest } = row;
  return rest;
}
