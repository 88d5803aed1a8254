// Claims of rows that are as their writers saw them: inserts and updates of plain values, checked by keys and counts.
import { escape } from 'mysql2';
import { infiniteLifetime, leaseState, type Lease } from '../lease.ts';
import { ownedBy } from '../lease-owner.ts';
import type { LeaseWrite } from '../lease-store.ts';
import type { LeaseField, LeaseSql } from './lease-sql.ts';
import { addedLeases, mayHaveClasses } from './statistics-sql.ts';
import { lastTimestamp } from './write-sql.ts';

export type Claim<L extends Lease> = Extract<LeaseWrite<L>, { readonly verb: 'claim' }>;

export interface ClaimPacket {
  readonly sql: string;
  /** How many results it has, and which of them is the clock. */
  readonly results: number;
  readonly clockAt: number;
  /** Which results update rows, and how many rows they must have matched together: else some were not as they were seen. */
  readonly updatesAt: readonly number[];
  readonly updates: number;
}

/** What a claim does to the row that was seen. */
type Kind = 'insert' | 'renew' | 'overwrite';

/**
 * Whether the claim can go the short way: its writer looked, and saw no row, the client's own valid row, or one that
 * everybody may have. Whether that is still so, the packet finds out.
 */
export function isForeseen<L extends Lease>(write: LeaseWrite<L>): write is Claim<L> {
  if (write.verb !== 'claim' || write.seen === undefined || write.alsoRemove !== undefined) return false;
  const { seen, lease } = write;
  if (mayHaveClasses(lease)) return false;
  if (seen === null) return true;
  if (mayHaveClasses(seen)) return false;
  if (seen.state === leaseState.default) return ownedBy(seen, write.client);
  return seen.state === leaseState.expiredReclaimed || seen.state === leaseState.released;
}

/**
 * `claims`: foreseen ones ({@link isForeseen}) that share no address and no client. Rows that only live longer are
 * updated where they are still as they were seen. Rows to be overwritten are deleted where they are as they were seen,
 * and inserted anew beside the new ones. A row that came, went or changed meanwhile makes the whole packet fail, with a
 * duplicate key or with a subquery of two rows, or is missing among the updated ones: write-sql.ts decides then.
 */
export function claimPacket<L extends Lease>(
  table: LeaseSql<L>,
  claims: readonly Claim<L>[],
  ownStatistics: boolean,
  /** Whether the database knows INSERT … RETURNING: then a lone insert is one statement with one result. */
  returning: boolean,
): ClaimPacket {
  const sorted = [...claims].sort((a, b) => (a.lease.address < b.lease.address ? -1 : 1));
  const renewals: Claim<L>[] = [];
  const overwrites: Claim<L>[] = [];
  const inserts: Claim<L>[] = [];
  for (const claim of sorted) {
    const kind = kindOf(table, claim);
    if (kind === 'overwrite') overwrites.push(claim);
    (kind === 'renew' ? renewals : inserts).push(claim);
  }
  const statements: string[] = [];
  const add = (sql: string): number => statements.push(sql) - 1;

  const updates = renewalUpdates(table, renewals);
  // One row is cheapest counted by the triggers: a claim then has three statements instead of eight.
  const counts = ownStatistics && (claims.length > 1 || overwrites.length > 0);
  // One statement is a transaction of its own.
  const isOne =
    inserts.length === 0 ? updates.length === 1 : updates.length === 0 && overwrites.length === 0 && !counts;
  if (returning && isOne && inserts.length === 1) {
    const sql = `${insertOf(table, inserts, 'UNIX_TIMESTAMP()')} RETURNING UNIX_TIMESTAMP()`;
    return { sql, results: 1, clockAt: 0, updatesAt: [], updates: 0 };
  }
  add(`SET ${counts ? '@fleet_statistics_off = 1, ' : ''}@fleet_now = UNIX_TIMESTAMP()`);
  if (!isOne) add('START TRANSACTION');
  if (overwrites.length > 0) {
    // Two rows where one may be is an error, which rolls back.
    add(`DELETE FROM ${table.table} WHERE ${areAsSeen(table, overwrites)}`);
    add(`SET @fleet_gone = IF(ROW_COUNT() = ${overwrites.length}, 0, (SELECT 1 UNION SELECT 2))`);
  }
  if (inserts.length > 0) add(insertOf(table, inserts, clock));
  const updatesAt = updates.map(add);
  if (counts) {
    const before = overwrites.map(({ seen }) => seen!);
    for (const sql of addedLeases(
      table,
      inserts.map(({ lease }) => lease),
      before,
    ))
      add(sql);
    add('SET @fleet_statistics_off = NULL');
  }
  if (!isOne) add('COMMIT');
  const clockAt = add('SELECT @fleet_now');
  return {
    sql: statements.join(';\n'),
    results: statements.length,
    clockAt,
    updatesAt,
    updates: renewals.length,
  };
}

/** The claim only makes the row live longer. */
export function isRenewal<L extends Lease>(table: LeaseSql<L>, claim: Claim<L>): boolean {
  return kindOf(table, claim) === 'renew';
}

/** The row is what a packet at `now` (seconds) made of the one that was seen. */
export function isRenewed<L extends Lease>(
  table: LeaseSql<L>,
  { lease }: Claim<L>,
  row: L | null,
  now: number,
): boolean {
  return row?.cltt === now && table.fields.every((field) => field.cell(row) === field.cell(lease));
}

function kindOf<L extends Lease>(table: LeaseSql<L>, { lease, seen }: Claim<L>): Kind {
  if (!seen) return 'insert';
  if (seen.state !== leaseState.default) return 'overwrite';
  const same = table.fields.every(
    (field) => field.column === 'valid_lifetime' || field.cell(seen) === field.cell(lease),
  );
  return same ? 'renew' : 'overwrite';
}

/** One statement for each lifetime. */
function renewalUpdates<L extends Lease>(table: LeaseSql<L>, renewals: readonly Claim<L>[]): string[] {
  const byLifetime = new Map<number, Claim<L>[]>();
  for (const claim of renewals) {
    const { validLifetime } = claim.lease;
    const list = byLifetime.get(validLifetime);
    if (list) list.push(claim);
    else byLifetime.set(validLifetime, [claim]);
  }
  return Array.from(
    byLifetime,
    ([lifetime, list]) =>
      `UPDATE ${table.table} SET expire = ${expireIn(lifetime, clock)}, valid_lifetime = ${lifetime} WHERE ${areAsSeen(table, list)}`,
  );
}

/**
 * The addresses as a range of the key, and of those rows the ones that nobody changed. Each row is compared as one text:
 * a term for every column takes the database longer to read than the rows take to update.
 */
function areAsSeen<L extends Lease>(table: LeaseSql<L>, claims: readonly Claim<L>[]): string {
  const columns = [table.addressText(table.table)];
  for (const { column, type } of table.fields)
    columns.push(isNumber(type) ? `COALESCE(${column}, 0)` : `COALESCE(HEX(${column}), '')`);
  columns.push('COALESCE(UNIX_TIMESTAMP(expire), 0)');
  const rows = claims.map(({ seen }) => `_binary'${textOf(table, seen!)}'`);
  const addresses = claims.map(({ lease }) => table.addressLiteral(lease.address));
  return `address IN (${addresses.join(',')}) AND CONCAT_WS(',', ${columns.join(', ')}) IN (${rows.join(',')})`;
}

/** The row as {@link areAsSeen} writes it. */
function textOf<L extends Lease>(table: LeaseSql<L>, lease: L): string {
  let text = String(table.addressField.cell(lease.address));
  for (const field of table.fields) text += `,${cellText(field, lease)}`;
  return `${text},${lease.cltt + (lease.validLifetime === infiniteLifetime ? 0 : lease.validLifetime)}`;
}

function cellText<L extends Lease>(field: LeaseField<L>, lease: L): string {
  const cell = field.cell(lease);
  if (cell === null) return isNumber(field.type) ? '0' : '';
  if (typeof cell === 'number') return String(cell);
  return (field.isHex ? cell : Buffer.from(cell).toString('hex')).toUpperCase();
}

/** `now`: SQL of the clock. */
function insertOf<L extends Lease>(table: LeaseSql<L>, claims: readonly Claim<L>[], now: string): string {
  const columns = ['address', 'expire', ...table.fields.map(({ column }) => column)];
  const rows = claims.map(({ lease }) => {
    const values = table.fields.map((field) => literalOf(field, lease));
    return `(${[table.addressLiteral(lease.address), expireIn(lease.validLifetime, now), ...values].join(',')})`;
  });
  return `INSERT INTO ${table.table} (${columns.join(', ')}) VALUES ${rows.join(',')}`;
}

function literalOf<L extends Lease>(field: LeaseField<L>, lease: L): string {
  const cell = field.cell(lease);
  if (cell === null) return 'NULL';
  if (typeof cell === 'number') return String(cell);
  return field.isHex ? `X'${cell}'` : escape(cell);
}

const isNumber = (type: string): boolean => type.includes('INT');

/** An infinite lease has expire = cltt. */
const expireIn = (lifetime: number, now: string): string =>
  lifetime === infiniteLifetime
    ? `FROM_UNIXTIME(${now})`
    : `FROM_UNIXTIME(LEAST(${now} + ${lifetime}, ${lastTimestamp}))`;

const clock = '@fleet_now';
