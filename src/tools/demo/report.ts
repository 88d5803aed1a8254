// What the demonstration reads back from the database, as table rows.
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { parseIpv6 } from '../../addr/ipv6.ts';

async function select(pool: Pool, sql: string, values: (string | number)[] = []): Promise<RowDataPacket[]> {
  const [rows] = await pool.query<RowDataPacket[]>(sql, values);
  return rows;
}

/** instance, family, state, applied epoch, last contact. */
export async function edgeRows(pool: Pool): Promise<string[][]> {
  const rows = await select(
    pool,
    `SELECT instance, CONCAT('v', family) AS family, state, applied_epoch, DATE_FORMAT(last_contact, '%Y-%m-%d %T') AS contact
       FROM fleet_server ORDER BY instance, family`,
  );
  return rows.map((row) =>
    [row['instance'], row['family'], row['state'], row['applied_epoch'], row['contact']].map((cell) =>
      String(cell ?? '–'),
    ),
  );
}

/** lease, whose it is (hardware address or DUID), subnet, expiry: the newest of each kind. */
export async function leaseRows(pool: Pool, limit: number): Promise<string[][]> {
  const newest = (what: string, whose: string, from: string): string =>
    `(SELECT ${what} AS lease, HEX(${whose}) AS client, subnet_id, expire FROM ${from} AND state = 0
       ORDER BY expire DESC, address LIMIT ?)`;
  const rows = await select(
    pool,
    [
      newest('INET_NTOA(address)', 'hwaddr', 'lease4 WHERE TRUE'),
      newest('INET6_NTOA(address)', 'duid', 'lease6 WHERE lease_type = 0'),
      newest(`CONCAT(INET6_NTOA(address), '/', prefix_len)`, 'duid', 'lease6 WHERE lease_type = 2'),
    ].join('\nUNION ALL '),
    [limit, limit, limit],
  );
  return rows.map((row) => [
    String(row['lease']),
    String(row['client'])
      .replaceAll(/(..)(?!$)/g, '$1:')
      .toLowerCase(),
    String(row['subnet_id']),
    `${String(row['expire'])} UTC`,
  ]);
}

/** In force, of both families. */
export async function countLeases(pool: Pool): Promise<number> {
  const [row] = await select(
    pool,
    `SELECT (SELECT COUNT(*) FROM lease4 WHERE state = 0) + (SELECT COUNT(*) FROM lease6 WHERE state = 0) AS leases`,
  );
  return Number(row!['leases']);
}

/** Pools of each subnet, size, leased, share in use; leased comes from the counters, not from counting rows. */
export async function poolRows(pool: Pool): Promise<string[][]> {
  const leased = (table: string, type: string): string =>
    `COALESCE((SELECT SUM(t.leases) FROM ${table} t WHERE t.subnet_id = p.subnet_id${type} AND t.state IN (0, 1)), 0) AS leased`;
  const addresses4 = await select(
    pool,
    `SELECT CONCAT(INET_NTOA(start_address), ' - ', INET_NTOA(end_address)) AS pool, subnet_id,
            end_address - start_address + 1 AS size, ${leased('lease4_stat', '')} FROM dhcp4_pool p ORDER BY id`,
  );
  const addresses6 = await select(
    pool,
    `SELECT CONCAT(start_address, ' - ', end_address) AS pool, subnet_id, start_address, end_address,
            ${leased('lease6_stat', ' AND t.lease_type = 0')} FROM dhcp6_pool p ORDER BY id`,
  );
  const prefixes = await select(
    pool,
    `SELECT CONCAT(prefix, '/', prefix_length, ' in /', delegated_prefix_length) AS pool, subnet_id,
            prefix_length, delegated_prefix_length, ${leased('lease6_stat', ' AND t.lease_type = 2')} FROM dhcp6_pd_pool p ORDER BY id`,
  );
  return [
    ...bySubnet(addresses4, (row) => BigInt(String(row['size']))),
    ...bySubnet(
      addresses6,
      (row) => parseIpv6(String(row['end_address'])) - parseIpv6(String(row['start_address'])) + 1n,
    ),
    ...bySubnet(prefixes, (row) => 1n << BigInt(row['delegated_prefix_length'] - row['prefix_length'])),
  ];
}

/** Leases are counted for a subnet, so its pools share a row. */
function bySubnet(rows: readonly RowDataPacket[], sizeOf: (row: RowDataPacket) => bigint): string[][] {
  const subnets = new Map<number, RowDataPacket[]>();
  for (const row of rows)
    subnets.set(Number(row['subnet_id']), [...(subnets.get(Number(row['subnet_id'])) ?? []), row]);
  return [...subnets].map(([id, pools]) => {
    const size = pools.reduce((sum, row) => sum + sizeOf(row), 0n);
    const leased = Number(pools[0]!['leased']);
    const used = `${((100 * leased) / Number(size)).toFixed(1)} %`;
    return [
      String(id),
      pools.map((row) => String(row['pool'])).join(', '),
      String(size),
      String(leased),
      used,
    ];
  });
}
