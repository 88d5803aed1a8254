// Free addresses and prefixes of nearly full pools: the gaps between taken rows, window by window along the primary key.
import { unitAt, unitsIn } from '../../addr/address-units.ts';
import type { Address } from '../../addr/family.ts';
import { infiniteLifetime, type Lease } from '../lease.ts';
import type { AddressSql } from './lease-sql.ts';
import { offerAddress } from './offer-sql.ts';

/** Units looked at per round trip: some milliseconds of index scan, whatever the use of the pool. */
export const firstWindow = 4_096;
export const widestWindow = 65_536;

/** Consecutive addresses, or prefixes of one length: units of 2^`shift` addresses. */
export interface Window<A extends Address> {
  readonly first: A;
  /** Its last address. */
  readonly last: A;
  readonly count: number;
  readonly shift: number;
}

const low64 = (1n << 64n) - 1n;

/** Up to `width` units from `first` (where one begins) to `last`. Of IPv6 it is one that SQL can count in 64 bits. */
export function windowAt<A extends Address>(first: A, last: A, shift: number, width: number): Window<A> {
  let count = Math.min(width, unitsIn(first, last, shift));
  if (typeof first === 'bigint' && shift < 64)
    count = Math.min(count, Number((low64 - (first & low64)) >> BigInt(shift)) + 1);
  const next = unitAt(first, count, shift);
  return { first, last: (typeof next === 'bigint' ? next - 1n : next - 1) as A, count, shift };
}

/**
 * Gaps inside one window as pairs of numbers of units [from, to], ascending. A row that a claim may overwrite
 * (reclaimed, released, expired) is part of a gap. The window's own ends stand as sentinels, so an empty window is one gap.
 */
export function gapsSelect<L extends Lease>(
  table: AddressSql<L>,
  window: Window<L['address']>,
  limit: number,
  /** Leave out what is set aside for others than this owner ({@link ownerHash}). */
  offersTo: string | null,
): string {
  const { first, last, count } = window;
  const offers =
    offersTo === null
      ? ''
      : ` UNION ALL SELECT ${numberOfBytes('o.address', window)} FROM fleet_offer AS o WHERE o.family = ${table.family} ` +
        `AND o.address BETWEEN ${offerAddress(first)} AND ${offerAddress(last)} ` +
        `AND o.expires > UTC_TIMESTAMP(3) AND o.owner <> X'${offersTo}'`;
  const number =
    typeof first === 'bigint'
      ? numberOfBytes('l.address', window)
      : `CAST(l.address AS SIGNED) - ${String(first)}`;
  return (
    `SELECT a + 1, b - 1 FROM (SELECT a, LEAD(a) OVER (ORDER BY a) AS b FROM (` +
    `SELECT CAST(-1 AS SIGNED) AS a UNION ALL SELECT CAST(${count} AS SIGNED) UNION ALL ` +
    `SELECT ${number} FROM ${table.table} AS l FORCE INDEX (PRIMARY) ` +
    `WHERE ${isBetween(table, first, last, 'l.')} AND COALESCE(l.state, 0) NOT IN (2, 3) AND NOT (` +
    `COALESCE(l.valid_lifetime, 0) <> ${infiniteLifetime} AND COALESCE(UNIX_TIMESTAMP(l.expire), 0) < UNIX_TIMESTAMP())` +
    `${offers}) AS u) AS g WHERE b > a + 1 ORDER BY a LIMIT ${limit}`
  );
}

/** Addresses that have a row, whatever it says. */
export function usedSelect<L extends Lease>(
  table: AddressSql<L>,
  ranges: readonly (readonly [L['address'], L['address']])[],
): string {
  const within = ranges.map(([first, last]) => isBetween(table, first, last));
  return `SELECT address FROM ${table.table} FORCE INDEX (PRIMARY) WHERE ${within.join(' OR ')}`;
}

const isBetween = <L extends Lease>(
  table: AddressSql<L>,
  first: L['address'],
  last: L['address'],
  row = '',
): string => `${row}address BETWEEN ${table.addressLiteral(first)} AND ${table.addressLiteral(last)}`;

/**
 * Which unit of the window an address in network order belongs to. Of IPv6 the half in which the window's addresses
 * differ says it: the upper one for prefixes up to /64.
 */
function numberOfBytes(column: string, { first, shift }: Window<Address>): string {
  if (typeof first !== 'bigint') return `CAST(CONV(HEX(${column}), 16, 10) AS SIGNED) - ${first}`;
  const isUpper = shift >= 64;
  const half = `CAST(CONV(HEX(SUBSTR(${column}, ${isUpper ? 1 : 9}, 8)), 16, 10) AS UNSIGNED)`;
  const begin = isUpper ? first >> 64n : first & low64;
  return `CAST((${half} - ${begin}) >> ${isUpper ? shift - 64 : shift} AS SIGNED)`;
}
