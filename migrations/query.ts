// Rows of a raw statement, typed once for all migrations.
import type { Knex } from 'knex';

/** The caller says what the columns are; mysql2 answers `[rows, fields]`. */
export async function queryRows<Row>(
  knex: Knex,
  sql: string,
  bindings: readonly Knex.Value[] = [],
): Promise<Row[]> {
  const [rows] = (await knex.raw(sql, bindings)) as unknown as [Row[], unknown];
  return rows;
}
