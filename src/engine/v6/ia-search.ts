// One IA_NA or IA_PD of a message: what the client wants, what the stores know of it, and what it is given.
import type { Subnet } from '../../config/snapshot.ts';
import type { HostIdentifier } from '../../store/host-store.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { ClientKey } from '../../store/lease-store.ts';
import { ownerKeys } from '../../store/lease-owner.ts';
import { decodeIa6, iaAddresses6, iaPrefixes6, type Ia6 } from '../../wire/v6/ia.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Status6 } from '../../wire/v6/status.ts';
import type { Draw } from '../../alloc/allocator.ts';
import { noOffers, type AddressSearch, type OfferState } from '../address-search.ts';
import type { LeaseType } from '../eligible.ts';
import type { FoundReservations } from '../packet-context.ts';
import type { Engine6, Transaction6 } from './transaction.ts';

/** An address, or a prefix, that the client names in an IA. */
export interface Hint6 {
  /** 0n: any; with a length, any prefix of that length (RFC 8415 §18.2.1, RFC 8168). */
  readonly address: bigint;
  /** 128 for addresses; 0: any. */
  readonly length: number;
  /** Seconds; 0: the client does not say. */
  readonly preferred: number;
  readonly valid: number;
}

/** A lease as the answer announces it. */
export interface IaGrant {
  readonly lease: Lease6;
  /** Seconds: less than the lease's own when it was reused without a write. */
  readonly preferred: number;
  readonly valid: number;
  /** It is announced as it stands in the store. */
  readonly isReused: boolean;
}

type ClientKey6 = Extract<ClientKey, { family: 6 }>;

export class IaSearch implements AddressSearch<Lease6> {
  readonly t: Transaction6;
  readonly leaseType: LeaseType;
  readonly ia: Ia6;
  /** In the order of the message. */
  readonly hints: readonly Hint6[];
  readonly isOfferPublic = false;
  client: ClientKey6 | null = null;
  own: readonly Lease6[] = [];
  isRecalled = false;
  readonly held = new Map<bigint, Lease6 | null>();
  offers: ReadonlyMap<bigint, OfferState> = noOffers;
  now = 0;
  readonly draws: { readonly subnet: Subnet; readonly draw: Draw }[] = [];

  readonly grants: IaGrant[] = [];
  /** What the client must stop using: announced with lifetimes of 0. */
  readonly withdrawn: { readonly address: bigint; readonly length: number }[] = [];
  /** Instead of leases, or of their absence. */
  status: Status6 | null = null;
  /** A callout refused a lease: nothing else is tried. */
  isRefused = false;
  /** Addresses that others took at the last moment. */
  tries = 0;

  /** Throws WireError. */
  constructor(t: Transaction6, leaseType: LeaseType, bytes: Uint8Array) {
    this.t = t;
    this.leaseType = leaseType;
    this.ia = decodeIa6(bytes);
    this.hints = leaseType === 2 ? prefixHints(this.ia) : addressHints(this.ia);
    if (t.duid) {
      const client = { family: 6, duid: t.duid, iaid: this.ia.iaid, type: leaseType } as const;
      const { family, duid, iaid, type } = client;
      // Field by field: a spread costs ten times as much.
      this.client = { family, duid, iaid, type, keys: ownerKeys(client) };
    }
  }

  get code(): number {
    return this.leaseType === 2 ? option6.iaPd : option6.iaNa;
  }
  get engine(): Engine6 {
    return this.t.engine;
  }
  get snapshot() {
    return this.t.snapshot;
  }
  get classes() {
    return this.t.classes;
  }
  get packet() {
    return this.t.packet;
  }
  get hooks() {
    return this.t.hooks;
  }
  get subnet(): Subnet | null {
    return this.t.subnet;
  }
  set subnet(subnet: Subnet | null) {
    this.t.subnet = subnet;
  }
  get identifiers(): readonly HostIdentifier[] {
    return this.t.identifiers;
  }
  set identifiers(identifiers: readonly HostIdentifier[]) {
    this.t.identifiers = identifiers;
  }
  get flexId(): HostIdentifier | null | undefined {
    return this.t.flexId;
  }
  set flexId(flexId: HostIdentifier | null | undefined) {
    this.t.flexId = flexId;
  }
  get reservations(): FoundReservations {
    return this.t.reservations;
  }
  set reservations(reservations: FoundReservations) {
    this.t.reservations = reservations;
  }
}

/** The IAs of a message in its order; IA_TA is not served (RFC 8415 §13.2 leaves it to the server). Throws WireError. */
export function searchesOf(t: Transaction6): IaSearch[] {
  const { codes, values } = t.query.options;
  const found: IaSearch[] = [];
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === option6.iaNa) found.push(new IaSearch(t, 0, values[i]!));
    else if (codes[i] === option6.iaPd) found.push(new IaSearch(t, 2, values[i]!));
  }
  return found;
}

const addressHints = ({ options }: Ia6): Hint6[] =>
  iaAddresses6(options).map(({ address, preferredLifetime: preferred, validLifetime: valid }) => ({
    address,
    length: 128,
    preferred,
    valid,
  }));

const prefixHints = ({ options }: Ia6): Hint6[] =>
  iaPrefixes6(options).map(({ prefix, length, preferredLifetime: preferred, validLifetime: valid }) => ({
    address: prefix,
    length,
    preferred,
    valid,
  }));
