// The demonstration's configuration: the dual-stack example, loaded once; a second start keeps what is there.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Family } from '../../addr/family.ts';
import { shownPath } from './shown-path.ts';

export const exampleFolder = 'dual-stack';

/** Loads a family's statements unless it is configured already. Returns what happened, for people. */
export async function seedConfiguration(
  pool: Pool,
  family: Family,
  options: { readonly examples: string; readonly interface: string | null },
): Promise<string> {
  const [[configured]] = (await pool.query(
    `SELECT (SELECT COUNT(*) FROM dhcp${family}_subnet) AS subnets, (SELECT COUNT(*) FROM dhcp${family}_server) - 1 AS edges`,
  )) as unknown as [[RowDataPacket & { subnets: number; edges: number }]];
  if (Number(configured.subnets) > 0) {
    return `   kept: ${configured.subnets} DHCPv${family} subnet(s), ${configured.edges} edge tag(s) of an earlier start`;
  }
  const file = join(options.examples, exampleFolder, `config-dhcp${family}.sql`);
  await pool.query(await readFile(file, 'utf8'));
  // The simulated clients of DHCPv4 sit behind a relay on loopback; real ones are on the link.
  if (family === 4) await pool.query(`UPDATE dhcp4_subnet SET relay = '["127.0.0.1"]'`);
  if (options.interface !== null) {
    await pool.query(`UPDATE dhcp${family}_subnet SET interface = ?`, [options.interface]);
  }
  return `   loaded ${shownPath(file)}: plain INSERT statements, no procedure`;
}
