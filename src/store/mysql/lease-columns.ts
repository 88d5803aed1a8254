// The columns that lease4 and lease6 have in common, and how values become cells that fit.
import { infiniteLifetime, type Lease, type LeaseState } from '../lease.ts';
import type { LeaseField } from './lease-sql.ts';
import { contextOrNull } from './row-values.ts';

export const hwaddrBytes = 20;
const hostnameChars = 255;
const textBytes = 65_535;
const surrogate = /[\ud800-\udfff]/;

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
export const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes ? hex(bytes) : null);
export const asIs = (cell: string): string => cell;
export const unhex = (cell: string): string => `UNHEX(${cell})`;
const contextText = ({ userContext }: Lease): string | null =>
  userContext ? JSON.stringify(userContext) : null;

/** A column of numbers or text. */
export const plain = { sql: asIs, isHex: false };

/** A column of at most so many bytes. */
export function bytesField<L extends Lease>(
  column: string,
  length: number,
  bytes: (lease: L) => Uint8Array | null,
): LeaseField<L> {
  const cell = (lease: L): string | null => hexOrNull(bytes(lease));
  return { column, type: `VARCHAR(${2 * length})`, sql: unhex, isHex: true, cell };
}

export const commonFields: readonly LeaseField<Lease>[] = [
  { column: 'valid_lifetime', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.validLifetime },
  { column: 'subnet_id', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.subnetId },
  { column: 'fqdn_fwd', type: 'TINYINT', ...plain, cell: (lease) => (lease.fqdnFwd ? 1 : 0) },
  { column: 'fqdn_rev', type: 'TINYINT', ...plain, cell: (lease) => (lease.fqdnRev ? 1 : 0) },
  { column: 'hostname', type: 'VARCHAR(255)', ...plain, cell: (lease) => lease.hostname },
  { column: 'state', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.state },
  { column: 'user_context', type: 'TEXT', ...plain, cell: contextText },
  { column: 'pool_id', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.poolId },
];

/** What {@link decodeCommon} reads; a family's own columns follow, from cell {@link ownColumnsAt}. */
export const commonSelectList =
  'l.address, l.valid_lifetime, UNIX_TIMESTAMP(l.expire), l.subnet_id, l.fqdn_fwd, l.fqdn_rev, l.hostname, l.state, ' +
  'l.user_context, l.pool_id';
export const ownColumnsAt = 10;

/** The database keeps `expire` = cltt + lifetime, except for an infinite lease: expire = cltt. */
export function decodeCommon(row: readonly unknown[]) {
  const validLifetime = Number(row[1] ?? 0);
  const expire = Number(row[2] ?? 0);
  return {
    validLifetime,
    cltt: validLifetime === infiniteLifetime ? expire : expire - validLifetime,
    subnetId: Number(row[3] ?? 0),
    fqdnFwd: row[4] === 1,
    fqdnRev: row[5] === 1,
    hostname: (row[6] as string | null) ?? '',
    state: Number(row[7] ?? 0) as LeaseState,
    userContext: contextOrNull(row[8]),
    poolId: Number(row[9]),
  };
}

/** Names of the properties that hold bytes. */
type BytesOf<L> = { [K in keyof L]: L[K] extends Uint8Array | null ? K : never }[keyof L];

/** The lease with everything cut to its column; `bytes`: how many each of these may have. */
export function fitted<L extends Lease>(
  lease: L,
  bytes: readonly (readonly [property: BytesOf<L>, length: number])[],
): { readonly lease: L; readonly cut: boolean } {
  const cuts: Partial<L> = {};
  let cut = false;
  for (const [property, length] of bytes) {
    const value = lease[property] as Uint8Array | null;
    if (value === null || value.length <= length) continue;
    cuts[property] = value.subarray(0, length) as L[typeof property];
    cut = true;
  }
  if (lease.hostname.length > hostnameChars || surrogate.test(lease.hostname)) {
    // Half a surrogate pair is no character to a database: it becomes U+FFFD.
    cuts.hostname = Buffer.from(lease.hostname.slice(0, hostnameChars)).toString();
    cut = true;
  }
  if (Buffer.byteLength(contextText(lease) ?? '') > textBytes) {
    // Half a JSON document is no document.
    cuts.userContext = null;
    cut = true;
  }
  return cut ? { lease: { ...lease, ...cuts }, cut } : { lease, cut };
}
