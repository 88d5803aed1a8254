// What the demonstration reads back from the database, as table rows.
import type { Pool, RowDataPacket } from 'mysql2/promise';

async function select(pool: Pool, sql: string, values: (string | number)[] = []): Promise<RowDataPacket[]> {
  const [rows] = await pool.query<RowDataPacket[]>(sql, values);
  return rows;
}

/** instance, tag, state, applied epoch, last contact. */
export async function edgeRows(pool: Pool): Promise<string[][]> {
  const rows = await select(
    pool,
    'SELECT instance, tag, state, applied_epoch, last_contact FROM fleet_server WHERE family = 4 ORDER BY instance',
  );
  return rows.map((row) =>
    [row['instance'], row['tag'], row['state'], row['applied_epoch'], row['last_contact']].map((cell) =>
      String(cell ?? '–'),
    ),
  );
}

/** address, hardware address, subnet, expiry: the newest leases. */
export async function leaseRows(pool: Pool, limit: number): Promise<string[][]> {
  const rows = await select(
    pool,
    'SELECT INET_NTOA(address) AS address, HEX(hwaddr) AS hwaddr, subnet_id, expire FROM lease4 WHERE state = 0 ORDER BY expire DESC, address LIMIT ?',
    [limit],
  );
  return rows.map((row) => [
    String(row['address']),
    String(row['hwaddr'])
      .replaceAll(/(..)(?!$)/g, '$1:')
      .toLowerCase(),
    String(row['subnet_id']),
    `${String(row['expire'])} UTC`,
  ]);
}

export async function countLeases(pool: Pool): Promise<number> {
  const [row] = await select(pool, 'SELECT COUNT(*) AS leases FROM lease4 WHERE state = 0');
  return Number(row!['leases']);
}

/** subnet, pool, size, leased, share in use; leased comes from the counters, not from counting rows. */
export async function poolRows(pool: Pool): Promise<string[][]> {
  const rows = await select(
    pool,
    `SELECT s.subnet_prefix, GROUP_CONCAT(CONCAT(INET_NTOA(p.start_address), ' - ', INET_NTOA(p.end_address)) ORDER BY p.start_address SEPARATOR ', ') AS pools,
            SUM(p.end_address - p.start_address + 1) AS size,
            COALESCE((SELECT SUM(t.leases) FROM lease4_stat t WHERE t.subnet_id = s.subnet_id AND t.state IN (0, 1)), 0) AS leased
       FROM dhcp4_subnet s JOIN dhcp4_pool p ON p.subnet_id = s.subnet_id GROUP BY s.subnet_id, s.subnet_prefix ORDER BY s.subnet_id`,
  );
  return rows.map((row) => {
    const [size, leased] = [Number(row['size']), Number(row['leased'])];
    return [
      String(row['subnet_prefix']),
      String(row['pools']),
      String(size),
      String(leased),
      `${((100 * leased) / size).toFixed(1)} %`,
    ];
  });
}
