// The demonstration's configuration: the two-sites example, loaded once; a second start keeps what is there.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';

/** Loads the example's statements unless the database is configured already. Returns what happened, for people. */
export async function seedConfiguration(pool: Pool, examples: string): Promise<string> {
  const [[configured]] = (await pool.query(
    'SELECT (SELECT COUNT(*) FROM dhcp4_subnet) AS subnets, (SELECT COUNT(*) FROM dhcp4_server) - 1 AS edges',
  )) as unknown as [[RowDataPacket & { subnets: number; edges: number }]];
  if (Number(configured.subnets) > 0) {
    return `   kept: ${configured.subnets} subnet(s), ${configured.edges} edge tag(s) of an earlier start`;
  }
  const file = join(examples, 'two-sites-one-pool', 'config.sql');
  await pool.query(await readFile(file, 'utf8'));
  // The simulated clients sit behind a relay on loopback.
  await pool.query(`UPDATE dhcp4_subnet SET relay = '["127.0.0.1"]'`);
  return `   loaded ${file}: plain INSERT statements, no procedure`;
}
