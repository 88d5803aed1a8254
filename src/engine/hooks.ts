// Where hook libraries may step in, as the engine calls them. `src/hooks` implements it; the engine knows no library.
import type { DdnsParameters, Snapshot, Subnet } from '../config/snapshot.ts';
import type { Host } from '../store/host-store.ts';
import type { Lease4 } from '../store/lease.ts';
import type { Message4 } from '../wire/v4/message.ts';
import type { NetworkState } from './network-state.ts';

/** The libraries of one server. Which they are may change; a packet keeps those that it began with. */
export interface EngineHooks {
  /** Null while no library waits at any point: the packet path then asks nothing more. End the scope exactly once. */
  begin(limits: HookLimits): HookScope | null;
}

export interface HookLimits {
  /** Packets that may be parked at one point; 0 = any number. */
  readonly parkedPacketLimit: number;
}

/** The libraries that one packet (or one lease in reclamation) meets, and what they remember of it. */
export interface HookScope {
  /** Whether anybody waits at this point: guard the making of arguments with it. */
  has(point: HookPoint): boolean;
  /**
   * Calls every callout in order; resolves when the last one is done and nothing that parked it is left.
   * Never rejects. Callouts answer by assigning to `args`.
   */
  call<P extends HookPoint>(point: P, args: HookArguments[P]): Promise<HookOutcome>;
  /** The packet is done: libraries that were replaced meanwhile may go. */
  end(): void;
}

export interface HookOutcome {
  /** A status that has no meaning at the point is `continue`; `overflow`: too many packets are parked there already. */
  readonly status: 'continue' | 'skip' | 'drop' | 'overflow';
  /** Whether a callout parked the packet. */
  readonly parked: boolean;
}

/** The packet of a client. What a callout changes in `message` and `classes` counts from then on. */
export interface Query4 {
  /** As received; a buffer4_receive callout may assign other bytes. */
  bytes: Uint8Array;
  /** Empty until it was decoded; a buffer4_receive callout that answers `skip` has filled it. */
  readonly message: Message4;
  /** Client classes in order of association. */
  readonly classes: Set<string>;
  readonly iface: string;
  /** Unsigned 32-bit, as all IPv4 addresses here. */
  readonly source: number;
  readonly destination: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** The answer. Options are copies: changing their bytes never reaches the configuration. */
export interface Response4 {
  readonly message: Message4;
  /** From buffer4_send on; a pkt4_send callout that answers `skip` has assigned them. */
  bytes: Uint8Array | null;
}

/** One change that the config backend brought. */
export interface AuditEntry {
  /** Name of the table, e.g. `dhcp4_subnet`. */
  readonly object_type: string;
  /** Its row; 0 where the row itself is not known. */
  readonly object_id: number;
  readonly modification_type: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The epoch that brought it. */
  readonly revision_id: number;
}

/** Arguments by point, under Kea's names. What is not `readonly` may be assigned by a callout. */
export interface HookArguments {
  readonly dhcp4_srv_configured: {
    /** May switch the service off and on. */
    readonly network_state: NetworkState;
    readonly json_config: Readonly<Record<string, unknown>>;
    readonly server_config: Snapshot;
    /** Why the configuration is refused (with `drop`). */
    error: string;
  };
  readonly cb4_updated: { readonly audit_entries: readonly AuditEntry[] };
  readonly buffer4_receive: { readonly query4: Query4 };
  readonly pkt4_receive: { readonly query4: Query4 };
  readonly subnet4_select: {
    readonly query4: Query4;
    /** One of the collection, or null for none. */
    subnet4: Subnet | null;
    readonly subnet4collection: ReadonlyMap<number, Subnet>;
  };
  readonly host4_identifier: {
    readonly query4: Query4;
    id_type: 'hw-address' | 'duid' | 'circuit-id' | 'client-id' | 'flex-id';
    /** Empty: the packet has no such identifier. */
    id_value: Uint8Array;
  };
  readonly lease4_select: {
    readonly query4: Query4;
    readonly subnet4: Subnet;
    /** True for a DISCOVER. */
    readonly fake_allocation: boolean;
    /** Seconds for which the offer is stored; 0 = it is not. */
    readonly offer_lft: number;
    readonly lease4: Lease4;
  };
  readonly lease4_renew: {
    readonly query4: Query4;
    readonly subnet4: Subnet;
    readonly clientid: Uint8Array | null;
    readonly hwaddr: Uint8Array;
    readonly lease4: Lease4;
  };
  readonly lease4_release: { readonly query4: Query4; readonly lease4: Lease4 };
  readonly lease4_decline: { readonly query4: Query4; readonly lease4: Lease4 };
  readonly ddns4_update: {
    readonly query4: Query4;
    /** Header fields; the options come later. */
    readonly response4: Response4;
    readonly subnet4: Subnet;
    hostname: string;
    'fwd-update': boolean;
    'rev-update': boolean;
    readonly 'ddns-params': DdnsParameters;
  };
  readonly leases4_committed: {
    readonly query4: Query4;
    /** Null for RELEASE and DECLINE. */
    readonly response4: Response4 | null;
    readonly leases4: readonly Lease4[];
    readonly deleted_leases4: readonly Lease4[];
  };
  readonly lease4_offer: {
    readonly query4: Query4;
    readonly response4: Response4;
    readonly leases4: readonly Lease4[];
    /** Seconds; not 0: the lease is stored already. */
    readonly offer_lifetime: number;
    readonly old_lease: Lease4 | null;
    readonly host: Host | null;
    /** Somebody uses the address: it is set aside, and the OFFER is not sent. */
    offer_address_in_use: boolean | undefined;
  };
  readonly lease4_server_decline: { readonly query4: Query4; readonly lease4: Lease4 };
  readonly pkt4_send: {
    readonly query4: Query4;
    readonly response4: Response4;
    readonly subnet4: Subnet | null;
  };
  readonly buffer4_send: { readonly response4: Response4 };
  readonly lease4_expire: { readonly lease4: Lease4; readonly remove_lease: boolean };
  readonly lease4_recover: { readonly lease4: Lease4 };
}

export type HookPoint = keyof HookArguments;

/** No libraries at all: for tools, and for servers made without hooks. */
export const noHooks: EngineHooks = { begin: () => null };
