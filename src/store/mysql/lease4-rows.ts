// lease4 as this project reads and writes it: columns, ownership in SQL, and what fits.
import type { Lease4, LeaseState } from '../lease.ts';
import { infiniteLifetime } from '../lease.ts';
import type { ClientKey } from '../lease-store.ts';
import type { LeaseSql } from './lease-sql.ts';
import { bytesOrNull, contextOrNull } from './row-values.ts';

const hwaddrBytes = 20;
const identifierBytes = 255;
const hostnameChars = 255;
const textBytes = 65_535;
const surrogate = /[\ud800-\udfff]/;

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes ? hex(bytes) : null);
const asIs = (cell: string): string => cell;
const unhex = (cell: string): string => `UNHEX(${cell})`;
const plain = { sql: asIs, isHex: false };
const hexText = { sql: unhex, isHex: true };

/** DHCPv4. The database keeps `expire` = cltt + lifetime, except for an infinite lease: expire = cltt. */
export const lease4Sql: LeaseSql<Lease4> = {
  family: 4,
  table: 'lease4',
  statKeys: [],
  countedStates: { subnet: [0, 1], pool: [0, 1] },
  selectList:
    'l.address, l.hwaddr, l.client_id, l.valid_lifetime, UNIX_TIMESTAMP(l.expire), l.subnet_id, l.fqdn_fwd, ' +
    'l.fqdn_rev, l.hostname, l.state, l.user_context, l.relay_id, l.remote_id, l.pool_id',
  decode(row) {
    const validLifetime = Number(row[3] ?? 0);
    const expire = Number(row[4] ?? 0);
    return {
      family: 4,
      address: Number(row[0]),
      hwaddr: bytesOrNull(row[1]) ?? new Uint8Array(0),
      clientId: bytesOrNull(row[2]),
      validLifetime,
      cltt: validLifetime === infiniteLifetime ? expire : expire - validLifetime,
      subnetId: Number(row[5] ?? 0),
      fqdnFwd: row[6] === 1,
      fqdnRev: row[7] === 1,
      hostname: (row[8] as string | null) ?? '',
      state: Number(row[9] ?? 0) as LeaseState,
      userContext: contextOrNull(row[10]),
      relayId: bytesOrNull(row[11]),
      remoteId: bytesOrNull(row[12]),
      poolId: Number(row[13]),
    };
  },
  addressField: { type: 'INT UNSIGNED', sql: asIs, text: asIs, cell: (address) => address },
  addressLiteral: String,
  addressText: (row) => `${row}.address`,
  fields: [
    { column: 'hwaddr', type: 'VARCHAR(40)', ...hexText, cell: (lease) => hex(lease.hwaddr) },
    { column: 'client_id', type: 'VARCHAR(510)', ...hexText, cell: (lease) => hexOrNull(lease.clientId) },
    { column: 'valid_lifetime', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.validLifetime },
    { column: 'subnet_id', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.subnetId },
    { column: 'fqdn_fwd', type: 'TINYINT', ...plain, cell: (lease) => (lease.fqdnFwd ? 1 : 0) },
    { column: 'fqdn_rev', type: 'TINYINT', ...plain, cell: (lease) => (lease.fqdnRev ? 1 : 0) },
    { column: 'hostname', type: 'VARCHAR(255)', ...plain, cell: (lease) => lease.hostname },
    { column: 'state', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.state },
    { column: 'user_context', type: 'TEXT', ...plain, cell: contextText },
    { column: 'relay_id', type: 'VARCHAR(510)', ...hexText, cell: (lease) => hexOrNull(lease.relayId) },
    { column: 'remote_id', type: 'VARCHAR(510)', ...hexText, cell: (lease) => hexOrNull(lease.remoteId) },
    { column: 'pool_id', type: 'INT UNSIGNED', ...plain, cell: (lease) => lease.poolId },
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
  declineAssignments:
    "l.hwaddr = '', l.client_id = NULL, l.hostname = '', l.fqdn_fwd = 0, l.fqdn_rev = 0, l.user_context = NULL",
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
  fitClient(client) {
    const { hwaddr, clientId } = client4(client);
    if (hwaddr.length <= hwaddrBytes && (clientId?.length ?? 0) <= identifierBytes) return client;
    return {
      family: 4,
      hwaddr: hwaddr.subarray(0, hwaddrBytes),
      clientId: clientId?.subarray(0, identifierBytes) ?? null,
    };
  },
  fit(lease) {
    const long =
      lease.hwaddr.length > hwaddrBytes ||
      (lease.clientId?.length ?? 0) > identifierBytes ||
      (lease.relayId?.length ?? 0) > identifierBytes ||
      (lease.remoteId?.length ?? 0) > identifierBytes ||
      lease.hostname.length > hostnameChars ||
      surrogate.test(lease.hostname);
    const contextTooLong = Buffer.byteLength(contextText(lease) ?? '') > textBytes;
    if (!long && !contextTooLong) return { lease, cut: false };
    const fitted = {
      ...lease,
      hwaddr: lease.hwaddr.subarray(0, hwaddrBytes),
      clientId: lease.clientId?.subarray(0, identifierBytes) ?? null,
      relayId: lease.relayId?.subarray(0, identifierBytes) ?? null,
      remoteId: lease.remoteId?.subarray(0, identifierBytes) ?? null,
      // Half a surrogate pair is no character to a database: it becomes U+FFFD.
      hostname: Buffer.from(lease.hostname.slice(0, hostnameChars)).toString(),
      // Half a JSON document is no document.
      userContext: contextTooLong ? null : lease.userContext,
    };
    return { lease: fitted, cut: true };
  },
};

function client4(client: ClientKey): Extract<ClientKey, { family: 4 }> {
  if (client.family !== 4) throw new TypeError('a DHCPv6 client cannot own a DHCPv4 lease');
  return client;
}

function contextText(lease: Lease4): string | null {
  return lease.userContext ? JSON.stringify(lease.userContext) : null;
}
