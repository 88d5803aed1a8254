// The SQL of the documentation runs: each page's ```sql blocks in order, in one session on a fresh database.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { databaseAccess, startDaemon } from '../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const root = resolve(import.meta.dirname, '../..');

interface SqlBlock {
  readonly line: number;
  readonly sql: string;
  /** From the comment on the line before the block: `<!-- sql: … -->`. */
  readonly mark: string;
}

/**
 * Marks: none (runs without an error), `returns a row` (its only statement finds something),
 * `fails N` (refused with that error number), `skip REASON` (needs something that a database alone is not).
 */
function sqlBlocks(page: string): SqlBlock[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/(?:^<!-- sql: (.+?) -->\n)?^```sql\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    mark: match[1] ?? '',
    sql: match[2]!,
  }));
}

async function runBlock(connection: PoolConnection, page: string, block: SqlBlock): Promise<void> {
  const where = `${page}:${block.line}`;
  const refusal = /^fails (\d+)$/.exec(block.mark)?.[1];
  if (refusal !== undefined) {
    await assert.rejects(connection.query(block.sql), { errno: Number(refusal) }, where);
    return;
  }
  assert.match(block.mark, /^(|returns a row|skip .+)$/, `${where}: unknown mark`);
  if (block.mark.startsWith('skip')) return;
  try {
    const [result] = await connection.query(block.sql);
    if (block.mark === 'returns a row')
      assert.ok((result as RowDataPacket[]).length > 0, `${where} finds nothing`);
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}\n${block.sql}`, { cause: error });
  }
}

async function runPage(database: TestDatabase, page: string, before = ''): Promise<number> {
  const connection = await database.pool.getConnection();
  try {
    if (before !== '') await connection.query(before);
    const blocks = sqlBlocks(page);
    for (const block of blocks) await runBlock(connection, page, block);
    return blocks.length;
  } finally {
    connection.destroy();
  }
}

test('every statement of the DBA guide runs, and an edge takes what they leave without a rejection', async () => {
  const database = await createTestDatabase();
  try {
    assert.ok((await runPage(database, 'docs/dba-guide.md')) > 30);
    const access = databaseAccess(database.address);
    const daemon = await startDaemon({
      dhcp4: {
        'server-tag': 'south',
        'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
        'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
        'lease-database': access,
        'hosts-databases': [access],
      },
      args: ['-p', '10467', '--instance', 'guide'],
    });
    try {
      // An edge answers commands a moment before it reports that it serves.
      let edges: RowDataPacket[] = [];
      for (let i = 0; i < 100 && edges[0]?.['state'] !== 'serving'; i++) {
        if (i > 0) await new Promise((resolve) => setTimeout(resolve, 100));
        [edges] = await database.pool.query<RowDataPacket[]>(
          'SELECT s.state, s.up_to_date, (SELECT GROUP_CONCAT(r.object_key, r.reason) FROM fleet_rejection r) AS refused FROM fleet_status s',
        );
      }
      assert.deepEqual(
        edges.map((row) => ({ ...row })),
        [{ state: 'serving', up_to_date: 1, refused: null }],
      );
    } finally {
      await daemon.stop();
    }
  } finally {
    await database.drop();
  }
});

for (const folder of readdirSync(join(root, 'fleet-examples'), { withFileTypes: true })) {
  const example = join('fleet-examples', folder.name);
  if (!folder.isDirectory()) continue;
  const files = readdirSync(join(root, example)).filter((name) => /^config.*\.sql$/.test(name));
  if (files.length === 0) continue;
  test(`the statements to try of ${example} run on its configuration`, async () => {
    const database = await createTestDatabase();
    try {
      const before = files.sort().map((name) => readFileSync(join(root, example, name), 'utf8'));
      assert.ok((await runPage(database, `${example}/README.md`, before.join('\n'))) > 0);
    } finally {
      await database.drop();
    }
  });
}
