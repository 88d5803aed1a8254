// The schema applied to single objects, wherever they come from.
import type { Family } from '../addr/family.ts';
import type { ScopeName } from '../../schemas/key-row.ts';
import { FlotillaError } from '../errors.ts';
import { pathText } from './json.ts';
import { checkScope } from './schema-check.ts';
import type { JsonMap } from './written.ts';

/** Throws CONFIG_SCHEMA, located at the first problem, naming all of them. */
export function checkObject(scope: ScopeName, json: JsonMap, family: Family): void {
  const problems = checkScope(scope, json, family);
  if (problems.length === 0) return;
  const texts = problems.map(({ path, at, message }) =>
    path.length === 0 || at === 'key' ? message : `${pathText(path)} ${message}`,
  );
  const key = problems[0]!.path[0];
  throw new FlotillaError('CONFIG_SCHEMA', texts.join('; '), key === undefined ? {} : { key: String(key) });
}

/** What is wrong with global values, by their top-level key. */
export function checkGlobals(
  json: JsonMap,
  family: Family,
): readonly { readonly key: string; readonly message: string }[] {
  const byKey = new Map<string, string>();
  for (const { path, message } of checkScope('global', json, family)) {
    const key = String(path[0]);
    const text = path.length > 1 ? `${pathText(path.slice(1))} ${message}` : message;
    byKey.set(key, byKey.has(key) ? `${byKey.get(key)}; ${text}` : text);
  }
  return [...byKey].map(([key, message]) => ({ key, message }));
}
