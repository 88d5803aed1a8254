// What a configuration asks for that is not in force, so that nothing is ignored in silence.
import type { Family } from '../addr/family.ts';
import type { ScopeName } from '../../schemas/key-row.ts';
import type { JsonPath } from './json.ts';
import { notInForceRows, type NotInForceRow } from './not-in-force-rows.ts';
import { walkConfig } from './walk.ts';
import type { JsonMap } from './written.ts';

export interface Notice {
  /** Below `Dhcp4` / `Dhcp6`. */
  readonly path: JsonPath;
  readonly message: string;
}

export function noticesOf(written: JsonMap, family: Family): readonly Notice[] {
  const notices: Notice[] = [];
  walkConfig(written, family, ({ scope, row, value, path, holder }) => {
    const hit = rowFor(scope, row.key);
    if (!hit || hit.when?.(value, holder) === false) return;
    const shown = typeof value === 'object' ? '' : ` = ${JSON.stringify(value)}`;
    notices.push({ path, message: `not in force: ${row.key}${shown}; ${hit.instead}` });
  });
  return notices;
}

function rowFor(scope: ScopeName, key: string): NotInForceRow | undefined {
  return notInForceRows.find((row) => row.scope === scope && row.key === key);
}
