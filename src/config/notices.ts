// What a configuration asks for that is not in force, so that nothing is ignored in silence.
import type { Family } from '../addr/family.ts';
import type { ScopeName } from '../../schemas/key-row.ts';
import type { JsonPath } from './json.ts';
import { notInForceRows, type NotInForceRow } from './not-in-force-rows.ts';
import { walkConfig } from './walk.ts';
import type { Json, JsonMap } from './written.ts';

export interface Notice {
  /** Below `Dhcp4` / `Dhcp6`. */
  readonly path: JsonPath;
  readonly message: string;
}

export function noticesOf(written: JsonMap, family: Family): readonly Notice[] {
  const notices: Notice[] = [];
  walkConfig(written, family, ({ scope, row, value, path, holder }) => {
    const message = messageFor(scope, row.key, value, holder, family);
    if (message !== undefined) notices.push({ path, message });
  });
  return notices;
}

/** Of the keys of one object, not of what is inside them. */
export function messagesFor(scope: ScopeName, json: JsonMap): readonly string[] {
  const messages: string[] = [];
  for (const key in json) {
    const message = messageFor(scope, key, json[key]!, json);
    if (message !== undefined) messages.push(message);
  }
  return messages;
}

function messageFor(
  scope: ScopeName,
  key: string,
  value: Json,
  holder: JsonMap,
  family?: Family,
): string | undefined {
  const hit = rowsFor(scope, key).find(
    (row) => (row.family ?? family) === family && row.when?.(value, holder) !== false,
  );
  if (!hit) return undefined;
  const shown = typeof value === 'object' ? '' : ` = ${JSON.stringify(value)}`;
  return `not in force: ${key}${shown}; ${hit.instead}`;
}

function rowsFor(scope: ScopeName, key: string): readonly NotInForceRow[] {
  return byScope.get(scope)?.get(key) ?? none;
}

const none: readonly NotInForceRow[] = [];
const byScope: ReadonlyMap<ScopeName, ReadonlyMap<string, readonly NotInForceRow[]>> = indexed();

function indexed(): ReadonlyMap<ScopeName, ReadonlyMap<string, readonly NotInForceRow[]>> {
  const scopes = new Map<ScopeName, Map<string, NotInForceRow[]>>();
  for (const row of notInForceRows) {
    const keys = scopes.get(row.scope) ?? new Map<string, NotInForceRow[]>();
    scopes.set(row.scope, keys.set(row.key, [...(keys.get(row.key) ?? []), row]));
  }
  return scopes;
}
