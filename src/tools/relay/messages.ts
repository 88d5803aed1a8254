// What the simulated relay needs of a protocol: queries of a client with the relay around them, and what answers give.
import type { Family } from '../../addr/family.ts';
import type { Message4 } from '../../wire/v4/message.ts';
import type { IaAddress6, IaPrefix6 } from '../../wire/v6/ia.ts';
import type { Message6 } from '../../wire/v6/message.ts';

/** A client, of either family where {@link SimulatedClient6} does not say more. */
export interface SimulatedClient {
  readonly hwaddr: Uint8Array;
  /** Option 55, in DHCPv6 option 6. */
  readonly requestedOptions?: readonly number[];
  /** More options of its own, e.g. 60 or 61. */
  readonly options?: ReadonlyMap<number, Uint8Array>;
  /** What the relay adds: to option 82 circuit-id, link-selection, …, to a RELAY-FORW interface-id, remote-id, … */
  readonly agent?: ReadonlyMap<number, Uint8Array>;
}

export interface SimulatedClient6 extends SimulatedClient {
  /** A DUID-LL of `hwaddr` when left out. */
  readonly duid?: Uint8Array;
  /** IAIDs of its IA_NAs ([1] when left out) and IA_PDs (none). */
  readonly iaNa?: readonly number[];
  readonly iaPd?: readonly number[];
  /** Of the link that it is on; the relay's own address when left out. */
  readonly linkAddress?: bigint;
}

interface Parts {
  readonly 4: {
    readonly client: SimulatedClient;
    readonly message: Message4;
    readonly lease: { readonly address: number };
  };
  readonly 6: {
    readonly client: SimulatedClient6;
    readonly message: Message6;
    /** Those with a valid lifetime, in the order of the client's IAs. */
    readonly lease: { readonly addresses: readonly IaAddress6[]; readonly prefixes: readonly IaPrefix6[] };
  };
}

export type ClientOf<F extends Family> = Parts[F]['client'];
export type MessageOf<F extends Family> = Parts[F]['message'];
export type LeaseOf<F extends Family> = Parts[F]['lease'];

/** A client with a lease. */
export type BoundClient<F extends Family = 4> = LeaseOf<F> & {
  readonly ack: MessageOf<F>;
  /** Milliseconds from the first query to the ACK or REPLY. */
  readonly elapsed: number;
};

export interface RelayedQuery {
  readonly xid: number;
  readonly bytes: Uint8Array;
}

/** Queries have a transaction id of their own each time. */
export interface RelayMessages<F extends Family> {
  readonly names: { readonly discover: string; readonly request: string };
  /** Whether a release has an answer. */
  readonly answersRelease: boolean;
  discover(client: ClientOf<F>): RelayedQuery;
  request(client: ClientOf<F>, offer: MessageOf<F>): RelayedQuery;
  renew(client: ClientOf<F>, bound: BoundClient<F>): RelayedQuery;
  release(client: ClientOf<F>, bound: BoundClient<F>): RelayedQuery;
  /** Null when the bytes are none. */
  read(bytes: Uint8Array): { readonly xid: number; readonly message: MessageOf<F> } | null;
  /** What an offer or its confirmation gives; a text with the reason when that is less than was asked for. */
  leaseIn(client: ClientOf<F>, answer: MessageOf<F>): LeaseOf<F> | string;
}
