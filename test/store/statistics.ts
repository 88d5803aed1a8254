// Recounts leases and compares with the statistics tables: they must be equal after every commit.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, RowDataPacket } from 'mysql2/promise';

const settleMs = 10_000;
const busySessions = `SELECT p.id FROM information_schema.processlist AS p
  LEFT JOIN information_schema.innodb_trx AS t ON t.trx_mysql_thread_id = p.id
  WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() AND (p.command <> 'Sleep' OR t.trx_id IS NOT NULL)`;

/**
 * Waits until nobody else works in this database. A server that was killed may have handed its last batch over: the
 * database still runs it, holds its locks and commits it. Throws when that takes longer than 10 s.
 */
export async function waitUntilSettled(pool: Pool): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const [busy] = await pool.query<RowDataPacket[]>(busySessions);
    if (busy.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`sessions ${busy.map(({ id }) => String(id)).join(', ')} are still at work`);
    await sleep(10);
  }
}

const classesOf = (
  table: string,
  keys: string,
): string => `SELECT j.client_class${keys}, COUNT(*) AS leases FROM ${table} AS l,
    JSON_TABLE(IF(l.user_context LIKE '%client-classes%', l.user_context, '{}'),
    '$.ISC."client-classes"[*]' COLUMNS (client_class VARCHAR(128) PATH '$')) AS j WHERE l.state = 0 GROUP BY j.client_class${keys}`;
const count = (table: string, keys: string, states: string): string =>
  `SELECT ${keys}, COUNT(*) AS leases FROM ${table} WHERE state IN (${states}) GROUP BY ${keys}`;

const comparisons = {
  lease4_stat: count('lease4', 'subnet_id, state', '0, 1'),
  lease4_pool_stat: count('lease4', 'subnet_id, pool_id, state', '0, 1'),
  lease4_stat_by_client_class: classesOf('lease4', ''),
  lease6_stat: count('lease6', 'subnet_id, lease_type, state', '0, 1, 4'),
  lease6_pool_stat: count('lease6', 'subnet_id, pool_id, lease_type, state', '0, 1'),
  lease6_stat_by_client_class: classesOf('lease6', ', l.lease_type'),
} as const;

/**
 * In one consistent snapshot: a server that was killed may have handed its last batch over, which the database then
 * commits while we look.
 */
export async function assertStatisticsEqualRecount(pool: Pool): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query(
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
    );
    for (const [table, recount] of Object.entries(comparisons)) {
      const [kept] = await connection.query<RowDataPacket[]>(`SELECT * FROM ${table} WHERE leases > 0`);
      const [counted] = await connection.query<RowDataPacket[]>(recount);
      const asText = (rows: RowDataPacket[]): string[] =>
        rows.map((row) => JSON.stringify(Object.values(row).map(String))).sort();
      assert.deepEqual(asText(kept), asText(counted), table);
    }
    await connection.query('COMMIT');
  } finally {
    connection.release();
  }
}
