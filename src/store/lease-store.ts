// What the engine asks of a lease store: few verbs, named by intent, taking lists.
// The contract is test/store/lease-store-contract.ts, run on every backend.
import type { Address } from '../addr/family.ts';
import type { Lease } from './lease.ts';

/** Who a lease belongs to, as far as a packet tells. v4: client-id and hwaddr; v6: duid + iaid + type. */
export type ClientKey =
  | {
      readonly family: 4;
      readonly clientId: Uint8Array | null;
      readonly hwaddr: Uint8Array;
      /** {@link ownerKeys} of it, where they were made already. */
      readonly keys?: readonly string[];
    }
  | {
      readonly family: 6;
      readonly duid: Uint8Array;
      readonly iaid: number;
      readonly type: 0 | 2;
      readonly keys?: readonly string[];
    };

/** One lookup: the client's own leases in these subnets, and what holds these addresses. One round trip. */
export interface LeaseQuery<L extends Lease = Lease> {
  readonly client: ClientKey | null;
  /** Subnets to search for the client's leases; `null` means all. */
  readonly subnetIds: readonly number[] | null;
  /** Addresses whose rows are wanted, whoever holds them (candidates, requested address). */
  readonly addresses: readonly L['address'][];
  /** Must be given where they are delegated prefixes: of this length, and so is what is set aside. */
  readonly delegatedLength?: number | undefined;
  /** Sets an address aside for `client` (which must be given), before any row is read. */
  readonly hold?: OfferHold<L> | undefined;
}

/** An address that is about to be offered: meanwhile no other client may be offered it, whatever server it asks. */
export interface OfferHold<L extends Lease = Lease> {
  readonly address: L['address'];
  /** The subnet whose servers have to agree. */
  readonly subnetId: number;
  readonly seconds: number;
  /** The address is the client's by a reservation: no server offers it to anybody else. */
  readonly isReserved?: boolean;
  /** Not only this server may be asked for what it offers: each must be able to see it. */
  readonly isPublic?: boolean;
}

export interface LeaseFindings<L extends Lease = Lease> {
  /** Rows matching the client's identifiers (v4: client-id equal, or hwaddr equal), any state. */
  readonly own: readonly L[];
  /** Rows found among `addresses`. An address without a row is free. */
  readonly held: readonly L[];
  /** Database time of the lookup, seconds since the epoch: the clock that judges expiry. */
  readonly now: number;
  /**
   * What became of `hold`. `taken`: set aside for another client. `later`: the servers of the subnet are just agreeing
   * on how to keep offers apart, which takes seconds at most; until then no new address may be offered.
   */
  readonly hold?: 'held' | 'taken' | 'later';
  /** Those of `addresses` that are set aside for other clients. A claim does not look at this: the asker has to. */
  readonly offered?: readonly L['address'][];
}

/**
 * One conditional write. All are judged by the store against the current row, in one transaction per batch:
 * - `claim`: give `lease.address` to this client: no row, or the client's own row in state 0, 2, 3 or 4, or
 *   anybody's row that is expired, reclaimed (2) or released (3). Else `conflict` with the holder's row.
 *   A declined row (1) can be claimed by nobody before its probation ended.
 *   Renewals are claims too; `alsoRemove` deletes the same client's row at another address in the same transaction. `cltt` of the row becomes the store's clock when the batch runs.
 *   `seen`: the row at the address as the writer last saw it, null when there was none. It decides nothing; while it is
 *   still so the write is cheaper.
 *   `onlyAsSeen`: nothing is written, and the outcome is `absent`, unless the row is exactly the one that was seen. Also
 *   where the store would have to look again to find out: the writer looks and decides anew.
 *   `reassign`: also overwrite when the row in the store still equals this one (reserved address taken back).
 * - `release`: the client's own row in state 0: deleted, or state 3 with lifetime 0 when `keep`.
 * - `decline`: the client's own row in state 0, not expired: state 1, identifiers stripped, lifetime = `probation`.
 * - `remove`: delete the row if it still belongs to this client (old lease after a move), or any row when client is null.
 * - `replace`: overwrite (or with null delete) the row if owner, state, subnet and expiry are still as `expected`;
 *   else `conflict` or `absent`. Reclamation by several servers at once rests on it.
 * - `put`: unconditional insert or overwrite (management commands, lease updates from a partner).
 */
export type LeaseWrite<L extends Lease = Lease> =
  | {
      readonly verb: 'claim';
      readonly client: ClientKey;
      readonly lease: L;
      readonly alsoRemove?: L['address'];
      readonly reassign?: L;
      readonly seen?: L | null;
      readonly onlyAsSeen?: boolean;
    }
  | {
      readonly verb: 'release';
      readonly client: ClientKey;
      readonly address: L['address'];
      readonly keep: boolean;
    }
  | {
      readonly verb: 'decline';
      readonly client: ClientKey;
      readonly address: L['address'];
      readonly probation: number;
    }
  | { readonly verb: 'remove'; readonly client: ClientKey | null; readonly address: L['address'] }
  | { readonly verb: 'put'; readonly lease: L }
  | {
      readonly verb: 'replace';
      readonly address: L['address'];
      readonly expected: L;
      readonly by: L | null;
    };

/**
 * Resolved only after the batch's commit. `before`: the row that was there, null when none.
 * `after`: the row as committed (null when deleted). `removed`: the row that `alsoRemove` deleted, when it did.
 * A `release` or `decline` of the client's own row in an unfitting state (or expired) is a `conflict` with that row.
 */
export type WriteOutcome<L extends Lease = Lease> =
  | {
      readonly result: 'done';
      readonly before: L | null;
      readonly after: L | null;
      readonly removed?: L;
    }
  | { readonly result: 'conflict'; readonly holder: L }
  | { readonly result: 'absent' };

export interface ReclaimOptions {
  /** At most this many rows; 0 = unlimited. */
  readonly limit: number;
  /** Delete instead of keeping state 2 for affinity. */
  readonly remove: boolean;
}

export interface LeasePage<L extends Lease = Lease> {
  readonly leases: readonly L[];
}

export interface AddressRange<L extends Lease = Lease> {
  readonly first: L['address'];
  readonly last: L['address'];
  /** Prefixes of this length are looked for instead of addresses (DHCPv6). */
  readonly delegatedLength?: number;
}

/** Leases per subnet, pool and state: what `lease4_pool_stat` says. */
export interface LeaseCount {
  readonly subnetId: number;
  readonly poolId: number;
  readonly leaseType: number;
  readonly state: number;
  readonly leases: number;
}

/**
 * The batching store the engine uses: single items in, batches to the backend.
 * Every method rejects with FlotillaError (STORE_CLOSED, DATABASE_…, LEASE_FILE) when nothing was decided;
 * then nothing may be answered.
 */
export interface LeaseStore<L extends Lease = Lease> {
  readonly backend: 'mysql' | 'memfile';
  find(query: LeaseQuery<L>): Promise<LeaseFindings<L>>;
  write(write: LeaseWrite<L>): Promise<WriteOutcome<L>>;
  /** Expired leases, oldest first, moved to state 2 (declined ones and `remove`: deleted). Returns the rows as they were. */
  reclaim(options: ReclaimOptions): Promise<readonly L[]>;
  /** Up to `limit` expired leases, oldest first, as `reclaim` would take them: nothing changes. */
  expired(limit: number): Promise<readonly L[]>;
  /** Deletes state-2 rows older than `holdSeconds` after their expiry. Returns how many. */
  flushReclaimed(holdSeconds: number): Promise<number>;
  /** Rows of any of these client identifiers (v4) or DUIDs (v6), in any subnet and state, in no order; never declined ones. */
  ofClients(identifiers: readonly Uint8Array[]): Promise<readonly L[]>;
  /** Rows with address > `after` in ascending order (management commands, reports). */
  page(after: L['address'] | null, limit: number, subnetIds: readonly number[] | null): Promise<LeasePage<L>>;
  /**
   * Up to `limit` addresses inside `ranges` that nobody holds (no row, or a row that a claim may overwrite),
   * ascending from `start` and wrapping to the first range. For pools that are nearly full: cost does not grow with use.
   * With `client`, addresses set aside for others are left out.
   */
  findFree(
    ranges: readonly AddressRange<L>[],
    start: L['address'],
    limit: number,
    client?: ClientKey,
  ): Promise<readonly L['address'][]>;
  counts(): Promise<readonly LeaseCount[]>;
  /** No other server offers addresses of the subnet just now, as far as is known here. */
  isAlone(subnetId: number): boolean;
  /**
   * An address of the subnet inside `ranges` that other servers leave to this one, most likely free; setting it aside for a
   * client costs least. Null: there is none at hand. Whoever does not use it withdraws it.
   */
  takeReserved(subnetId: number, ranges: readonly AddressRange[]): Address | null;
  /** The address that was set aside for the client is not offered after all. Takes effect soon, and cannot fail. */
  withdraw(address: L['address'], client: ClientKey): void;
  /** Finishes what was accepted, then refuses more. */
  close(): Promise<void>;
}

/** What a storage backend implements; {@link LeaseStore} is made from it by batching.ts. Outcomes are per item, in order. */
export interface LeaseBackend<L extends Lease = Lease> extends Omit<LeaseStore<L>, 'find' | 'write'> {
  findAll(queries: readonly LeaseQuery<L>[]): Promise<LeaseFindings<L>[]>;
  writeAll(writes: readonly LeaseWrite<L>[]): Promise<WriteOutcome<L>[]>;
}
