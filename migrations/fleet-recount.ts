// The routine that recomputes every lease counter and says which were wrong.
import { counters } from './fleet-views.ts';
import { procedure, type StoredObject } from './routine.ts';

/**
 * Answers one row per wrong counter (table_name, row_key, counter, leases), having put them right. Call it outside a
 * transaction. It locks the counters first, which every writer touches last, and only then looks at the leases, in a
 * snapshot that begins after the lock: what a writer commits later it adds to the counters itself.
 */
export function recountStatistics(): StoredObject {
  const lock = counters.map(({ table }) => `SELECT COUNT(*) INTO locked FROM ${table} FOR UPDATE;`);
  const repair = counters.flatMap(({ table, columns, counted }) => {
    const same = columns.map((column) => `s.${column} = n.${column}`).join(' AND ');
    return [
      `INSERT INTO ${table} (${columns.join(', ')}, leases)
    SELECT ${columns.map((column) => `n.${column}`).join(', ')}, n.leases FROM (${counted}) AS n
    ON DUPLICATE KEY UPDATE leases = n.leases;`,
      `UPDATE ${table} AS s LEFT JOIN (${counted}) AS n ON ${same} SET s.leases = 0
    WHERE n.leases IS NULL AND s.leases <> 0;`,
    ];
  });
  return procedure(
    'fleet_recount_statistics',
    [],
    `BEGIN
  DECLARE locked BIGINT;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    ROLLBACK;
    RESIGNAL;
  END;
  COMMIT;
  SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
  START TRANSACTION;
  ${lock.join('\n  ')}
  SELECT d.table_name, d.row_key, d.counter, d.leases FROM fleet_statistics_drift AS d ORDER BY d.table_name, d.row_key;
  ${repair.join('\n  ')}
  COMMIT;
END`,
  );
}
