// Leases and clients of the store tests, made from a number; the same for both families, and for addresses and prefixes.
import type { Lease, Lease4, Lease6, LeaseState } from '../../src/store/lease.ts';
import type { LeaseSql } from '../../src/store/mysql/lease-sql.ts';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import { lease6Sql } from '../../src/store/mysql/lease6-rows.ts';
import type { AddressRange, ClientKey, LeaseQuery, LeaseWrite } from '../../src/store/lease-store.ts';

/** What tests change about a lease whatever its family. */
export interface Changes {
  validLifetime?: number;
  cltt?: number;
  subnetId?: number;
  poolId?: number;
  fqdnFwd?: boolean;
  hostname?: string;
  state?: LeaseState;
  userContext?: Lease['userContext'];
}

/** Makes the leases of one kind. */
export interface LeaseMaker<L extends Lease = Lease> {
  readonly kind: string;
  readonly table: LeaseSql<L>;
  readonly leaseType: 0 | 2;
  readonly address: (n: number) => L['address'];
  readonly numberOf: (address: L['address']) => number;
  readonly client: (n: number) => ClientKey;
  /** Address number `n`, given to client `who`. */
  readonly lease: (n: number, more?: Changes, who?: number) => L;
  /** Number of the client that has it. */
  readonly ownerOf: (lease: L) => number;
  /** The owner of a declined row. */
  readonly nobody: Partial<L>;
  /** A client that a declined row must not be taken for the lease of. */
  readonly nobodysClient: (n: number) => ClientKey;
  readonly range: (first: number, last: number) => AddressRange<L>;
  /** What a lookup of these addresses must say besides. */
  readonly units: Pick<LeaseQuery<L>, 'delegatedLength'>;
  /** Client `who`, by default number `n`, claims address number `n`. */
  readonly claim: (n: number, more?: Changes, who?: number) => Extract<LeaseWrite<L>, { verb: 'claim' }>;
}

/** 10.20.0.0 and up. */
export const hostAddress = (n: number): number => 0x0a140000 + n;

export function client4(n: number): Extract<ClientKey, { family: 4 }> {
  return { family: 4, clientId: null, hwaddr: Uint8Array.of(2, 1, n >>> 24, n >>> 16, n >>> 8, n) };
}

const lastNumber = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4);

const unnamed = {
  validLifetime: 3600,
  cltt: 0,
  subnetId: 1,
  poolId: 0,
  fqdnFwd: false,
  fqdnRev: false,
  hostname: '',
  state: 0,
  userContext: null,
} as const;

export function lease4(n: number, more: Partial<Lease4> = {}): Lease4 {
  return {
    ...unnamed,
    family: 4,
    address: hostAddress(n),
    hwaddr: client4(n).hwaddr,
    clientId: null,
    relayId: null,
    remoteId: null,
    ...more,
  };
}

/** Client `who`, by default number `n`, claims address number `n`. */
export const claimBy = (n: number, more: Partial<Lease4> = {}, who = n): LeaseWrite<Lease4> => ({
  verb: 'claim',
  client: client4(who),
  lease: lease4(n, { ...client4(who), ...more }),
});

export const leases4: LeaseMaker<Lease4> = {
  kind: 'DHCPv4',
  table: lease4Sql,
  leaseType: 0,
  address: hostAddress,
  numberOf: (address) => address - hostAddress(0),
  client: client4,
  lease: (n, more, who = n) => lease4(n, { ...more, hwaddr: client4(who).hwaddr }),
  ownerOf: ({ hwaddr }) => lastNumber(hwaddr),
  nobody: { hwaddr: new Uint8Array(0), clientId: null },
  nobodysClient: () => ({ ...client4(0), hwaddr: new Uint8Array(0) }),
  range: (first, last) => ({ first: hostAddress(first), last: hostAddress(last) }),
  units: {},
  claim: (n, more, who = n) => ({
    verb: 'claim',
    client: client4(who),
    lease: lease4(n, { ...more, hwaddr: client4(who).hwaddr }),
  }),
};

type Client6 = Extract<ClientKey, { family: 6 }>;

/** 2001:db8:0:1::/64 from its first address, or the /56 prefixes from 2001:db8:1:: on. */
const kinds6 = {
  0: { kind: 'DHCPv6 addresses', first: 0x2001_0db8_0000_0001n << 64n, length: 128 },
  2: { kind: 'DHCPv6 prefixes', first: 0x2001_0db8_0001_0000n << 64n, length: 56 },
} as const;

export function client6(n: number, type: 0 | 2 = 0): Client6 {
  const duid = Uint8Array.of(0, 3, 0, 1, 2, 1, n >>> 24, n >>> 16, n >>> 8, n);
  // Many clients have the same IAID.
  return { family: 6, duid, iaid: n % 3, type };
}

export function lease6(n: number, more: Partial<Lease6> = {}): Lease6 {
  const { type = 0 } = more;
  const { first, length } = kinds6[type];
  const { duid, iaid } = client6(n);
  return {
    ...unnamed,
    family: 6,
    address: first + (BigInt(n) << BigInt(128 - length)),
    prefixLength: length,
    type,
    duid,
    iaid,
    preferredLifetime: 1800,
    hwaddr: null,
    hwaddrType: null,
    hwaddrSource: null,
    ...more,
  };
}

function leases6(type: 0 | 2): LeaseMaker<Lease6> {
  const { kind, first, length } = kinds6[type];
  const units = type === 2 ? { delegatedLength: length } : {};
  const address = (n: number): bigint => lease6(n, { type }).address;
  const lease = (n: number, more: Changes = {}, who = n): Lease6 => {
    const { duid, iaid } = client6(who);
    return lease6(n, { ...more, type, duid, iaid });
  };
  return {
    kind,
    table: lease6Sql,
    leaseType: type,
    address,
    numberOf: (of) => Number((of - first) >> BigInt(128 - length)),
    client: (n) => client6(n, type),
    lease,
    ownerOf: ({ duid }) => lastNumber(duid),
    nobody: { duid: new Uint8Array(3), preferredLifetime: 0 },
    nobodysClient: (n) => ({ ...client6(n, type), duid: new Uint8Array(3) }),
    range: (from, to) => ({ first: address(from), last: address(to), ...units }),
    units,
    claim: (n, more, who = n) => ({
      verb: 'claim',
      client: client6(who, type),
      lease: lease(n, more, who),
    }),
  };
}

export const addresses6 = leases6(0);
export const prefixes6 = leases6(2);

export const makers = { leases4, addresses6, prefixes6 } as const;
