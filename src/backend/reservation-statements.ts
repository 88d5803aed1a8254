// The SELECTs that judge the whole `hosts` table: one pass each, over an index where one holds the columns.
import { hostIdentifierType } from '../store/host-store.ts';
import type { Statement } from './session.ts';

/** Rows read per kind of finding: a table that is all wrong must not fill the memory of every edge. */
export const mostRows = 1_000;
/** Subnets asked for in one statement. */
export const mostRanges = 200;

export interface SubnetRange {
  readonly id: number;
  readonly first: number;
  readonly last: number;
}

const columns =
  'h.host_id, h.dhcp_identifier_type, h.dhcp_identifier, h.dhcp4_subnet_id AS subnet_id, h.ipv4_address, h.dhcp4_client_classes';

/** Hosts that nobody can be, and class names that are none. */
export function selectBadFields(): Statement {
  const types = Object.values(hostIdentifierType).join(',');
  const isJson = ['[', '{', '"']
    .map((start) => `LTRIM(h.dhcp4_client_classes) LIKE '${start}%'`)
    .join(' OR ');
  return {
    sql:
      `SELECT ${columns} FROM hosts h WHERE h.dhcp4_subnet_id IS NOT NULL AND ` +
      `(h.dhcp_identifier_type NOT IN (${types}) OR h.dhcp_identifier = '' OR ${isJson}) ` +
      `ORDER BY h.host_id LIMIT ${mostRows}`,
  };
}

/** Lowest and highest reserved address of each subnet. */
export function selectReservedRanges(): Statement {
  return {
    sql:
      'SELECT h.dhcp4_subnet_id AS subnet_id, MIN(NULLIF(h.ipv4_address, 0)) AS lowest, MAX(h.ipv4_address) AS highest ' +
      'FROM hosts h WHERE h.dhcp4_subnet_id > 0 GROUP BY h.dhcp4_subnet_id',
  };
}

/** Every host of each address that several hosts of one subnet have, the lowest row first. */
export function selectReservedTwice(): Statement {
  return {
    sql:
      `SELECT ${columns} FROM (SELECT ipv4_address, dhcp4_subnet_id FROM hosts ` +
      'FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier) ' +
      'WHERE ipv4_address > 0 AND dhcp4_subnet_id IS NOT NULL ' +
      'GROUP BY ipv4_address, dhcp4_subnet_id HAVING COUNT(*) > 1) d ' +
      'JOIN hosts h ON h.ipv4_address = d.ipv4_address AND h.dhcp4_subnet_id = d.dhcp4_subnet_id ' +
      `ORDER BY h.ipv4_address, h.dhcp4_subnet_id, h.host_id LIMIT ${mostRows}`,
  };
}

/** Those of the ids that have hosts but are in no configuration at all. */
export function selectMissingSubnets(ids: readonly number[]): Statement {
  return {
    sql:
      'SELECT DISTINCT h.dhcp4_subnet_id AS subnet_id FROM hosts h ' +
      'LEFT JOIN dhcp4_subnet s ON s.subnet_id = h.dhcp4_subnet_id ' +
      'WHERE h.dhcp4_subnet_id IN (?) AND s.subnet_id IS NULL',
    values: [ids],
  };
}

export function selectHostsOfSubnets(ids: readonly number[]): Statement {
  return {
    sql: `SELECT ${columns} FROM hosts h WHERE h.dhcp4_subnet_id IN (?) ORDER BY h.host_id LIMIT ${mostRows}`,
    values: [ids],
  };
}

export function selectOutside(ranges: readonly SubnetRange[]): Statement {
  const conditions = ranges.map(
    ({ id, first, last }) =>
      `(h.dhcp4_subnet_id = ${id} AND h.ipv4_address > 0 AND h.ipv4_address NOT BETWEEN ${first} AND ${last})`,
  );
  return {
    sql: `SELECT ${columns} FROM hosts h WHERE ${conditions.join(' OR ')} ORDER BY h.host_id LIMIT ${mostRows}`,
  };
}
