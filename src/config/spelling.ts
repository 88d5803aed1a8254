// Spellings that other versions use, turned into the one we work with, each with a warning.
import type { Family } from '../addr/family.ts';
import type { JsonPath } from './json.ts';
import { walkConfig } from './walk.ts';
import type { Json, JsonMap } from './written.ts';

export interface Respelled {
  readonly json: JsonMap;
  readonly renamed: readonly { readonly path: JsonPath; readonly message: string }[];
}

/** `refuse` is told of a map that has both the old and the new key. */
export function respell(
  json: JsonMap,
  family: Family,
  refuse: (message: string, path: JsonPath) => never,
): Respelled {
  const renamed: { path: JsonPath; message: string }[] = [];
  const targets = new Map<JsonMap, Map<string, string>>();
  walkConfig(json, family, ({ row, path, holder }) => {
    const better = row.deprecated;
    if (better === undefined) return;
    if (holder[better] !== undefined)
      refuse(`'${row.key}' is the old spelling of '${better}': use one of them`, path);
    renamed.push({ path, message: `'${row.key}' is deprecated: write '${better}'` });
    const keys = targets.get(holder) ?? new Map<string, string>();
    targets.set(holder, keys.set(row.key, better));
  });
  return { json: targets.size === 0 ? json : (rewritten(json, targets) as JsonMap), renamed };
}

function rewritten(json: Json, targets: ReadonlyMap<JsonMap, ReadonlyMap<string, string>>): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map((item) => rewritten(item, targets));
  if (typeof json !== 'object' || json === null) return json;
  const keys = targets.get(json as JsonMap);
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, Json>>).map(([key, value]) => {
      const better = keys?.get(key);
      const inner = rewritten(value, targets);
      return better === undefined ? [key, inner] : [better, newForm(key, inner)];
    }),
  );
}

function newForm(key: string, value: Json): Json {
  if (key === 'ddns-use-conflict-resolution')
    return value === true ? 'check-with-dhcid' : 'no-check-with-dhcid';
  if (key === 'client-class' || key === 'hosts-database' || key === 'control-socket') return [value];
  return value;
}
