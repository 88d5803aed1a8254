// Lease statistics of one batch: counted from the rows before and after it, added in one statement per table at its end.
import { escape } from 'mysql2';
import type { Lease } from '../lease.ts';
import type { LeaseSql } from './lease-sql.ts';

/**
 * While `@fleet_statistics_off` is 1 the lease triggers do not count; these statements do it for the whole batch.
 * They come last because the counter row of a busy subnet is what servers wait for: its lock then lasts only for the
 * commit, and a batch of renewals, which changes no number, never takes it. Keys ascending, as every batch does.
 * `bringsClasses`: some row of the batch may list client classes in its context.
 */
export function statisticsStatements<L extends Lease>(
  table: LeaseSql<L>,
  rowsAfter: string,
  bringsClasses: boolean,
): string[] {
  const { table: name, statKeys } = table;
  const types = statKeys.map((key, i) => `${key} TINYINT PATH '$[${i + 4}]'`);
  const source =
    `JSON_TABLE(@fleet_delta, '$[*]' COLUMNS (subnet_id INT UNSIGNED PATH '$[0]', pool_id INT UNSIGNED PATH '$[1]', ` +
    `state INT UNSIGNED PATH '$[2]', n BIGINT PATH '$[3]'${types.map((type) => `, ${type}`).join('')}))`;
  const add = (target: string, keys: readonly string[], states: readonly number[]): string => {
    const list = keys.join(', ');
    return (
      `INSERT INTO ${target} (${list}, leases) SELECT ${keys.map((key) => `d.${key}`).join(', ')}, GREATEST(d.n, 0) ` +
      `FROM (SELECT ${list}, SUM(n) AS n FROM ${source} AS j WHERE state IN (${states.join(', ')}) ` +
      `GROUP BY ${list} HAVING SUM(n) <> 0) AS d ORDER BY ${keys.map((key) => `d.${key}`).join(', ')} ` +
      `ON DUPLICATE KEY UPDATE leases = GREATEST(COALESCE(${target}.leases, 0) + d.n, 0)`
    );
  };
  return [
    `SELECT ${groups(table, 1)} INTO @fleet_after ${from(table, rowsAfter)}`,
    `SET @fleet_delta = CONCAT('[', CONCAT_WS(',', @fleet_before, @fleet_after), ']')`,
    add(`${name}_stat`, ['subnet_id', ...statKeys, 'state'], table.countedStates.subnet),
    add(`${name}_pool_stat`, ['subnet_id', 'pool_id', ...statKeys, 'state'], table.countedStates.pool),
    // MySQL calls a variable that was set to NULL binary, which JSON refuses.
    // Without classes before and without a write that brings some there are none after.
    ...onlyIf(bringsClasses ? 'TRUE' : '@fleet_contexts > 0', classDelta(table, rowsAfter)),
  ];
}

/** Counts rows that are new (`added`) or went for them (`removed`): what is known needs no recount. Without classes. */
export function addedLeases<L extends Lease>(
  table: LeaseSql<L>,
  added: readonly L[],
  removed: readonly L[],
): string[] {
  const { table: name, statKeys } = table;
  const count = (target: string, withPool: boolean, states: readonly number[]): string[] => {
    const deltas = new Map<string, number>();
    // Mostly one after the other is counted as the same: they are noted together.
    let run: { readonly lease: L; count: number } | null = null;
    const endRun = (): void => {
      if (!run) return;
      const { lease } = run;
      const types = lease.family === 6 && statKeys.length > 0 ? [lease.type] : [];
      const pool = withPool ? [lease.poolId] : [];
      const key = [lease.subnetId, ...pool, ...types, lease.state].join(',');
      deltas.set(key, (deltas.get(key) ?? 0) + run.count);
    };
    const note = (lease: L, n: 1 | -1): void => {
      if (!states.includes(lease.state)) return;
      if (!run || !isCountedAs(run.lease, lease)) {
        endRun();
        run = { lease, count: 0 };
      }
      run.count += n;
    };
    for (const lease of added) note(lease, 1);
    for (const lease of removed) note(lease, -1);
    endRun();
    const rows = [...deltas].filter(([, n]) => n !== 0).sort(([a], [b]) => compareNumbers(a, b));
    const keys = ['subnet_id', ...(withPool ? ['pool_id'] : []), ...statKeys, 'state'];
    return rows.map(
      ([key, n]) =>
        `INSERT INTO ${target} (${keys.join(', ')}, leases) VALUES (${key},${Math.max(n, 0)}) ` +
        `ON DUPLICATE KEY UPDATE leases = GREATEST(COALESCE(leases, 0) + ${n}, 0)`,
    );
  };
  return [
    ...count(`${name}_stat`, false, table.countedStates.subnet),
    ...count(`${name}_pool_stat`, true, table.countedStates.pool),
  ];
}

const isCountedAs = (a: Lease, b: Lease): boolean =>
  a.subnetId === b.subnetId &&
  a.poolId === b.poolId &&
  a.state === b.state &&
  (a.family === 4 || b.family === 4 || a.type === b.type);

/** Keys of counters in the order that every batch takes them. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.split(',').map(Number), b.split(',').map(Number)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at === -1 ? 0 : left[at]! - right[at]!;
}

/** Whether the row may count for client classes, as the statements here tell it. */
export function mayHaveClasses({ userContext }: Lease): boolean {
  return userContext !== null && JSON.stringify(userContext).includes('client-classes');
}

/** Adds the difference between the classes before (`@fleet_classes_before`) and after the batch. */
function classDelta<L extends Lease>(table: LeaseSql<L>, rowsAfter: string): string {
  const { statKeys } = table;
  const types = statKeys.map((key, i) => `, ${key} TINYINT PATH '$[${i + 2}]'`).join('');
  const keys = ['client_class', ...statKeys].join(', ');
  const target = `${table.table}_stat_by_client_class`;
  return (
    `INSERT INTO ${target} (${keys}, leases) SELECT ${['client_class', ...statKeys].map((key) => `d.${key}`).join(', ')}, GREATEST(d.n, 0) ` +
    `FROM (SELECT ${keys}, SUM(n) AS n FROM (` +
    `SELECT ${keys}, n FROM JSON_TABLE(CONCAT('[', COALESCE(CONVERT(@fleet_classes_before USING utf8mb4), ''), ']'), '$[*]' COLUMNS (` +
    `client_class VARCHAR(128) PATH '$[0]', n BIGINT PATH '$[1]'${types})) AS b ` +
    `UNION ALL SELECT ${['client_class', ...statKeys].map((key) => `c.${key}`).join(', ')}, 1 ${fromClasses(table, rowsAfter)}) AS j ` +
    `GROUP BY ${keys} HAVING SUM(n) <> 0) AS d ORDER BY ${['client_class', ...statKeys].map((key) => `d.${key}`).join(', ')} ` +
    // The column is unsigned and a difference below zero would be an error.
    `ON DUPLICATE KEY UPDATE leases = GREATEST(CAST(${target}.leases AS SIGNED) + d.n, 0)`
  );
}

/**
 * Rows with classes are rare, and looking for them costs more than all the rest of the batch, even in no rows at all:
 * JSON_TABLE makes a temporary table before anything is known to be empty.
 */
function onlyIf(condition: string, sql: string): string[] {
  return [
    `SET @fleet_statement = IF(${condition}, ${escape(sql)}, 'DO 0')`,
    'PREPARE fleet_statement FROM @fleet_statement',
    'EXECUTE fleet_statement',
  ];
}

/** Remembers the counts before the batch. `rows`: WHERE term of the rows that the batch may touch, all locked. */
export function statisticsBefore<L extends Lease>(table: LeaseSql<L>, rows: string): string[] {
  return [
    `SELECT ${groups(table, -1)}, SUM(g.contexts) INTO @fleet_before, @fleet_contexts ${from(table, rows)}`,
    'SET @fleet_classes_before = NULL',
    ...onlyIf(
      '@fleet_contexts > 0',
      `SELECT ${classGroups(table, -1)} INTO @fleet_classes_before ${fromClasses(table, rows)}`,
    ),
  ];
}

/** `[subnet, pool, state, ±count, …]` of each group, comma separated; NULL without rows. */
function groups<L extends Lease>(table: LeaseSql<L>, sign: 1 | -1): string {
  const more = table.statKeys.map((key) => `, ',', g.${key}`).join('');
  return `GROUP_CONCAT(CONCAT('[', g.subnet_id, ',', g.pool_id, ',', g.state, ',', ${sign} * g.n${more}, ']'))`;
}

function from<L extends Lease>(table: LeaseSql<L>, rows: string): string {
  const keys = ['l.subnet_id', 'l.pool_id', 'l.state', ...table.statKeys.map((key) => `l.${key}`)].join(', ');
  const states = table.countedStates.subnet.join(', ');
  return (
    `FROM (SELECT ${keys}, COUNT(*) AS n, SUM(COALESCE(l.user_context LIKE '%client-classes%', 0)) AS contexts FROM ${table.table} AS l FORCE INDEX (PRIMARY) ` +
    `WHERE ${rows} AND l.state IN (${states}) AND l.subnet_id IS NOT NULL GROUP BY ${keys}) AS g`
  );
}

function classGroups<L extends Lease>(table: LeaseSql<L>, sign: 1 | -1): string {
  const more = table.statKeys.map((key) => `, ',', c.${key}`).join('');
  return `GROUP_CONCAT(CONCAT('[', JSON_QUOTE(c.client_class), ',', ${sign}${more}, ']'))`;
}

/** One row per class of each lease in state 0 whose context lists `ISC.client-classes`. */
function fromClasses<L extends Lease>(table: LeaseSql<L>, rows: string): string {
  const keys = table.statKeys.map((key) => `, l.${key}`).join('');
  return (
    `FROM (SELECT j.client_class${keys} FROM ${table.table} AS l FORCE INDEX (PRIMARY), JSON_TABLE(` +
    `IF(l.user_context LIKE '%client-classes%' AND JSON_VALID(l.user_context), l.user_context, '{}'), ` +
    `'$.ISC."client-classes"[*]' COLUMNS (client_class VARCHAR(128) PATH '$')) AS j ` +
    `WHERE ${rows} AND l.state = 0 AND l.user_context IS NOT NULL AND j.client_class IS NOT NULL) AS c`
  );
}
