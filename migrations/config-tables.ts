// The configuration tables whose every row change is recorded: scope, key, owner, and the SQL that prints a row.
import { contractTable, contractTables, type ContractColumn, type ContractForeignKey } from './contract.ts';

export type Scope = 'config4' | 'config6' | 'hosts';
export const scopes: readonly Scope[] = ['config4', 'config6', 'hosts'];

export interface ConfigTable {
  readonly name: string;
  readonly scope: Scope;
  readonly family: 4 | 6 | undefined;
  /** Columns of the primary key. */
  readonly key: readonly string[];
  readonly columns: readonly ContractColumn[];
  /** The object that an auditor sees changed when this row changes, where v30 itself audits nothing. */
  readonly owner?: { readonly table: string; readonly column: string };
  /** Rows with a host_id belong to the scope of hosts. */
  readonly holdsHostOptions: boolean;
}

const owners: Readonly<Record<string, { readonly table: string; readonly column: string }>> = {
  pool: { table: 'subnet', column: 'subnet_id' },
  pd_pool: { table: 'subnet', column: 'subnet_id' },
  subnet_server: { table: 'subnet', column: 'subnet_id' },
  shared_network_server: { table: 'shared_network', column: 'shared_network_id' },
  client_class_server: { table: 'client_class', column: 'class_id' },
  client_class_dependency: { table: 'client_class', column: 'class_id' },
  option_def_server: { table: 'option_def', column: 'option_def_id' },
  global_parameter_server: { table: 'global_parameter', column: 'parameter_id' },
};

export const configTables: readonly ConfigTable[] = contractTables.flatMap((table): ConfigTable[] => {
  const match = /^dhcp([46])_(?!audit)(.+)$/.exec(table.name);
  if (match === null && table.name !== 'hosts' && table.name !== 'ipv6_reservations') return [];
  const family = match === null ? undefined : match[1] === '4' ? 4 : 6;
  const owner = owners[match?.[2] ?? ''];
  return [
    {
      name: table.name,
      scope: family === undefined ? 'hosts' : `config${family}`,
      family,
      key: table.indexes.find(({ name }) => name === 'PRIMARY')!.columns,
      columns: table.columns,
      ...(owner && { owner: { ...owner, table: `dhcp${family}_${owner.table}` } }),
      holdsHostOptions: match?.[2] === 'options',
    },
  ];
});

export function configTable(name: string): ConfigTable {
  const found = configTables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`${name} is not a configuration table`);
  return found;
}

/** A foreign key of a configuration table, seen from its parent. */
export interface ChildLink {
  readonly child: ConfigTable;
  readonly foreignKey: ContractForeignKey;
}

/** Children that the database changes by itself, firing no trigger, when a row of `parent` goes or changes its key. */
export function cascadingChildren(parent: string, event: 'onDelete' | 'onUpdate'): ChildLink[] {
  return configTables.flatMap((child) =>
    contractTable(child.name)
      .foreignKeys.filter((key) => key.parentTable === parent && key[event] === 'CASCADE')
      .map((foreignKey) => ({ child, foreignKey })),
  );
}

/** The primary key as text: values joined by commas. `side` is OLD, NEW or a table's alias. */
export function keyText(
  table: ConfigTable,
  side: string,
  replaced: ReadonlyMap<string, string> = new Map(),
): string {
  const values = table.key.map((column) => replaced.get(column) ?? `${side}.\`${column}\``);
  return values.length === 1 ? `CAST(${values[0]!} AS CHAR)` : `CONCAT_WS(',', ${values.join(', ')})`;
}

/**
 * A row as a JSON object, the same on both engines: octets as hex digits, times in UTC whatever the session's zone,
 * floats to six decimals (their seven digits print differently otherwise).
 */
export function rowImage(
  table: ConfigTable,
  side: string,
  replaced: ReadonlyMap<string, string> = new Map(),
): string {
  const pairs = table.columns.map((column) => {
    const value = replaced.get(column.name) ?? `${side}.\`${column.name}\``;
    return `'${column.name}', ${imageValue(column.type, value)}`;
  });
  return `JSON_OBJECT(${pairs.join(', ')})`;
}

function imageValue(type: string, value: string): string {
  if (/binary|blob/.test(type)) return `HEX(${value})`;
  if (type === 'float') return `ROUND(${value}, 6)`;
  if (type === 'timestamp')
    return `CAST(DATE_ADD('1970-01-01 00:00:00', INTERVAL FLOOR(UNIX_TIMESTAMP(${value})) SECOND) AS CHAR)`;
  return value;
}
