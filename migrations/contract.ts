// The SQL contract as data that code can check: tables with structured columns, indexes and foreign keys, and their DDL.
import { contractTableRows, type TableRow } from './contract-table.ts';

export interface ContractColumn {
  readonly name: string;
  /** As information_schema prints it, without display widths other than `tinyint(1)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** `null` = no default or NULL; `CURRENT_TIMESTAMP` for the present time. */
  readonly defaultValue: string | null;
  readonly autoIncrement: boolean;
  readonly onUpdateNow: boolean;
}

export interface ContractIndex {
  /** `PRIMARY` for the primary key. */
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

export interface ContractForeignKey {
  readonly name: string;
  readonly column: string;
  readonly parentTable: string;
  readonly parentColumn: string;
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface ContractTable {
  readonly name: string;
  readonly columns: readonly ContractColumn[];
  readonly indexes: readonly ContractIndex[];
  readonly foreignKeys: readonly ContractForeignKey[];
}

/** All tables of schema 30.0, parents before children. */
export const contractTables: readonly ContractTable[] = inParentOrder(
  contractTableRows.flatMap((row) => (row.families ?? [undefined]).map((family) => readTable(row, family))),
);

/** The table of that name. Throws when the contract has none. */
export function contractTable(name: string): ContractTable {
  const found = contractTables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`the contract has no table ${name}`);
  return found;
}

/** `CREATE TABLE IF NOT EXISTS`: a table that Kea made is left as it is. */
export function createTableStatement(table: ContractTable): string {
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const parts = [
    ...table.columns.map(columnDefinition),
    ...table.indexes.map(({ name, unique, columns }) =>
      name === 'PRIMARY'
        ? `PRIMARY KEY (${quoted(columns)})`
        : `${unique ? 'UNIQUE KEY' : 'KEY'} \`${name}\` (${quoted(columns)})`,
    ),
    ...table.foreignKeys.map(
      (key) =>
        `CONSTRAINT \`${key.name}\` FOREIGN KEY (\`${key.column}\`) ` +
        `REFERENCES \`${key.parentTable}\` (\`${key.parentColumn}\`) ` +
        `ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}`,
    ),
  ];
  return `CREATE TABLE IF NOT EXISTS \`${table.name}\` (\n  ${parts.join(',\n  ')}\n) ENGINE = InnoDB`;
}

/** One column as DDL, for CREATE TABLE and for ALTER TABLE … MODIFY. */
export function columnDefinition(column: ContractColumn): string {
  const words = [`\`${column.name}\``, column.type, column.nullable ? 'NULL' : 'NOT NULL'];
  if (column.defaultValue !== null) words.push(`DEFAULT ${column.defaultValue}`);
  else if (column.nullable) words.push('DEFAULT NULL');
  if (column.onUpdateNow) words.push('ON UPDATE CURRENT_TIMESTAMP');
  if (column.autoIncrement) words.push('AUTO_INCREMENT');
  return words.join(' ');
}

function readTable(row: TableRow, family: 4 | 6 | undefined): ContractTable {
  const fill = (text: string): string => text.replaceAll('{x}', String(family ?? ''));
  return {
    name: fill(row.name),
    columns: row.columns.map(readColumn),
    indexes: row.indexes.map((text) => readIndex(fill(text))),
    foreignKeys: row.foreignKeys.map((text) => readForeignKey(fill(text))),
  };

  function readColumn(text: string): ContractColumn {
    const match =
      /^(\S+) (.+?) (NOT NULL|NULL)(?: DEFAULT (\S+))?( ON UPDATE CURRENT_TIMESTAMP)?( AUTO_INCREMENT)?$/.exec(
        fill(text),
      );
    if (match === null) throw new Error(`cannot read the column '${text}' of ${row.name}`);
    const [, name, type, nullness, value, onUpdate, auto] = match;
    return {
      name: name!,
      type: type!,
      nullable: nullness === 'NULL',
      defaultValue: value === undefined || value === 'NULL' ? null : value,
      autoIncrement: auto !== undefined,
      onUpdateNow: onUpdate !== undefined,
    };
  }
}

function readIndex(text: string): ContractIndex {
  const match = /^(PRIMARY|UNIQUE|KEY) (\S+) \((.+)\)$/.exec(text);
  if (match === null) throw new Error(`cannot read the index '${text}'`);
  const [, kind, name, columns] = match;
  return {
    name: kind === 'PRIMARY' ? 'PRIMARY' : name!,
    unique: kind !== 'KEY',
    columns: columns!.split(', '),
  };
}

function readForeignKey(text: string): ContractForeignKey {
  const match = /^(\S+): (\S+) -> (\S+)\((\S+)\) UPDATE ([A-Z ]+), DELETE ([A-Z ]+)$/.exec(text);
  if (match === null) throw new Error(`cannot read the foreign key '${text}'`);
  const [, name, column, parentTable, parentColumn, onUpdate, onDelete] = match;
  return {
    name: name!,
    column: column!,
    parentTable: parentTable!,
    parentColumn: parentColumn!,
    onUpdate: onUpdate!,
    onDelete: onDelete!,
  };
}

function inParentOrder(tables: readonly ContractTable[]): ContractTable[] {
  const ordered: ContractTable[] = [];
  let waiting = tables;
  while (waiting.length > 0) {
    const made = new Set(ordered.map((table) => table.name));
    const ready = waiting.filter((table) => table.foreignKeys.every((key) => made.has(key.parentTable)));
    if (ready.length === 0) throw new Error('the foreign keys of the contract form a circle');
    ordered.push(...ready);
    waiting = waiting.filter((table) => !ready.includes(table));
  }
  return ordered;
}
