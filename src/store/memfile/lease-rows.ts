// Leases as rows of Kea's lease files, both families: columns, encoding, decoding.
import { formatHex } from '../../addr/hex.ts';
import { formatIpv4, tryParseIpv4 } from '../../addr/ipv4.ts';
import { infiniteLifetime, type Lease, type Lease4, type LeaseState } from '../lease.ts';
import { CsvRow, escapeField, RowError } from './csv-row.ts';

/** How one family's leases look in a lease file. */
export interface LeaseRows<L extends Lease> {
  readonly columns: readonly string[];
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
  encode: (lease) =>
    [
      formatIpv4(lease.address),
      formatHex(lease.hwaddr),
      lease.clientId ? formatHex(lease.clientId) : '',
      lease.validLifetime,
      lease.cltt + lease.validLifetime,
      lease.subnetId,
      lease.fqdnFwd ? 1 : 0,
      lease.fqdnRev ? 1 : 0,
      escapeField(lease.hostname),
      lease.state,
      lease.userContext ? escapeField(JSON.stringify(lease.userContext)) : '',
      lease.poolId,
    ].join(','),
  encodeGone: (lease) => lease4Rows.encode({ ...lease, validLifetime: 0, state: 0, userContext: null }),
  decode(row) {
    const addressText = row.text('address');
    const address = tryParseIpv4(addressText);
    if (address === undefined) throw new RowError(`address '${addressText}' is not an IPv4 address`);
    const validLifetime = row.integer('valid_lifetime', undefined, max32);
    const relay = relayIdentifiers(row);
    return {
      family: 4,
      address,
      hwaddr: row.bytes('hwaddr') ?? new Uint8Array(0),
      clientId: row.bytes('client_id'),
      validLifetime,
      cltt: clttOf(row.integer('expire'), validLifetime),
      subnetId: row.integer('subnet_id', undefined, max32),
      fqdnFwd: row.flag('fqdn_fwd'),
      fqdnRev: row.flag('fqdn_rev'),
      hostname: row.text('hostname'),
      state: stateOf(row),
      userContext: relay.context,
      poolId: row.integer('pool_id', 0, max32),
      relayId: relay.relayId,
      remoteId: relay.remoteId,
    };
  },
};

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
function relayIdentifiers(row: CsvRow): {
  context: Lease4['userContext'];
  relayId: Uint8Array | null;
  remoteId: Uint8Array | null;
} {
  const context = row.context('user_context');
  const isc = context?.['ISC'] as { 'relay-agent-info'?: { 'relay-id'?: unknown; 'remote-id'?: unknown } };
  const info = isc?.['relay-agent-info'];
  const bytes = (value: unknown): Uint8Array | null =>
    typeof value === 'string' && /^(0x)?([0-9a-fA-F]{2})+$/.test(value)
      ? Uint8Array.from(Buffer.from(value.replace(/^0x/, ''), 'hex'))
      : null;
  return { context, relayId: bytes(info?.['relay-id']), remoteId: bytes(info?.['remote-id']) };
}
