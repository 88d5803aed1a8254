// What callouts see of a DHCPv4 packet, and the arguments of each of its hook points.
import type { DdnsParameters, Snapshot, Subnet } from '../../config/snapshot.ts';
import type { Host } from '../../store/host-store.ts';
import type { Lease4 } from '../../store/lease.ts';
import type { Message4 } from '../../wire/v4/message.ts';
import type { AuditEntry } from '../hooks.ts';
import type { NetworkState } from '../network-state.ts';

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

/** Arguments by point, under Kea's names. What is not `readonly` may be assigned by a callout. */
export interface HookArguments4 {
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
