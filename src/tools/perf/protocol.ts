// What the load generator needs of a protocol: four kinds of query made from templates, and answers read in place.

/** What a server gave, as on the wire. */
export interface Lease {
  /** 4 or 16 bytes; empty where none was given. */
  readonly address: Uint8Array;
  /** DHCPv6: length in bits, then 16 bytes; empty where none was given. */
  readonly prefix: Uint8Array;
  /** Server identifier. */
  readonly server: Uint8Array;
}

/** What a client holds: enough to renew or release it. */
export interface Binding extends Lease {
  readonly client: number;
}

/** An OFFER or ADVERTISE answers the first query, `reply` everything else. */
export type AnswerKind = 'offer' | 'reply';

/** Filled anew for every datagram. Byte fields are views over it. */
export interface Answer extends Lease {
  kind: AnswerKind;
  xid: number;
  /** `NAK`, or the name of a status that is no success; '' for none. */
  refusal: string;
  /** Whether it has all that was asked for. */
  hasLease: boolean;
  address: Uint8Array;
  prefix: Uint8Array;
  server: Uint8Array;
}

export const noBytes = new Uint8Array();

export const emptyAnswer = (): Answer => ({
  kind: 'offer',
  xid: 0,
  refusal: '',
  hasLease: false,
  address: noBytes,
  prefix: noBytes,
  server: noBytes,
});

/** A query that was sent and is not answered. */
export interface Unanswered {
  /** First query, or any other. */
  readonly isFirst: boolean;
  /** How often it was sent again. */
  readonly count: number;
  /** Milliseconds waited before it was sent again the last time, 0 the first time. */
  readonly before: number;
}

export interface PerfProtocol {
  /** How the two halves of an exchange, a renewal and a release are called. */
  readonly names: {
    readonly first: string;
    readonly second: string;
    readonly renew: string;
    readonly release: string;
  };
  /** Transaction ids are below this power of two. */
  readonly xids: number;
  /** Whether a release has an answer. */
  readonly answersRelease: boolean;
  /** `elapsed`: milliseconds since the client sent this for the first time, 0 then. */
  first(client: number, xid: number, elapsed: number): Uint8Array;
  second(client: number, xid: number, offer: Lease, elapsed: number): Uint8Array;
  renew(xid: number, binding: Binding): Uint8Array;
  release(xid: number, binding: Binding): Uint8Array;
  /** Milliseconds until a query is sent again; `chance` from −1 to 1. */
  readonly patience: (query: Unanswered, chance: number) => number;
  /** Fills `into`; false when the bytes are no answer. Never throws. */
  read(bytes: Uint8Array, into: Answer): boolean;
}
