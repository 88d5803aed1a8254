// What a poll of the config backend changed, as cb4_updated tells it: the difference between two fetched configurations.
import { isDeepStrictEqual } from 'node:util';
import type { ConfigParts, WrittenObject } from '../config/parts.ts';
import type { AuditEntry } from '../engine/hooks.ts';

/** Objects by table; an object that is the same one as before was not fetched again. */
export function auditEntries(before: ConfigParts, after: ConfigParts, epoch: number): readonly AuditEntry[] {
  const prefix = `dhcp${after.family}_`;
  const entries: AuditEntry[] = [];
  const add = (table: string, row: number, modification: AuditEntry['modification_type']): void => {
    entries.push({
      object_type: prefix + table,
      object_id: row,
      modification_type: modification,
      revision_id: epoch,
    });
  };
  for (const [list, table] of tables) {
    const old = byRow(before[list]);
    const now = byRow(after[list]);
    for (const [row, object] of now) {
      const was = old.get(row);
      if (!was) add(table, row, 'CREATE');
      else if (was !== object && !isDeepStrictEqual(was.json, object.json)) add(table, row, 'UPDATE');
    }
    for (const row of old.keys()) if (!now.has(row)) add(table, row, 'DELETE');
  }
  for (const name of new Set([...Object.keys(before.globals), ...Object.keys(after.globals)])) {
    const was = before.globals[name];
    const is = after.globals[name];
    if (is === was || isDeepStrictEqual(is, was)) continue;
    add('global_parameter', 0, was === undefined ? 'CREATE' : is === undefined ? 'DELETE' : 'UPDATE');
  }
  return entries;
}

const tables = [
  ['optionDefs', 'option_def'],
  ['options', 'options'],
  ['classes', 'client_class'],
  ['networks', 'shared_network'],
  ['subnets', 'subnet'],
] as const;

function byRow(objects: readonly WrittenObject[]): Map<number, WrittenObject> {
  const found = new Map<number, WrittenObject>();
  for (const object of objects) if (object.origin.kind === 'database') found.set(object.origin.rowId, object);
  return found;
}
