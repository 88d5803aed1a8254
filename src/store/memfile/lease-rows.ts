// Leases as rows of Kea's lease files, both families: columns, encoding, decoding.
import { formatHex } from '../../addr/hex.ts';
import { formatIpv4, tryParseIpv4 } from '../../addr/ipv4.ts';
import { formatIpv6, tryParseIpv6 } from '../../addr/ipv6.ts';
import {
  infiniteLifetime,
  type Lease,
  type Lease4,
  type Lease6,
  type LeaseCommon,
  type LeaseState,
} from '../lease.ts';
import { CsvRow, escapeField, RowError } from './csv-row.ts';

/** How one family's leases look in a lease file. */
export interface LeaseRows<L extends Lease> {
  readonly columns: readonly string[];
  /** Columns that the first version of the format already had. */
  readonly required: readonly string[];
  encode(lease: L): string;
  /** Throws RowError. */
  decode(row: CsvRow): L;
  /** The row that says: this address has no lease any more. */
  encodeGone(lease: L): string;
}

/** Index of each column by its name. */
export function columnIndex(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}

/** For rows with the columns of today, as `encode` makes them. */
export function rowDecoder<L extends Lease>(rows: LeaseRows<L>): (text: string) => L {
  const index = columnIndex(rows.columns);
  return (text) => rows.decode(new CsvRow(index, text.split(',')));
}

/** Lifetime 0 means gone, except for a released lease, which is kept for its client. */
export function saysGone(lease: Lease): boolean {
  return lease.validLifetime === 0 && lease.state !== 3;
}

const max32 = 0xffffffff;

/** kea-leases4.csv, version 3.0 of the file format. */
export const lease4Rows: LeaseRows<Lease4> = {
  columns: [
    'address',
    'hwaddr',
    'client_id',
    'valid_lifetime',
    'expire',
    'subnet_id',
    'fqdn_fwd',
    'fqdn_rev',
    'hostname',
    'state',
    'user_context',
    'pool_id',
  ],
  required: ['address', 'valid_lifetime', 'expire', 'subnet_id'],
  encode: (lease) =>
    [
      formatIpv4(lease.address),
      formatHex(lease.hwaddr),
      lease.clientId ? formatHex(lease.clientId) : '',
      lifetimeAndSubnet(lease),
      name(lease),
      lease.state,
      context(lease),
      lease.poolId,
    ].join(','),
  encodeGone: (lease) => lease4Rows.encode({ ...lease, validLifetime: 0, state: 0, userContext: null }),
  decode(row) {
    const common = commonOf(row);
    return {
      family: 4,
      address: addressOf(row, tryParseIpv4, 'an IPv4 address'),
      hwaddr: row.bytes('hwaddr') ?? nobody,
      clientId: row.bytes('client_id'),
      ...common,
      ...relayIdentifiers(common.userContext),
    };
  },
};

/** kea-leases6.csv, version 5.0 of the file format. */
export const lease6Rows: LeaseRows<Lease6> = {
  columns: [
    'address',
    'duid',
    'valid_lifetime',
    'expire',
    'subnet_id',
    'pref_lifetime',
    'lease_type',
    'iaid',
    'prefix_len',
    'fqdn_fwd',
    'fqdn_rev',
    'hostname',
    'hwaddr',
    'state',
    'user_context',
    'hwtype',
    'hwaddr_source',
    'pool_id',
  ],
  required: [
    'address',
    'duid',
    'valid_lifetime',
    'expire',
    'subnet_id',
    'pref_lifetime',
    'lease_type',
    'iaid',
    'prefix_len',
  ],
  encode: (lease) =>
    [
      formatIpv6(lease.address),
      formatHex(lease.duid),
      lifetimeAndSubnet(lease),
      lease.preferredLifetime,
      lease.type,
      lease.iaid,
      lease.prefixLength,
      name(lease),
      lease.hwaddr ? formatHex(lease.hwaddr) : '',
      lease.state,
      context(lease),
      lease.hwaddrType ?? '',
      lease.hwaddrSource ?? '',
      lease.poolId,
    ].join(','),
  encodeGone: (lease) =>
    lease6Rows.encode({ ...lease, validLifetime: 0, preferredLifetime: 0, state: 0, userContext: null }),
  decode(row) {
    const type = row.integer('lease_type');
    if (type !== 0 && type !== 2) throw new RowError(`lease_type ${type} is neither IA_NA (0) nor IA_PD (2)`);
    return {
      family: 6,
      address: addressOf(row, tryParseIpv6, 'an IPv6 address'),
      prefixLength: row.integer('prefix_len', undefined, 128),
      type,
      duid: row.bytes('duid') ?? nobody,
      iaid: row.integer('iaid', undefined, max32),
      preferredLifetime: row.integer('pref_lifetime', undefined, max32),
      hwaddr: row.bytes('hwaddr'),
      hwaddrType: integerOrNull(row, 'hwtype', 0xffff),
      hwaddrSource: integerOrNull(row, 'hwaddr_source', max32),
      ...commonOf(row),
    };
  },
};

const nobody = new Uint8Array(0);

const lifetimeAndSubnet = ({ validLifetime, cltt, subnetId }: Lease): string =>
  `${validLifetime},${cltt + validLifetime},${subnetId}`;

const name = ({ fqdnFwd, fqdnRev, hostname }: Lease): string =>
  `${fqdnFwd ? 1 : 0},${fqdnRev ? 1 : 0},${escapeField(hostname)}`;

const context = ({ userContext }: Lease): string =>
  userContext ? escapeField(JSON.stringify(userContext)) : '';

function addressOf<A>(row: CsvRow, parse: (text: string) => A | undefined, what: string): A {
  const text = row.text('address');
  const address = parse(text);
  if (address === undefined) throw new RowError(`address '${text}' is not ${what}`);
  return address;
}

function commonOf(row: CsvRow): LeaseCommon {
  const validLifetime = row.integer('valid_lifetime', undefined, max32);
  return {
    validLifetime,
    cltt: clttOf(row.integer('expire'), validLifetime),
    subnetId: row.integer('subnet_id', undefined, max32),
    fqdnFwd: row.flag('fqdn_fwd'),
    fqdnRev: row.flag('fqdn_rev'),
    hostname: row.text('hostname'),
    state: stateOf(row),
    userContext: row.context('user_context'),
    poolId: row.integer('pool_id', 0, max32),
  };
}

/** Empty where it is unknown. */
function integerOrNull(row: CsvRow, column: string, max: number): number | null {
  return row.text(column, '') === '' ? null : row.integer(column, undefined, max);
}

/** An infinite lease of a database dump has expire = cltt; in a lease file it is the sum. */
function clttOf(expire: number, validLifetime: number): number {
  if (validLifetime === infiniteLifetime && expire < infiniteLifetime) return expire;
  return expire - validLifetime;
}

function stateOf(row: CsvRow): LeaseState {
  const state = row.integer('state', 0);
  if (state > 4) throw new RowError(`state ${state} is unknown`);
  return state as LeaseState;
}

/** The file has no relay columns; Kea's extended information in the user context does carry both identifiers. */
function relayIdentifiers(context: Lease4['userContext']): Pick<Lease4, 'relayId' | 'remoteId'> {
  const isc = context?.['ISC'] as { 'relay-agent-info'?: { 'relay-id'?: unknown; 'remote-id'?: unknown } };
  const info = isc?.['relay-agent-info'];
  const bytes = (value: unknown): Uint8Array | null =>
    typeof value === 'string' && /^(0x)?([0-9a-fA-F]{2})+$/.test(value)
      ? Uint8Array.from(Buffer.from(value.replace(/^0x/, ''), 'hex'))
      : null;
  return { relayId: bytes(info?.['relay-id']), remoteId: bytes(info?.['remote-id']) };
}
