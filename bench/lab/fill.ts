// Leases put into a database or a lease file before a server starts: as many as a measurement needs, in seconds.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Pool } from 'mysql2/promise';
import { formatHex } from '../../src/addr/hex.ts';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { ipv6Bytes } from '../../src/addr/ipv6.ts';

export interface FillOptions {
  /** Address of the first lease; the others follow. */
  readonly first: number;
  readonly count: number;
  /** Subnet of a lease by its number. */
  readonly subnetOf: (n: number) => number;
}

/** Addresses, or delegated prefixes one behind the other. */
export interface DatabaseFill extends Pick<FillOptions, 'count' | 'subnetOf'> {
  readonly first: number | { readonly prefix: bigint; readonly delegatedLength: number };
  /** Of each so many leases the middle one stays free. */
  readonly freeOf?: number;
}

const chunk = 5_000;
const lifetime = 86_400;
const commonColumns = 'valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state';

/** Plain rows, as any program would insert them; the triggers of the schema count them. */
export async function fillDatabase(pool: Pool, database: string, options: DatabaseFill): Promise<void> {
  const { first, freeOf } = options;
  const isTaken = (n: number): boolean => freeOf === undefined || n % freeOf !== freeOf >> 1;
  const { columns, valuesOf } = rowsOf(first);
  for (let from = 0; from < options.count; from += chunk) {
    const numbers = Array.from({ length: Math.min(chunk, options.count - from) }, (_, i) => from + i);
    const rows = numbers.filter(isTaken).map((n) => {
      return `(${valuesOf(n)},${lifetime},DATE_ADD(NOW(),INTERVAL ${lifetime} SECOND),${options.subnetOf(n)},0,0,'',0)`;
    });
    await pool.query(`INSERT INTO ${database}.${columns}, ${commonColumns}) VALUES ${rows.join(',')}`);
  }
}

interface Rows {
  /** The table, and the columns that it alone has. */
  readonly columns: string;
  readonly valuesOf: (n: number) => string;
}

function rowsOf(first: DatabaseFill['first']): Rows {
  if (typeof first === 'number')
    return { columns: 'lease4 (address, hwaddr', valuesOf: (n) => `${first + n},X'${macOf(n)}'` };
  const { prefix, delegatedLength } = first;
  const step = 1n << BigInt(128 - delegatedLength);
  return {
    columns: 'lease6 (address, prefix_len, lease_type, duid, iaid, pref_lifetime',
    valuesOf(n) {
      const address = formatHex(ipv6Bytes(prefix + BigInt(n) * step), '');
      return `X'${address}',${delegatedLength},2,X'00030001${macOf(n)}',1,${lifetime}`;
    },
  };
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
