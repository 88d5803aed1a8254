// A whole database as one SQL text: tables, rows, routines, triggers and views, to be loaded again in one packet.
import type { Connection, RowDataPacket } from 'mysql2/promise';

type Row = Record<string, string | number | Buffer | null>;

/** Statements that make the same database in an empty one, whatever its name. */
export async function dumpDatabase(connection: Connection, database: string): Promise<string> {
  const quoted = `\`${database}\``;
  const unqualified = (sql: string): string => sql.replaceAll(`${quoted}.`, '');
  const show = async (sql: string, column: string): Promise<string> => {
    const [row] = await select(connection, sql);
    // MySQL keeps the semicolon that ended a routine loaded among other statements.
    const text = unqualified(String(row![column])).replace(/;\s*$/, '');
    // Whoever loads it becomes the definer, and needs no right to name another.
    return text.replace(/^(CREATE .*?)DEFINER=`[^`]*`@`[^`]*` /, '$1');
  };
  const objects = await select(
    connection,
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME',
    [database],
  );
  const tables = objects.filter((row) => row['type'] === 'BASE TABLE').map((row) => String(row['name']));
  const views = objects.filter((row) => row['type'] === 'VIEW').map((row) => String(row['name']));
  const statements = ['SET foreign_key_checks = 0, unique_checks = 0'];
  for (const table of tables)
    statements.push(await show(`SHOW CREATE TABLE ${quoted}.\`${table}\``, 'Create Table'));
  for (const table of tables) statements.push(...(await rowsOf(connection, database, table)));
  for (const kind of ['FUNCTION', 'PROCEDURE'] as const) {
    const routines = await select(
      connection,
      'SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = ?',
      [database, kind],
    );
    const column = kind === 'FUNCTION' ? 'Create Function' : 'Create Procedure';
    for (const { name } of routines) {
      const sql = `SHOW CREATE ${kind} ${quoted}.\`${String(name)}\``;
      statements.push(await modeOf(connection, sql), await show(sql, column));
    }
  }
  for (const view of await viewsInOrder(connection, database, views)) {
    statements.push(await show(`SHOW CREATE VIEW ${quoted}.\`${view}\``, 'Create View'));
  }
  const triggers = await select(
    connection,
    'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ' +
      'ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER',
    [database],
  );
  for (const { name } of triggers) {
    const sql = `SHOW CREATE TRIGGER ${quoted}.\`${String(name)}\``;
    statements.push(await modeOf(connection, sql), await show(sql, 'SQL Original Statement'));
  }
  statements.push('SET foreign_key_checks = 1, unique_checks = 1');
  const once = statements.filter(
    (text, index) => !text.startsWith('SET sql_mode') || text !== lastMode(index),
  );
  return once.join(';\n');

  function lastMode(index: number): string | undefined {
    return statements.slice(0, index).findLast((text) => text.startsWith('SET sql_mode'));
  }
}

/** Routines and triggers keep the sql_mode they were made under. */
async function modeOf(connection: Connection, showCreate: string): Promise<string> {
  const [row] = await select(connection, showCreate);
  return `SET sql_mode = ${connection.escape(String(row!['sql_mode']))}`;
}

async function rowsOf(connection: Connection, database: string, table: string): Promise<string[]> {
  const columns = await select(
    connection,
    'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ' +
      "AND EXTRA NOT LIKE '%GENERATED%' OR (TABLE_SCHEMA = ? AND TABLE_NAME = ? AND EXTRA LIKE 'DEFAULT_GENERATED%') " +
      'ORDER BY ORDINAL_POSITION',
    [database, table, database, table],
  );
  const names = columns.map((row) => `\`${String(row['name'])}\``).join(', ');
  const rows = await select(connection, `SELECT ${names} FROM \`${database}\`.\`${table}\``);
  if (rows.length === 0) return [];
  const values = rows.map(
    (row) =>
      `(${Object.values(row)
        .map((value) => connection.escape(value))
        .join(', ')})`,
  );
  return [`INSERT INTO \`${table}\` (${names}) VALUES\n${values.join(',\n')}`];
}

/** A view may read another view: that one comes first. */
async function viewsInOrder(connection: Connection, database: string, views: string[]): Promise<string[]> {
  const texts = new Map<string, string>();
  for (const view of views) {
    const [row] = await select(connection, `SHOW CREATE VIEW \`${database}\`.\`${view}\``);
    texts.set(view, String(row!['Create View']));
  }
  const ordered: string[] = [];
  const add = (view: string): void => {
    if (ordered.includes(view)) return;
    const text = texts.get(view)!;
    for (const other of views)
      if (other !== view && text.includes(`\`${database}\`.\`${other}\``)) add(other);
    ordered.push(view);
  };
  views.forEach(add);
  return ordered;
}

async function select(connection: Connection, sql: string, values: unknown[] = []): Promise<Row[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  return rows;
}
