// Compares a database with what it should hold, and lists every difference with its repair.
import type { Catalogue, FoundObject } from './catalogue.ts';
import { plainDefault, plainType } from './catalogue.ts';

/** The parts of a table's description that are compared; the migrations' own description fits it. */
export interface ExpectedTable {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly nullable: boolean;
    readonly defaultValue: string | null;
  }[];
  readonly indexes: readonly {
    readonly name: string;
    readonly unique: boolean;
    readonly columns: readonly string[];
  }[];
  readonly foreignKeys: readonly {
    readonly name: string;
    readonly column: string;
    readonly parentTable: string;
    readonly parentColumn: string;
    readonly onUpdate: string;
    readonly onDelete: string;
  }[];
}

export interface ExpectedObject {
  readonly kind: FoundObject['kind'];
  readonly name: string;
  readonly table?: string;
  /** The whole CREATE statement; it ends with the body. */
  readonly create: string;
}

export interface Finding {
  /** `table lease4`, `trigger lease4_AINS`, … */
  readonly object: string;
  readonly problem: string;
}

/** Differences in tables, columns, indexes and foreign keys. More than expected is no difference: people add indexes. */
export function compareTables(found: Catalogue, expected: readonly ExpectedTable[]): Finding[] {
  const findings: Finding[] = [];
  for (const table of expected) {
    const object = `table ${table.name}`;
    const report = (problem: string): void => void findings.push({ object, problem });
    if (!found.tables.includes(table.name)) {
      report('is missing');
      continue;
    }
    for (const column of table.columns) {
      const there = found.columns.find((one) => one.table === table.name && one.name === column.name);
      if (there === undefined) {
        report(`column ${column.name} is missing`);
        continue;
      }
      const type = plainType(column.type);
      if (!sameType(there.type, type)) report(`column ${column.name} is ${there.type}, expected ${type}`);
      if (there.nullable !== column.nullable)
        report(`column ${column.name} is ${there.nullable ? '' : 'not '}nullable, expected the opposite`);
      const value = plainDefault(column.defaultValue);
      if (there.defaultValue !== value)
        report(
          `column ${column.name} defaults to ${there.defaultValue ?? 'NULL'}, expected ${value ?? 'NULL'}`,
        );
    }
    for (const index of table.indexes) {
      const there = found.indexes.find((one) => one.table === table.name && one.name === index.name);
      const wanted = `${index.unique ? 'unique ' : ''}(${index.columns.join(', ')})`;
      if (there === undefined) report(`index ${index.name} ${wanted} is missing`);
      else if (there.unique !== index.unique || there.columns.join() !== index.columns.join())
        report(
          `index ${index.name} is ${there.unique ? 'unique ' : ''}(${there.columns.join(', ')}), expected ${wanted}`,
        );
    }
    for (const key of table.foreignKeys) {
      const there = found.foreignKeys.find((one) => one.table === table.name && one.name === key.name);
      if (there === undefined) report(`foreign key ${key.name} is missing`);
      else if (describeKey(there) !== describeKey(key))
        report(`foreign key ${key.name} is ${describeKey(there)}, expected ${describeKey(key)}`);
    }
  }
  return findings;
}

/** Missing or altered routines, triggers and views. A body that the account may not read counts as unaltered. */
export function compareObjects(found: Catalogue, expected: readonly ExpectedObject[]): Finding[] {
  const findings: Finding[] = [];
  for (const { kind, name, table, create } of expected) {
    const object = `${kind} ${name}`;
    const there = found.objects.find((one) => one.kind === kind && one.name === name);
    if (there === undefined) findings.push({ object, problem: 'is missing' });
    else if (table !== undefined && there.table !== table)
      findings.push({ object, problem: `is on table ${there.table ?? ''}, expected ${table}` });
    else if (there.body !== null && !squeeze(create).endsWith(squeeze(there.body)))
      findings.push({ object, problem: "was altered: its text is not this Flotilla's" });
  }
  return findings;
}

/** Triggers of one event that fire in another order than the one in which `expected` lists them. */
export function compareTriggerOrder(found: Catalogue, expected: readonly ExpectedObject[]): Finding[] {
  const findings: Finding[] = [];
  const events = new Map<string, FoundObject[]>();
  for (const { kind, name } of expected) {
    const there = found.objects.find(
      (one) => one.kind === 'trigger' && kind === 'trigger' && one.name === name,
    );
    if (there?.event === undefined) continue;
    const event = `${there.event} on ${there.table ?? ''}`;
    events.set(event, [...(events.get(event) ?? []), there]);
  }
  for (const [event, inOrder] of events) {
    const fires = inOrder.toSorted((a, b) => a.place! - b.place!).map(({ name }) => name);
    const wanted = inOrder.map(({ name }) => name);
    if (fires.join() !== wanted.join())
      findings.push({
        object: `triggers ${event}`,
        problem: `fire in the order ${fires.join(', ')}, expected ${wanted.join(', ')}`,
      });
  }
  return findings;
}

type KeyRules = Omit<ExpectedTable['foreignKeys'][number], 'name'>;

function describeKey(key: KeyRules): string {
  return (
    `${key.column} -> ${key.parentTable}(${key.parentColumn}) ` +
    `on update ${sameRule(key.onUpdate)}, on delete ${sameRule(key.onDelete)}`
  ).toLowerCase();
}

/** In InnoDB NO ACTION is RESTRICT, and the two engines print either. */
function sameRule(rule: string): string {
  return rule === 'RESTRICT' ? 'NO ACTION' : rule;
}

/** MariaDB's JSON is LONGTEXT with a check. */
function sameType(left: string, right: string): boolean {
  const plain = (type: string): string => (type === 'json' ? 'longtext' : type);
  return plain(left) === plain(right);
}

/** Layout does not count. Nor do quotes: MySQL prints a doubled quote inside a text as one. */
function squeeze(sql: string): string {
  return sql.replaceAll(/['\\]/g, '').replaceAll(/\s+/g, ' ').trim().replace(/;$/, '');
}
