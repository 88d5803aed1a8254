// Makes the tables and seed rows of the contract, or adopts those that Kea's own script made without touching a row.
import type { Knex } from 'knex';
import { columnDefinition, contractTables, createTableStatement } from './contract.ts';
import { queryRows } from './query.ts';
import { seedRows } from './seed-rows.ts';

export async function up(knex: Knex): Promise<void> {
  await useUtf8mb4(knex);
  for (const table of contractTables) await knex.raw(createTableStatement(table));
  await giveTimesADefault(knex);
  for (const { table, columns, rows } of seedRows) {
    const present = await queryRows<{ seed: string | number }>(
      knex,
      `SELECT \`${columns[0]!}\` AS seed FROM \`${table}\``,
    );
    // Even an INSERT that finds its row there already would fire the audit triggers that Kea's script made.
    const missing = rows.filter((row) => !present.some(({ seed }) => String(seed) === String(row[0])));
    if (missing.length === 0) continue;
    const names = columns.map((column) => `\`${column}\``).join(', ');
    const values = missing.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
    await knex.raw(`INSERT INTO \`${table}\` (${names}) VALUES ${values}`, missing.flat());
  }
}

/** A new database gets utf8mb4; one with tables in it keeps what it has. */
async function useUtf8mb4(knex: Knex): Promise<void> {
  const [found] = await queryRows<{ charset: string; tables: number }>(
    knex,
    `SELECT @@character_set_database AS charset, (SELECT COUNT(*) FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_name = 'schema_version') AS tables`,
  );
  if (found !== undefined && found.charset !== 'utf8mb4' && Number(found.tables) === 0)
    await knex.raw('ALTER DATABASE CHARACTER SET utf8mb4');
}

/** Kea's script leaves most modification_ts without a default, which plain INSERTs need. Changes no row. */
async function giveTimesADefault(knex: Knex): Promise<void> {
  const rows = await queryRows<{ table: string; col: string }>(
    knex,
    `SELECT table_name AS \`table\`, column_name AS col FROM information_schema.columns
     WHERE table_schema = DATABASE() AND column_name = 'modification_ts' AND is_nullable = 'NO'
       AND column_default IS NULL`,
  );
  for (const { table, col } of rows) {
    const column = contractTables
      .find(({ name }) => name === table)
      ?.columns.find(({ name }) => name === col);
    if (column !== undefined)
      await knex.raw(`ALTER TABLE \`${table}\` MODIFY COLUMN ${columnDefinition(column)}`);
  }
}
