// The SELECTs that judge the whole `hosts` table: one pass each, over an index where one holds the columns.
import type { Address, Family } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import { ipv6Bytes } from '../addr/ipv6.ts';
import { hostIdentifierType } from '../store/host-store.ts';
import type { Statement } from './session.ts';

/** Rows read per kind of finding: a table that is all wrong must not fill the memory of every edge. */
export const mostRows = 1_000;
/** Subnets asked for in one statement. */
export const mostRanges = 200;

export interface SubnetRange {
  readonly id: number;
  readonly first: Address;
  readonly last: Address;
}

/** Row type of ipv6_reservations: an address; 2 is a prefix, which may lie anywhere. */
const addressType = 0;

const subnetOf = (family: Family): string => `h.dhcp${family}_subnet_id`;
const classesOf = (family: Family): string => `h.dhcp${family}_client_classes`;
const columns = (family: Family): string =>
  `h.host_id, h.dhcp_identifier, h.dhcp_identifier_type, ${subnetOf(family)} AS subnet_id, ` +
  `${classesOf(family)} AS client_classes`;

/** DHCPv4 has one address in the host itself, DHCPv6 any number of them beside it. */
const withAddress = {
  4: {
    columns: 'h.ipv4_address AS address',
    from: 'hosts h',
    has: 'h.ipv4_address > 0',
    at: 'h.ipv4_address',
  },
  6: {
    columns: 'r.address, r.prefix_len, r.type',
    from: 'hosts h JOIN ipv6_reservations r ON r.host_id = h.host_id',
    has: `r.type = ${addressType}`,
    at: 'r.address',
  },
} as const;

/** Hosts that nobody can be, and class names that are none. */
export function selectBadFields(family: Family): Statement {
  const types = Object.values(hostIdentifierType).join(',');
  const isJson = ['[', '{', '"'].map((start) => `LTRIM(${classesOf(family)}) LIKE '${start}%'`).join(' OR ');
  return {
    sql:
      `SELECT ${columns(family)} FROM hosts h WHERE ${subnetOf(family)} IS NOT NULL AND ` +
      `(h.dhcp_identifier_type NOT IN (${types}) OR h.dhcp_identifier = '' OR ${isJson}) ` +
      `ORDER BY h.host_id LIMIT ${mostRows}`,
  };
}

/** Lowest and highest reserved address of each subnet; NULL for a subnet whose hosts have none. */
export function selectReservedRanges(family: Family): Statement {
  const [lowest, highest, from] =
    family === 4
      ? ['NULLIF(h.ipv4_address, 0)', 'h.ipv4_address', 'hosts h']
      : [
          'r.address',
          'r.address',
          `hosts h LEFT JOIN ipv6_reservations r ON r.host_id = h.host_id AND r.type = ${addressType}`,
        ];
  return {
    sql:
      `SELECT ${subnetOf(family)} AS subnet_id, MIN(${lowest}) AS lowest, MAX(${highest}) AS highest ` +
      `FROM ${from} WHERE ${subnetOf(family)} > 0 GROUP BY ${subnetOf(family)}`,
  };
}

/** Every host of each address, or of each prefix, that several hosts of one subnet have, the lowest row first. */
export function selectReservedTwice(family: Family): Statement {
  const twice =
    family === 4
      ? {
          keys: 'h.ipv4_address',
          from: 'hosts h FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier)',
          where: 'h.ipv4_address > 0',
          match: 'h.ipv4_address = d.ipv4_address',
        }
      : {
          keys: 'r.address, r.prefix_len',
          from: withAddress[6].from,
          where: 'TRUE',
          match: 'r.address = d.address AND r.prefix_len = d.prefix_len',
        };
  const subnet = subnetOf(family);
  const ofGroup = subnet.replace('h.', 'd.');
  return {
    sql:
      `SELECT ${columns(family)}, ${withAddress[family].columns} FROM (SELECT ${twice.keys}, ${subnet} ` +
      `FROM ${twice.from} WHERE ${twice.where} AND ${subnet} IS NOT NULL ` +
      `GROUP BY ${twice.keys}, ${subnet} HAVING COUNT(*) > 1) d ` +
      `JOIN ${family === 4 ? withAddress[4].from : `(${withAddress[6].from})`} ON ${twice.match} AND ${subnet} = ${ofGroup} ` +
      `ORDER BY ${twice.keys}, ${subnet}, h.host_id LIMIT ${mostRows}`,
  };
}

/** Those of the ids that have hosts but are in no configuration at all. */
export function selectMissingSubnets(family: Family, ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT DISTINCT ${subnetOf(family)} AS subnet_id FROM hosts h ` +
      `LEFT JOIN dhcp${family}_subnet s ON s.subnet_id = ${subnetOf(family)} ` +
      `WHERE ${subnetOf(family)} IN (?) AND s.subnet_id IS NULL`,
    values: [ids],
  };
}

export function selectHostsOfSubnets(family: Family, ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT ${columns(family)} FROM hosts h WHERE ${subnetOf(family)} IN (?) ` +
      `ORDER BY h.host_id LIMIT ${mostRows}`,
    values: [ids],
  };
}

export function selectOutside(family: Family, ranges: readonly SubnetRange[]): Statement {
  const { columns: address, from, has, at } = withAddress[family];
  const conditions = ranges.map(
    ({ id, first, last }) =>
      `(${subnetOf(family)} = ${id} AND ${has} AND ${at} NOT BETWEEN ${literal(first)} AND ${literal(last)})`,
  );
  return {
    sql: `SELECT ${columns(family)}, ${address} FROM ${from} WHERE ${conditions.join(' OR ')} ORDER BY h.host_id LIMIT ${mostRows}`,
  };
}

function literal(address: Address): string {
  return typeof address === 'bigint' ? `X'${formatHex(ipv6Bytes(address), '')}'` : String(address);
}
