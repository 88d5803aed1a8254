// Free addresses of nearly full pools: the gaps between taken rows, window by window along the primary key.
import { infiniteLifetime } from '../lease.ts';
import type { AddressRange } from '../lease-store.ts';
import type { Lease4 } from '../lease.ts';
import { offerAddress } from './offer-sql.ts';

/** Addresses looked at per round trip: some milliseconds of index scan, whatever the use of the pool. */
export const firstWindow = 4_096;
export const widestWindow = 65_536;

/**
 * Gaps inside one window as pairs [first, last], ascending. A row that a claim may overwrite (reclaimed, released,
 * expired) is part of a gap. The window's own ends stand as sentinels, so an empty window is one gap.
 */
export function gapsSelect(
  window: AddressRange<Lease4>,
  limit: number,
  /** Leave out what is set aside for others than this owner ({@link ownerHash}). */
  offersTo: string | null,
): string {
  const { first, last } = window;
  const offers =
    offersTo === null
      ? ''
      : ` UNION ALL SELECT CAST(CONV(HEX(o.address), 16, 10) AS SIGNED) FROM fleet_offer AS o WHERE o.family = 4 ` +
        `AND o.address BETWEEN ${offerAddress(first)} AND ${offerAddress(last)} ` +
        `AND o.expires > UTC_TIMESTAMP(3) AND o.owner <> X'${offersTo}'`;
  return (
    `SELECT a + 1, b - 1 FROM (SELECT a, LEAD(a) OVER (ORDER BY a) AS b FROM (` +
    `SELECT CAST(${first - 1} AS SIGNED) AS a UNION ALL SELECT CAST(${last + 1} AS SIGNED) UNION ALL ` +
    `SELECT CAST(l.address AS SIGNED) FROM lease4 AS l FORCE INDEX (PRIMARY) ` +
    `WHERE l.address BETWEEN ${first} AND ${last} AND COALESCE(l.state, 0) NOT IN (2, 3) AND NOT (` +
    `COALESCE(l.valid_lifetime, 0) <> ${infiniteLifetime} AND COALESCE(UNIX_TIMESTAMP(l.expire), 0) < UNIX_TIMESTAMP())` +
    `${offers}) AS u) AS g WHERE b > a + 1 ORDER BY a LIMIT ${limit}`
  );
}

/** Addresses that have a row, whatever it says. */
export function usedSelect(ranges: readonly (readonly [number, number])[]): string {
  const within = ranges.map(([first, last]) => `address BETWEEN ${first} AND ${last}`);
  return `SELECT address FROM lease4 FORCE INDEX (PRIMARY) WHERE ${within.join(' OR ')}`;
}
