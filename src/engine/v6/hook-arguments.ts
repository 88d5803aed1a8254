// What callouts see of a DHCPv6 packet, and the arguments of each of its hook points.
import type { DdnsParameters, Snapshot, Subnet } from '../../config/snapshot.ts';
import type { HostIdentifierName } from '../../store/host-store.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { Ia6 } from '../../wire/v6/ia.ts';
import type { Message6, RelayMessage6 } from '../../wire/v6/message.ts';
import type { AuditEntry } from '../hooks.ts';
import type { NetworkState } from '../network-state.ts';

/** The packet of a client. What a callout changes in `message` and `classes` counts from then on. */
export interface Query6 {
  /** As received; a buffer6_receive callout may assign other bytes. */
  bytes: Uint8Array;
  /** Empty until it was decoded; a buffer6_receive callout that answers `skip` has filled it. */
  readonly message: Message6;
  /** Outermost first: the last one is next to the client. */
  readonly relays: readonly RelayMessage6[];
  /** Client classes in order of association. */
  readonly classes: Set<string>;
  readonly iface: string;
  /** 128-bit, as all IPv6 addresses here. */
  readonly source: bigint;
  readonly sourcePort: number;
  readonly destination: bigint;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** The answer. Options are copies: changing their bytes never reaches the configuration. */
export interface Response6 {
  readonly message: Message6;
  /** From buffer6_send on; a pkt6_send callout that answers `skip` has assigned them. */
  bytes: Uint8Array | null;
}

/** What goes back to the address that a datagram came from, by its interface. */
export interface Answer6 {
  readonly bytes: Uint8Array;
  readonly destinationPort: number;
}

/** Arguments by point, under Kea's names. What is not `readonly` may be assigned by a callout. */
export interface HookArguments6 {
  readonly dhcp6_srv_configured: {
    /** May switch the service off and on. */
    readonly network_state: NetworkState;
    readonly json_config: Readonly<Record<string, unknown>>;
    readonly server_config: Snapshot;
    /** Why the configuration is refused (with `drop`). */
    error: string;
  };
  readonly cb6_updated: { readonly audit_entries: readonly AuditEntry[] };
  readonly buffer6_receive: {
    readonly query6: Query6;
    /** The library answered the packet itself: this is sent, and nothing else is done. */
    answer: Answer6 | null;
  };
  readonly pkt6_receive: { readonly query6: Query6 };
  readonly subnet6_select: {
    readonly query6: Query6;
    /** One of the collection, or null for none. */
    subnet6: Subnet | null;
    readonly subnet6collection: ReadonlyMap<number, Subnet>;
  };
  readonly host6_identifier: {
    readonly query6: Query6;
    id_type: HostIdentifierName;
    /** Empty: the packet has no such identifier. */
    id_value: Uint8Array;
  };
  readonly lease6_select: {
    readonly query6: Query6;
    readonly subnet6: Subnet;
    /** True for a SOLICIT without rapid commit. */
    readonly fake_allocation: boolean;
    readonly lease6: Lease6;
  };
  /** Of `ia_na` and `ia_pd` the one that the lease is in is not null. */
  readonly lease6_renew: {
    readonly query6: Query6;
    readonly lease6: Lease6;
    readonly ia_na: Ia6 | null;
    readonly ia_pd: Ia6 | null;
  };
  readonly lease6_rebind: {
    readonly query6: Query6;
    readonly lease6: Lease6;
    readonly ia_na: Ia6 | null;
    readonly ia_pd: Ia6 | null;
  };
  readonly lease6_release: { readonly query6: Query6; readonly lease6: Lease6 };
  readonly lease6_decline: { readonly query6: Query6; readonly lease6: Lease6 };
  readonly ddns6_update: {
    readonly query6: Query6;
    /** Begun; the options come later. */
    readonly response6: Response6;
    readonly subnet6: Subnet;
    hostname: string;
    'fwd-update': boolean;
    'rev-update': boolean;
    readonly 'ddns-params': DdnsParameters;
  };
  readonly addr6_register: {
    readonly query6: Query6;
    readonly response6: Response6;
    readonly address6: bigint;
    readonly old_lease6: Lease6 | null;
    readonly new_lease6: Lease6;
  };
  readonly leases6_committed: {
    readonly query6: Query6;
    readonly response6: Response6;
    readonly leases6: readonly Lease6[];
    readonly deleted_leases6: readonly Lease6[];
  };
  readonly pkt6_send: {
    readonly query6: Query6;
    readonly response6: Response6;
    readonly subnet6: Subnet | null;
  };
  readonly buffer6_send: { readonly response6: Response6 };
  readonly lease6_expire: { readonly lease6: Lease6; readonly remove_lease: boolean };
  readonly lease6_recover: { readonly lease6: Lease6 };
}
