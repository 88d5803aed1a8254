// Reservations of a whole batch of lookups in one packet: hosts, their addresses (v6) and their options.
import type { Address, Family } from '../../addr/family.ts';
import { ipv6Bytes } from '../../addr/ipv6.ts';
import { hostIdentifierType, type HostQuery } from '../host-store.ts';
import { hexLiteral } from './row-values.ts';

export interface HostPacket {
  readonly sql: string;
  /** Indexes of the results that hold hosts, v6 addresses and options. */
  readonly hostsAt: readonly number[];
  readonly addressesAt: readonly number[];
  readonly optionsAt: readonly number[];
}

/** Columns of `hosts` in the order that host-rows.ts reads. */
const hostColumns = (family: Family, addressesUnique: boolean): string =>
  `h.host_id, h.dhcp_identifier, h.dhcp_identifier_type, h.dhcp${family}_subnet_id, ${tables[family].address}, h.hostname, ` +
  `h.dhcp${family}_client_classes, h.dhcp4_next_server, h.dhcp4_server_hostname, h.dhcp4_boot_file_name, h.user_context, ` +
  (family === 4 && addressesUnique ? reservedEarlier(family) : '0');

const addressColumns = (addressesUnique: boolean): string =>
  'r.reservation_id, r.host_id, r.address, r.prefix_len, r.type, r.excluded_prefix, r.excluded_prefix_len, ' +
  (addressesUnique ? reservedEarlier(6) : '0');

/** DHCPv4 has one address in the host itself (`h`), DHCPv6 any number of addresses and prefixes beside it (`r`). */
const tables = {
  4: {
    address: 'h.ipv4_address',
    byAddress:
      'hosts AS h FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier) %JOIN% WHERE h.ipv4_address',
    earlier: 'hosts AS e FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier)',
    sameAddress: 'e.ipv4_address = h.ipv4_address',
  },
  6: {
    address: '0',
    byAddress:
      'ipv6_reservations AS a FORCE INDEX (key_dhcp6_address_prefix_len) ' +
      'STRAIGHT_JOIN hosts AS h ON h.host_id = a.host_id %JOIN% WHERE a.address',
    earlier:
      'ipv6_reservations AS s FORCE INDEX (key_dhcp6_address_prefix_len) ' +
      'STRAIGHT_JOIN hosts AS e ON e.host_id = s.host_id',
    sameAddress: 's.address = r.address AND s.prefix_len = r.prefix_len',
  },
} as const;

/**
 * Of several hosts with one address, or one prefix, in one subnet the lowest row keeps it. Judged in the lookup itself,
 * every server agrees at every moment, and it costs one more step into an index per host (v6: per address) found.
 */
const reservedEarlier = (family: Family): string =>
  `EXISTS (SELECT 1 FROM ${tables[family].earlier} WHERE ${tables[family].sameAddress} ` +
  `AND e.dhcp${family}_subnet_id = h.dhcp${family}_subnet_id AND e.host_id < h.host_id ` +
  `AND e.dhcp_identifier_type IN (${Object.values(hostIdentifierType).join(',')}) AND e.dhcp_identifier <> '')`;

const optionColumns =
  'o.option_id, o.host_id, o.code, o.value, o.formatted_value, o.space, o.persistent, o.cancelled, o.client_classes';
/** Scope 3 of dhcp_option_scope: host. */
const hostScope = 3;

/**
 * Identifiers and addresses are each a range over their own index; type and subnet are compared afterwards, because the
 * databases do not use an index for lists of tuples.
 */
export function hostPacket(
  family: Family,
  queries: readonly HostQuery[],
  addressesUnique: boolean,
): HostPacket {
  const identifiers = new Map<string, Set<string>>();
  /** Literals. */
  const addresses = new Set<string>();
  for (const query of queries) {
    for (const { type, value } of query.identifiers) {
      if (value.length === 0 || value.length > 255) continue;
      const ofType = identifiers.get(type) ?? new Set();
      identifiers.set(type, ofType.add(hexLiteral(value)));
    }
    for (const address of query.addresses) addresses.add(literal(address));
  }
  const sources: string[] = [];
  for (const [type, values] of identifiers) {
    const number = hostIdentifierType[type as keyof typeof hostIdentifierType];
    sources.push(
      `hosts AS h FORCE INDEX (key_dhcp${family}_identifier_subnet_id) %JOIN% WHERE h.dhcp_identifier IN (${[...values].join(',')}) ` +
        `AND h.dhcp_identifier_type = ${number} AND h.dhcp${family}_subnet_id IS NOT NULL`,
    );
  }
  if (addresses.size > 0) {
    sources.push(
      `${tables[family].byAddress} IN (${[...addresses].join(',')}) AND h.dhcp${family}_subnet_id IS NOT NULL`,
    );
  }
  const statements = ['DO 0'];
  const add = (columns: string, join: string, order: string): number[] =>
    sources.map(
      (source) => statements.push(`SELECT ${columns} FROM ${source.replace('%JOIN%', join)}${order}`) - 1,
    );
  const hostsAt = add(hostColumns(family, addressesUnique), '', '');
  const addressesAt =
    family === 6
      ? add(
          addressColumns(addressesUnique),
          'STRAIGHT_JOIN ipv6_reservations AS r ON r.host_id = h.host_id',
          ' ORDER BY r.reservation_id',
        )
      : [];
  const optionsAt = add(
    optionColumns,
    `STRAIGHT_JOIN dhcp${family}_options AS o ON o.host_id = h.host_id AND o.scope_id = ${hostScope}`,
    ' ORDER BY o.option_id',
  );
  // DO also makes the answer a list of results when there is a single SELECT or none.
  if (statements.length === 1) statements.push('DO 0');
  return { sql: statements.join(';\n'), hostsAt, addressesAt, optionsAt };
}

const literal = (address: Address): string =>
  typeof address === 'bigint' ? hexLiteral(ipv6Bytes(address)) : String(address);
