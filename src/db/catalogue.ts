// The objects of a database as information_schema lists them, in one notation for MariaDB and MySQL.
import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface FoundColumn {
  readonly table: string;
  readonly name: string;
  /** Lower case, without display widths other than `tinyint(1)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Null for none or NULL; `CURRENT_TIMESTAMP`; text without its quotes. */
  readonly defaultValue: string | null;
}

export interface FoundIndex {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

export interface FoundForeignKey {
  readonly table: string;
  readonly name: string;
  readonly column: string;
  readonly parentTable: string;
  readonly parentColumn: string;
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface FoundObject {
  readonly kind: 'procedure' | 'function' | 'trigger' | 'view';
  readonly name: string;
  /** Triggers only. */
  readonly table?: string;
  /** Triggers only: `AFTER INSERT` and the like, and the place among those of the same event. */
  readonly event?: string;
  readonly place?: number;
  /** `user@host`. */
  readonly definer: string;
  /** The text after the head; null when this account may not see it. */
  readonly body: string | null;
}

export interface Catalogue {
  readonly tables: readonly string[];
  readonly columns: readonly FoundColumn[];
  readonly indexes: readonly FoundIndex[];
  readonly foreignKeys: readonly FoundForeignKey[];
  readonly objects: readonly FoundObject[];
}

/** Everything in the database that `connection` is on, as far as its account can see. */
export async function readCatalogue(connection: Connection): Promise<Catalogue> {
  const select = async (sql: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql))[0];
  const text = (value: unknown): string => String(value);
  const tables = await select(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'",
  );
  const columns = await select(
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable,
       COLUMN_DEFAULT AS value
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const indexes = await select(
    `SELECT TABLE_NAME AS tableName, INDEX_NAME AS name, MAX(NON_UNIQUE) AS nonUnique,
       GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR ',') AS names
     FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME, INDEX_NAME`,
  );
  const foreignKeys = await select(
    `SELECT k.TABLE_NAME AS tableName, k.CONSTRAINT_NAME AS name, k.COLUMN_NAME AS columnName,
       k.REFERENCED_TABLE_NAME AS parentTable, k.REFERENCED_COLUMN_NAME AS parentColumn,
       r.UPDATE_RULE AS onUpdate, r.DELETE_RULE AS onDelete
     FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
       ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
         AND r.TABLE_NAME = k.TABLE_NAME
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL`,
  );
  const objects = await select(
    `SELECT LOWER(ROUTINE_TYPE) AS kind, ROUTINE_NAME AS name, NULL AS tableName, NULL AS event, NULL AS place,
       DEFINER AS definer, ROUTINE_DEFINITION AS body
     FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
     UNION ALL SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE,
       CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION), ACTION_ORDER, DEFINER, ACTION_STATEMENT
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
     UNION ALL SELECT 'view', TABLE_NAME, NULL, NULL, NULL, DEFINER, NULL
     FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`,
  );
  return {
    tables: tables.map((row) => text(row['name'])),
    columns: columns.map((row) => ({
      table: text(row['tableName']),
      name: text(row['name']),
      type: plainType(text(row['type'])),
      nullable: row['nullable'] === 'YES',
      defaultValue: plainDefault(row['value'] as string | null),
    })),
    indexes: indexes.map((row) => ({
      table: text(row['tableName']),
      name: text(row['name']),
      unique: Number(row['nonUnique']) === 0,
      columns: text(row['names']).split(','),
    })),
    foreignKeys: foreignKeys.map((row) => ({
      table: text(row['tableName']),
      name: text(row['name']),
      column: text(row['columnName']),
      parentTable: text(row['parentTable']),
      parentColumn: text(row['parentColumn']),
      onUpdate: text(row['onUpdate']),
      onDelete: text(row['onDelete']),
    })),
    objects: objects.map((row) => ({
      kind: text(row['kind']) as FoundObject['kind'],
      name: text(row['name']),
      ...(row['tableName'] !== null && { table: text(row['tableName']) }),
      ...(row['event'] !== null && { event: text(row['event']), place: Number(row['place']) }),
      definer: text(row['definer']),
      body: row['body'] === null ? null : text(row['body']),
    })),
  };
}

/** MySQL 8 prints `int unsigned` where MariaDB prints `int(10) unsigned`; only `tinyint(1)` means something (boolean). */
export function plainType(type: string): string {
  return type
    .toLowerCase()
    .replace(/\b(tinyint|smallint|mediumint|int|bigint)\((\d+)\)/, (whole, name: string, width: string) =>
      name === 'tinyint' && width === '1' ? whole : name,
    );
}

/** MariaDB prints defaults as expressions ('x', NULL, current_timestamp()), MySQL as values. */
export function plainDefault(value: string | null): string | null {
  if (value === null || value === 'NULL') return null;
  if (/^current_timestamp(\(\d*\))?$/i.test(value)) return 'CURRENT_TIMESTAMP';
  return value.replace(/^'(.*)'$/s, '$1');
}
