// Leases as every store keeps them. Contract: Kea's lease4 and lease6 tables.

/** Kea's lease states. */
export const leaseState = {
  default: 0,
  declined: 1,
  expiredReclaimed: 2,
  released: 3,
  registered: 4,
} as const;
export type LeaseState = (typeof leaseState)[keyof typeof leaseState];

/** A lifetime that never ends (RFC 2131 §3.3). */
export const infiniteLifetime = 0xffffffff;

/** What the leases of both families have. */
export interface LeaseCommon {
  /** Seconds. */
  validLifetime: number;
  /** Client's last transaction time, seconds since the epoch. Expiry is `cltt + validLifetime`. */
  cltt: number;
  subnetId: number;
  /** Kea pool identifier; 0 when the pool has none. */
  poolId: number;
  fqdnFwd: boolean;
  fqdnRev: boolean;
  hostname: string;
  state: LeaseState;
  userContext: Readonly<Record<string, unknown>> | null;
}

export interface Lease4 extends LeaseCommon {
  readonly family: 4;
  /** Unsigned 32-bit. */
  address: number;
  hwaddr: Uint8Array;
  clientId: Uint8Array | null;
  relayId: Uint8Array | null;
  remoteId: Uint8Array | null;
}

export interface Lease6 extends LeaseCommon {
  readonly family: 6;
  /** 128-bit. */
  address: bigint;
  prefixLength: number;
  /** 0 IA_NA, 2 IA_PD. */
  type: 0 | 2;
  duid: Uint8Array;
  iaid: number;
  preferredLifetime: number;
  hwaddr: Uint8Array | null;
  hwaddrType: number | null;
  hwaddrSource: number | null;
}

export type Lease = Lease4 | Lease6;

/** True when the lease ran out before `now` (seconds). Infinite leases never do. */
export function isExpired(lease: Lease, now: number): boolean {
  return lease.validLifetime !== infiniteLifetime && lease.cltt + lease.validLifetime < now;
}
