// The contract part of a database as sorted lines, types normalised so that both engines print the same.
import type { SchemaDatabase } from './engines.ts';

/** Lines as in contract-v30.golden.tsv. Defaults of modification_ts are left out: ours differ on purpose. */
export async function dumpContract(database: Pick<SchemaDatabase, 'rows'>): Promise<string[]> {
  const text = (value: unknown): string => (value === null ? '' : (value as string | number).toString());
  const lines: string[] = [];
  const add = (...fields: string[]): void => void lines.push(fields.join('\t').replace(/\t+$/, ''));
  const ours = "NOT LIKE 'fleet\\_%'";
  for (const row of await database.rows(
    `SELECT table_name AS t, column_name AS c, column_type AS ty, is_nullable AS n, column_default AS d, extra AS e
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name ${ours}`,
  )) {
    const name = text(row['c']);
    const given = text(row['d']).replace(/^current_timestamp(\(\))?$/i, 'now');
    const extra = /on update/i.test(text(row['e']))
      ? 'on update now'
      : text(row['e']).replace('DEFAULT_GENERATED', '');
    add(
      'column',
      text(row['t']),
      name,
      normalType(text(row['ty'])),
      text(row['n']),
      name === 'modification_ts' ? '-' : given === 'NULL' ? '' : given,
      extra,
    );
  }
  for (const row of await database.rows(
    `SELECT table_name AS t, index_name AS i, non_unique AS u, seq_in_index AS s, column_name AS c
     FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name ${ours}`,
  ))
    add('index', ...['t', 'i', 'u', 's', 'c'].map((field) => text(row[field])));
  for (const row of await database.rows(
    `SELECT k.table_name AS t, k.constraint_name AS n, k.column_name AS c, k.referenced_table_name AS pt,
            k.referenced_column_name AS pc, r.update_rule AS u, r.delete_rule AS d
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
       ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
      AND r.table_name = k.table_name
     WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL`,
  ))
    add('foreign-key', ...['t', 'n', 'c', 'pt', 'pc', 'u', 'd'].map((field) => text(row[field])));
  const parameters = await database.rows(
    `SELECT specific_name AS r, parameter_name AS n, dtd_identifier AS ty FROM information_schema.parameters
     WHERE specific_schema = DATABASE() AND ordinal_position > 0 ORDER BY specific_name, ordinal_position`,
  );
  for (const row of await database.rows(
    `SELECT routine_type AS k, routine_name AS n FROM information_schema.routines
     WHERE routine_schema = DATABASE() AND routine_name ${ours}`,
  ))
    add(
      'routine',
      text(row['k']),
      text(row['n']),
      parameters
        .filter((parameter) => parameter['r'] === row['n'])
        .map((parameter) => `${text(parameter['n'])} ${normalType(text(parameter['ty']))}`)
        .join(', '),
    );
  for (const row of await database.rows(
    `SELECT event_object_table AS t, trigger_name AS n, action_timing AS w, event_manipulation AS e
     FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name ${ours}`,
  ))
    add('trigger', ...['t', 'n', 'w', 'e'].map((field) => text(row[field])));
  return lines.sort();
}

/** MySQL 8 prints no display widths, and both print character sets where a routine names one. */
function normalType(type: string): string {
  return type
    .replace(/\b(tinyint|smallint|int|bigint)\(\d+\)/, '$1')
    .replace(/ (charset|character set) \S+/i, '')
    .replace(/ collate \S+/i, '');
}
