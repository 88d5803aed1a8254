// Goes through a configuration scope by scope, telling each key with its row.
import type { Family } from '../addr/family.ts';
import { rowsOf } from '../../schemas/config-schema.ts';
import type { KeyRow, ScopeName } from '../../schemas/key-row.ts';
import type { JsonPath } from './json.ts';
import { scopes } from '../../schemas/scope-rows.ts';
import { isMap } from './read-json.ts';
import type { Json, JsonMap } from './written.ts';

export interface Visit {
  readonly scope: ScopeName;
  readonly row: KeyRow;
  readonly value: Json;
  readonly path: JsonPath;
  /** The map that holds the key. */
  readonly holder: JsonMap;
}

/** Outer keys before inner ones. Keys without a row are passed over: the schema refuses them elsewhere. */
export function walkConfig(
  json: JsonMap,
  family: Family,
  visit: (found: Visit) => void,
  scope: ScopeName = 'global',
  path: JsonPath = [],
): void {
  const rows = rowIndex(family, scope);
  for (const [key, value] of Object.entries(json)) {
    const row = rows.get(key);
    if (!row || value === undefined) continue;
    const here = [...path, key];
    visit({ scope, row, value, path: here, holder: json });
    if (row.scope === undefined) continue;
    if (isMap(value)) walkConfig(value, family, visit, row.scope, here);
    else if (Array.isArray(value)) {
      (value as readonly Json[]).forEach((entry, index) => {
        if (isMap(entry)) walkConfig(entry, family, visit, row.scope, [...here, index]);
      });
    }
  }
}

function rowIndex(family: Family, scope: ScopeName): ReadonlyMap<string, KeyRow> {
  return rowMaps[family].get(scope)!;
}

const mapOf = (family: Family): ReadonlyMap<ScopeName, ReadonlyMap<string, KeyRow>> =>
  new Map(
    (Object.keys(scopes) as ScopeName[]).map((scope) => [
      scope,
      new Map(rowsOf(scope, family).map((row) => [row.key, row])),
    ]),
  );
const rowMaps = { 4: mapOf(4), 6: mapOf(6) } as const;
