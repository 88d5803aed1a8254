// A batch's packet taken apart: what another server does between two of its statements never shows in the counters.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import { writePacket } from '../../src/store/mysql/write-sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { client4, hostAddress, lease4 } from './leases.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test('a row that comes after the locks and goes before the insert leaves the counters exact', async () => {
  // One row that is there and is locked, one that is not.
  const writes = [0, 1].map((n) => ({ verb: 'claim', client: client4(n), lease: lease4(n) }) as const);
  await database.pool.query(writePacket(lease4Sql, writes.slice(0, 1), true).sql);
  const statements = writePacket(lease4Sql, writes, true).sql.split(';\n');
  const afterLocks = statements.findIndex((sql) => sql.endsWith('FOR UPDATE')) + 1;
  const atInsert = statements.findIndex((sql) => sql.startsWith('INSERT INTO lease4 ('));
  assert.ok(afterLocks > 0 && atInsert > afterLocks, 'the packet locks first and inserts later');
  const server = await database.pool.getConnection();
  try {
    for (const sql of statements.slice(0, afterLocks)) await server.query(sql);
    const address = hostAddress(1);
    await database.pool.query(
      "INSERT INTO lease4 (address, hwaddr, subnet_id, state, valid_lifetime, expire) VALUES (?, X'AA', 1, 0, 60, NOW())",
      [address],
    );
    for (const sql of statements.slice(afterLocks, atInsert)) await server.query(sql);
    await database.pool.query('DELETE FROM lease4 WHERE address = ?', [address]);
    for (const sql of statements.slice(atInsert)) await server.query(sql);
  } finally {
    server.release();
  }
  const [rows] = await database.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM lease4');
  assert.equal(Number(rows[0]!['n']), 2);
  await assertStatisticsEqualRecount(database.pool);
});
