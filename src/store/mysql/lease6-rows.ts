// lease6 as this project reads and writes it: columns, ownership in SQL, and what fits.
import { ipv6FromBytes } from '../../addr/ipv6.ts';
import type { Lease6 } from '../lease.ts';
import type { ClientKey } from '../lease-store.ts';
import {
  bytesField,
  commonFields,
  commonSelectList,
  decodeCommon,
  fitted,
  hex,
  hwaddrBytes,
  ownColumnsAt,
  plain,
  unhex,
} from './lease-columns.ts';
import type { LeaseSql } from './lease-sql.ts';
import { offerAddress } from './offer-sql.ts';
import { bytesOrNull } from './row-values.ts';

const duidBytes = 130;
const none = new Uint8Array(0);

/** As HEX() of the column. */
const addressCell = (address: bigint): string => address.toString(16).toUpperCase().padStart(32, '0');
const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

export const lease6Sql: LeaseSql<Lease6> = {
  family: 6,
  table: 'lease6',
  statKeys: ['lease_type'],
  countedStates: { subnet: [0, 1, 4], pool: [0, 1] },
  selectList:
    `${commonSelectList}, l.prefix_len, l.lease_type, l.duid, l.iaid, l.pref_lifetime, l.hwaddr, l.hwtype, ` +
    'l.hwaddr_source',
  decode: (row) => ({
    family: 6,
    address: ipv6FromBytes(row[0] as Uint8Array),
    ...decodeCommon(row),
    prefixLength: Number(row[ownColumnsAt] ?? 128),
    type: Number(row[ownColumnsAt + 1] ?? 0) as Lease6['type'],
    duid: bytesOrNull(row[ownColumnsAt + 2]) ?? none,
    iaid: Number(row[ownColumnsAt + 3] ?? 0),
    preferredLifetime: Number(row[ownColumnsAt + 4] ?? 0),
    hwaddr: bytesOrNull(row[ownColumnsAt + 5]),
    hwaddrType: numberOrNull(row[ownColumnsAt + 6]),
    hwaddrSource: numberOrNull(row[ownColumnsAt + 7]),
  }),
  addressField: {
    type: 'CHAR(32)',
    sql: unhex,
    text: (cell) => cell,
    cell: addressCell,
  },
  addressLiteral: offerAddress,
  decodeAddress: (cell) => ipv6FromBytes(cell as Uint8Array),
  addressText: (row) => `HEX(${row}.address)`,
  fields: [
    bytesField('duid', duidBytes, (lease) => lease.duid),
    ...commonFields,
    { column: 'prefix_len', type: 'TINYINT UNSIGNED', ...plain, cell: (lease) => lease.prefixLength },
    { column: 'lease_type', type: 'TINYINT', ...plain, cell: (lease) => lease.type },
    { column: 'iaid', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.iaid },
    { column: 'pref_lifetime', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.preferredLifetime },
    bytesField('hwaddr', hwaddrBytes, (lease) => lease.hwaddr),
    { column: 'hwtype', type: 'SMALLINT UNSIGNED', ...plain, cell: (lease) => lease.hwaddrType },
    { column: 'hwaddr_source', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.hwaddrSource },
  ],
  grantColumns: ['duid', 'iaid', 'lease_type', 'valid_lifetime', 'subnet_id', 'state'],
  clientColumns: [
    { name: 'c_duid', type: 'VARCHAR(260)' },
    { name: 'c_iaid', type: 'INT UNSIGNED' },
    { name: 'c_type', type: 'TINYINT' },
  ],
  clientCells: (client) => {
    const { duid, iaid, type } = client6(client);
    return [hex(duid), iaid, type];
  },
  // The rule of ownedBy in ../lease-owner.ts.
  owned: (row, v) =>
    `(COALESCE(${row}.state, 0) <> 1 AND ${row}.iaid = ${v}.c_iaid AND ${row}.lease_type = ${v}.c_type ` +
    `AND LENGTH(${row}.duid) > 0 AND ${row}.duid = UNHEX(${v}.c_duid))`,
  declineAssignments: [
    "l.duid = X'000000'",
    'l.hwaddr = NULL',
    'l.hwtype = NULL',
    'l.hwaddr_source = NULL',
    'l.pref_lifetime = 0',
  ],
  releaseAssignments: ['l.pref_lifetime = 0'],
  ownerLookups(clients) {
    const duids = new Set<string>();
    const iaids = new Set<number>();
    for (const client of clients) {
      const { duid, iaid } = client6(client);
      if (duid.length === 0) continue;
      duids.add(`X'${hex(duid)}'`);
      iaids.add(iaid);
    }
    if (duids.size === 0) return [];
    // The sum keeps the IAIDs out of the ranges, which would be every DUID with every IAID. They are looked at in the
    // index: what else a DUID has, which may be much, is not read. Pairs instead, or a term for each, take 50 to 100 % more.
    const where =
      `l.duid IN (${[...duids].join(',')}) AND l.iaid + 0 IN (${[...iaids].join(',')}) ` +
      'AND COALESCE(l.state, 0) <> 1';
    return [{ index: 'lease6_by_duid_iaid_subnet_id', where }];
  },
  identifier: { column: 'duid', index: 'lease6_by_duid_iaid_subnet_id' },
  subnetIndex: 'lease6_by_subnet_id_address',
  fitClient(client) {
    const { duid } = client6(client);
    return duid.length <= duidBytes ? client : { ...client6(client), duid: duid.subarray(0, duidBytes) };
  },
  fit(lease) {
    const fit = fitted(lease, [
      ['duid', duidBytes],
      ['hwaddr', hwaddrBytes],
    ]);
    // A foreign key admits the sources that the contract names: single bits, and 0 for an unknown one.
    const { hwaddrSource: source } = lease;
    const isKnown = source === null || ((source & (source - 1)) === 0 && source <= 128);
    return isKnown ? fit : { lease: { ...fit.lease, hwaddrSource: 0 }, cut: true };
  },
};

function client6(client: ClientKey): Extract<ClientKey, { family: 6 }> {
  if (client.family !== 6) throw new TypeError('a DHCPv4 client cannot own a DHCPv6 lease');
  return client;
}
