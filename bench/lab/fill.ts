// Leases put into a database or a lease file before a server starts: as many as a measurement needs, in seconds.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Pool } from 'mysql2/promise';
import { formatIpv4 } from '../../src/addr/ipv4.ts';

export interface FillOptions {
  /** Address of the first lease; the others follow. */
  readonly first: number;
  readonly count: number;
  /** Subnet of a lease by its number. */
  readonly subnetOf: (n: number) => number;
  /** Of each so many addresses the middle one stays free. */
  readonly freeOf?: number;
}

const chunk = 5_000;
const lifetime = 86_400;

/** Plain rows, as any program would insert them; the triggers of the schema count them. */
export async function fillDatabase(pool: Pool, database: string, options: FillOptions): Promise<void> {
  const { freeOf } = options;
  const isTaken = (n: number): boolean => freeOf === undefined || n % freeOf !== freeOf >> 1;
  for (let from = 0; from < options.count; from += chunk) {
    const numbers = Array.from({ length: Math.min(chunk, options.count - from) }, (_, i) => from + i);
    const rows = numbers.filter(isTaken).map((n) => {
      return `(${options.first + n},X'${macOf(n)}',${lifetime},DATE_ADD(NOW(),INTERVAL ${lifetime} SECOND),${options.subnetOf(n)},0,0,'',0)`;
    });
    await pool.query(
      `INSERT INTO ${database}.lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state) VALUES ${rows.join(',')}`,
    );
  }
}

/** In the form that both servers read. */
export async function fillLeaseFile(path: string, options: FillOptions): Promise<void> {
  const file = createWriteStream(path);
  file.write(
    'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n',
  );
  const expire = Math.floor(Date.now() / 1000) + lifetime;
  for (let n = 0; n < options.count; n++) {
    const mac = macOf(n).match(/../g)!.join(':');
    const row = `${formatIpv4(options.first + n)},${mac},,${lifetime},${expire},${options.subnetOf(n)},0,0,,0,,0\n`;
    if (!file.write(row)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

const macOf = (n: number): string => (0x06aa_0000_0000 + n).toString(16).padStart(12, '0');
