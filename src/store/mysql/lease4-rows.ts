// lease4 as this project reads and writes it: columns, ownership in SQL, and what fits.
import type { Lease4 } from '../lease.ts';
import type { ClientKey } from '../lease-store.ts';
import {
  asIs,
  bytesField,
  commonFields,
  commonSelectList,
  decodeCommon,
  fitted,
  hex,
  hexOrNull,
  hwaddrBytes,
  ownColumnsAt,
} from './lease-columns.ts';
import type { LeaseSql } from './lease-sql.ts';
import { bytesOrNull } from './row-values.ts';

const identifierBytes = 255;

export const lease4Sql: LeaseSql<Lease4> = {
  family: 4,
  table: 'lease4',
  statKeys: [],
  countedStates: { subnet: [0, 1], pool: [0, 1] },
  selectList: `${commonSelectList}, l.hwaddr, l.client_id, l.relay_id, l.remote_id`,
  decode: (row) => ({
    family: 4,
    address: Number(row[0]),
    ...decodeCommon(row),
    hwaddr: bytesOrNull(row[ownColumnsAt]) ?? new Uint8Array(0),
    clientId: bytesOrNull(row[ownColumnsAt + 1]),
    relayId: bytesOrNull(row[ownColumnsAt + 2]),
    remoteId: bytesOrNull(row[ownColumnsAt + 3]),
  }),
  addressField: { type: 'INT UNSIGNED', sql: asIs, text: asIs, cell: (address) => address },
  addressLiteral: String,
  decodeAddress: Number,
  addressText: (row) => `${row}.address`,
  fields: [
    bytesField('hwaddr', hwaddrBytes, (lease) => lease.hwaddr),
    bytesField('client_id', identifierBytes, (lease) => lease.clientId),
    ...commonFields,
    bytesField('relay_id', identifierBytes, (lease) => lease.relayId),
    bytesField('remote_id', identifierBytes, (lease) => lease.remoteId),
  ],
  grantColumns: ['hwaddr', 'client_id', 'valid_lifetime', 'subnet_id', 'state'],
  clientColumns: [
    { name: 'c_hw', type: 'VARCHAR(40)' },
    { name: 'c_id', type: 'VARCHAR(510)' },
  ],
  clientCells: (client) => {
    const { hwaddr, clientId } = client4(client);
    return [hex(hwaddr), hexOrNull(clientId)];
  },
  // The rule of ownedBy in ../lease-owner.ts.
  owned: (row, v) =>
    `(CASE WHEN ${row}.client_id IS NOT NULL AND ${v}.c_id IS NOT NULL THEN ${row}.client_id = UNHEX(${v}.c_id) ` +
    `ELSE LENGTH(${row}.hwaddr) > 0 AND ${row}.hwaddr = UNHEX(${v}.c_hw) END)`,
  declineAssignments: ["l.hwaddr = ''", 'l.client_id = NULL'],
  releaseAssignments: [],
  ownerLookups(clients) {
    const identifiers = new Set<string>();
    const hwaddrs = new Set<string>();
    for (const client of clients) {
      const { hwaddr, clientId } = client4(client);
      if (clientId && clientId.length > 0) identifiers.add(hex(clientId));
      if (hwaddr.length > 0) hwaddrs.add(hex(hwaddr));
    }
    return [
      { index: 'lease4_by_client_id_subnet_id', column: 'client_id', values: identifiers },
      { index: 'lease4_by_hwaddr_subnet_id', column: 'hwaddr', values: hwaddrs },
    ]
      .filter(({ values }) => values.size > 0)
      .map(({ index, column, values }) => ({
        index,
        where: `l.${column} IN (${Array.from(values, (value) => `X'${value}'`).join(',')})`,
      }));
  },
  identifier: { column: 'client_id', index: 'lease4_by_client_id_subnet_id' },
  // InnoDB ends every index with the primary key.
  subnetIndex: 'lease4_by_subnet_id',
  fitClient(client) {
    const { hwaddr, clientId } = client4(client);
    if (hwaddr.length <= hwaddrBytes && (clientId?.length ?? 0) <= identifierBytes) return client;
    return {
      family: 4,
      hwaddr: hwaddr.subarray(0, hwaddrBytes),
      clientId: clientId?.subarray(0, identifierBytes) ?? null,
    };
  },
  fit: (lease) =>
    fitted(lease, [
      ['hwaddr', hwaddrBytes],
      ['clientId', identifierBytes],
      ['relayId', identifierBytes],
      ['remoteId', identifierBytes],
    ]),
};

function client4(client: ClientKey): Extract<ClientKey, { family: 4 }> {
  if (client.family !== 4) throw new TypeError('a DHCPv6 client cannot own a DHCPv4 lease');
  return client;
}
