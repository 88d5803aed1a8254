// What the steps of both protocols know of a packet and of its server: v4/transaction.ts and v6/transaction.ts add their own.
import type { Allocator } from '../alloc/allocator.ts';
import type { Address, Family } from '../addr/family.ts';
import type { Snapshot, Subnet } from '../config/snapshot.ts';
import type { ExpressionPacket } from '../expr/expression.ts';
import type { Logger } from '../log.ts';
import type { Transport } from '../net/transport.ts';
import type { Host, HostIdentifier, HostStore } from '../store/host-store.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { ClassList } from './class-list.ts';
import type { HookScope } from './hooks.ts';
import type { KnownLeases } from './known-leases.ts';
import type { LeaseUsage } from './lease-usage.ts';
import type { NetworkState } from './network-state.ts';
import type { RecentOffers } from './recent-offers.ts';
import type { Statistics } from './statistics.ts';
import type { SubnetPreference } from './subnet-preference.ts';

/** What every packet of one server shares, whatever its protocol. */
export interface EngineServices<F extends Family, L extends Lease> {
  readonly family: F;
  readonly leases: LeaseStore<L>;
  readonly hosts: HostStore;
  readonly transport: Transport<F>;
  readonly statistics: Statistics;
  readonly usage: LeaseUsage;
  readonly log: Logger;
  readonly networkState: NetworkState;
  readonly allocator: Allocator;
  readonly preference: SubnetPreference;
  readonly recentOffers: RecentOffers<L>;
  /** Null where looking leases up costs no trip. */
  readonly knownLeases: KnownLeases<L> | null;
  /** `-p`: where relays are answered. `-P`: where clients are answered. */
  readonly serverPort: number;
  readonly clientPort: number;
}

/** Reservations found for the client, and those of addresses that were asked about. */
export interface FoundReservations {
  global: Host | null;
  readonly bySubnet: Map<number, Host>;
  /** Addresses whose reservations are known. */
  readonly asked: Set<Address>;
  readonly byAddress: Host[];
}

/** The client's place in the configuration: all that says which subnets and pools it may use. */
export interface ClientPlace {
  /** The configuration this packet is answered with, whatever comes later. */
  readonly snapshot: Snapshot;
  readonly classes: ClassList;
  subnet: Subnet | null;
}

export interface PacketContext extends ClientPlace {
  readonly engine: Pick<EngineServices<Family, Lease>, 'family' | 'hosts' | 'log' | 'usage' | 'preference'>;
  /** The hook libraries that this packet meets; null = none. */
  readonly hooks: HookScope | null;
  readonly packet: ExpressionPacket;
  identifiers: readonly HostIdentifier[];
  /** The flexible identifier that callouts gave; undefined = not asked yet. */
  flexId: HostIdentifier | null | undefined;
  /** Written through {@link reservationsOf}. */
  reservations: FoundReservations;
}

/** What most packets have none of is shared until one has. */
export const noReservations: FoundReservations = Object.freeze({
  global: null,
  bySubnet: new Map<number, Host>(),
  asked: new Set<Address>(),
  byAddress: [],
});

export function reservationsOf(t: Pick<PacketContext, 'reservations'>): FoundReservations {
  if (t.reservations === noReservations)
    t.reservations = { global: null, bySubnet: new Map(), asked: new Set(), byAddress: [] };
  return t.reservations;
}

/** The reservation whose options, names and fields the reply uses: of the final subnet, else the global one where it counts. */
export function currentHost(t: Pick<PacketContext, 'subnet' | 'reservations'>): Host | null {
  if (!t.subnet) return null;
  const host = t.reservations.bySubnet.get(t.subnet.id);
  return host ?? (t.subnet.parameters.reservationsGlobal ? t.reservations.global : null);
}
