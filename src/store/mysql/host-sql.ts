// Reservations of a whole batch of lookups in one packet: hosts, their addresses (v6) and their options.
import type { Address, Family } from '../../addr/family.ts';
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
  `h.host_id, h.dhcp_identifier, h.dhcp_identifier_type, h.dhcp${family}_subnet_id, h.ipv4_address, h.hostname, ` +
  `h.dhcp${family}_client_classes, h.dhcp4_next_server, h.dhcp4_server_hostname, h.dhcp4_boot_file_name, h.user_context, ` +
  (family === 4 && addressesUnique ? reservedEarlier : '0');

/**
 * Of several hosts with one address in one subnet the lowest row keeps it. Judged in the lookup itself, every server
 * agrees at every moment, and it costs one more step into an index per host found.
 */
const reservedEarlier =
  'EXISTS (SELECT 1 FROM hosts AS e FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier) ' +
  'WHERE e.ipv4_address = h.ipv4_address AND e.dhcp4_subnet_id = h.dhcp4_subnet_id AND e.host_id < h.host_id ' +
  `AND e.dhcp_identifier_type IN (${Object.values(hostIdentifierType).join(',')}) AND e.dhcp_identifier <> '')`;

const optionColumns =
  'o.option_id, o.host_id, o.code, o.value, o.formatted_value, o.space, o.persistent, o.cancelled, o.client_classes';
const addressColumns =
  'r.reservation_id, r.host_id, r.address, r.prefix_len, r.type, r.excluded_prefix, r.excluded_prefix_len';

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
  const addresses = new Set<Address>();
  for (const query of queries) {
    for (const { type, value } of query.identifiers) {
      if (value.length === 0 || value.length > 255) continue;
      const ofType = identifiers.get(type) ?? new Set();
      identifiers.set(type, ofType.add(hexLiteral(value)));
    }
    if (family === 4) for (const address of query.addresses) addresses.add(address);
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
      `hosts AS h FORCE INDEX (key_dhcp4_ipv4_address_subnet_id_identifier) %JOIN% WHERE h.ipv4_address IN (${[...addresses].join(',')}) ` +
        `AND h.dhcp4_subnet_id IS NOT NULL`,
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
          addressColumns,
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
