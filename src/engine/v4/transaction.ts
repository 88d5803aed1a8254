// One DHCPv4 packet on its way through the pipeline: what the steps learned so far.
import type { Allocator, Draw } from '../../alloc/allocator.ts';
import type { Snapshot, Subnet } from '../../config/snapshot.ts';
import type { ExpressionPacket } from '../../expr/expression.ts';
import type { Logger } from '../../log.ts';
import type { InboundDatagram, OutboundDatagram, Transport } from '../../net/transport.ts';
import type { Host, HostIdentifier, HostStore } from '../../store/host-store.ts';
import type { Lease4 } from '../../store/lease.ts';
import type { ClientKey, LeaseStore, WriteOutcome } from '../../store/lease-store.ts';
import type { ClientFqdn4 } from '../../wire/v4/fqdn.ts';
import type { Message4 } from '../../wire/v4/message.ts';
import type { ClassList } from '../class-list.ts';
import type { HookScope, Query4, Response4 } from '../hooks.ts';
import type { LeaseUsage } from '../lease-usage.ts';
import type { NetworkState } from '../network-state.ts';
import type { OptionAssembler } from '../option-scopes.ts';
import type { RecentOffers } from '../recent-offers.ts';
import type { Statistics } from '../statistics.ts';
import type { ServerIdentifiers } from './server-identifiers.ts';
import type { SubnetPreference } from './subnet-preference.ts';

export type ClientKey4 = Extract<ClientKey, { family: 4 }>;

/** What every packet of one server shares. */
export interface Engine4 {
  readonly leases: LeaseStore<Lease4>;
  readonly hosts: HostStore;
  readonly transport: Transport;
  readonly statistics: Statistics;
  readonly usage: LeaseUsage;
  readonly log: Logger;
  readonly networkState: NetworkState;
  readonly allocator: Allocator;
  readonly preference: SubnetPreference;
  readonly recentOffers: RecentOffers<Lease4>;
  readonly options: OptionAssembler;
  readonly serverIdentifiers: ServerIdentifiers;
  /** `-p`: where relays are answered. `-P`: where clients are answered. */
  readonly serverPort: number;
  readonly clientPort: number;
}

/** Reservations found for the client, and those of addresses that were asked about. */
export interface FoundReservations {
  global: Host | null;
  readonly bySubnet: Map<number, Host>;
  /** Addresses whose reservations are known. */
  readonly asked: Set<number>;
  readonly byAddress: Host[];
}

/** The client's lease as the reply shows it. */
export interface Grant {
  readonly lease: Lease4;
  /** Seconds to announce: less than the lease's own lifetime when it was reused without a write. */
  readonly lifetime: number;
}

export interface Transaction4 {
  readonly engine: Engine4;
  /** The configuration this packet is answered with, whatever comes later. */
  readonly snapshot: Snapshot;
  datagram: InboundDatagram;
  /** The hook libraries that this packet meets; null = none. */
  readonly hooks: HookScope | null;
  /** The packet and its answer as callouts see them, once one has. */
  hookQuery: Query4 | null;
  hookResponse: Response4 | null;
  /** A buffer4_receive callout filled the query. */
  isParsedByHook: boolean;
  /** The flexible identifier that callouts gave; undefined = not asked yet. */
  flexId: HostIdentifier | null | undefined;

  query: Message4;
  type: number;
  clientId: Uint8Array | null;
  /** Sub-options of option 82, and its bytes; null when there is none. */
  agent: ReadonlyMap<number, Uint8Array> | null;
  agentBytes: Uint8Array | null;
  /** The agent information came from the lease, not from the packet: it is not echoed. */
  agentStashed: boolean;
  readonly packet: ExpressionPacket;
  readonly classes: ClassList;

  subnet: Subnet | null;
  /** Null without a subnet. */
  client: ClientKey4 | null;
  identifiers: readonly HostIdentifier[];
  /** Written through {@link reservationsOf}. */
  reservations: FoundReservations;
  /** The client's rows in the subnets it may use; `now` is the store's clock. */
  own: readonly Lease4[];
  readonly held: Map<number, Lease4 | null>;
  /** Addresses set aside by an offer: for this client, for another, or `later` while servers agree (LeaseFindings.hold). */
  offers: ReadonlyMap<number, OfferState>;
  now: number;
  /** Addresses set aside for this client; what was used is told when the packet is done. */
  readonly draws: { readonly subnet: Subnet; readonly draw: Draw }[];

  name: ClientName;
  grant: Grant | null;
  /** What the write of the lease came to; null = nothing was written. */
  written: Extract<WriteOutcome<Lease4>, { result: 'done' }> | null;
  /** Seconds for which an offer is stored; 0 = it is not. */
  offerLifetime: number;
  /** A callout refused the lease: nothing else is tried. */
  isRefused: boolean;
  /** The lease was announced as it stood, without a write. */
  reused: boolean;
  /** Message type of the answer; 0 = none yet. */
  answer: number;
  /** RFC 8925: the client takes no IPv4 address. */
  v6Only: boolean;
  response: Message4 | null;
  outbound: Omit<OutboundDatagram, 'bytes'> | null;
  bytes: Uint8Array | null;
}

/** The client's name as it is stored and answered (RFC 4702, RFC 2132 §3.14). */
export interface ClientName {
  /** Which option answers it. */
  readonly answer: 'none' | 'host-name' | 'fqdn';
  /** As the lease stores it; complete names of option 81 end with a dot. */
  readonly hostname: string;
  /** What option 81 answers. */
  readonly fqdn: ClientFqdn4 | null;
  /** The server is to do the A, and the PTR, record update. */
  readonly forward: boolean;
  readonly reverse: boolean;
}

export const noName: ClientName = {
  answer: 'none',
  hostname: '',
  fqdn: null,
  forward: false,
  reverse: false,
};

export type OfferState = 'mine' | 'other' | 'later';

/** What most packets have none of is shared until one has. */
export const noReservations: FoundReservations = Object.freeze({
  global: null,
  bySubnet: new Map<number, Host>(),
  asked: new Set<number>(),
  byAddress: [],
});
export const noOffers: ReadonlyMap<number, OfferState> = new Map<number, OfferState>();

export function reservationsOf(t: Transaction4): FoundReservations {
  if (t.reservations === noReservations)
    t.reservations = { global: null, bySubnet: new Map(), asked: new Set(), byAddress: [] };
  return t.reservations;
}

/** The reservation whose options, names and fields the reply uses: of the final subnet, else the global one where it counts. */
export function currentHost(t: Transaction4): Host | null {
  if (!t.subnet) return null;
  const host = t.reservations.bySubnet.get(t.subnet.id);
  return host ?? (t.subnet.parameters.reservationsGlobal ? t.reservations.global : null);
}
