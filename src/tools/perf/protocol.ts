// What the load generator needs of a protocol: four kinds of query made from templates, and answers read in place.

/** What a client holds: enough to renew or release it. */
export interface Binding {
  readonly client: number;
  /** A number in DHCPv4, 128 bits in DHCPv6. */
  readonly address: number | bigint;
  /** Server identifier as on the wire. */
  readonly server: Uint8Array;
}

/** `offer` answers the first query, `bound` the second and a renewal, `refused` is a NAK or a status that is no success. */
export type AnswerKind = 'offer' | 'bound' | 'refused';

export interface Answer {
  kind: AnswerKind;
  xid: number;
  address: number | bigint;
  server: Uint8Array;
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
  /** `secs`: seconds since the client began, 0 the first time. */
  first(client: number, xid: number, secs: number): Uint8Array;
  second(client: number, xid: number, offer: Answer): Uint8Array;
  renew(xid: number, binding: Binding): Uint8Array;
  release(xid: number, binding: Binding): Uint8Array;
  /** Fills `into`; false when the bytes are no answer. Byte fields are views over `bytes`. Never throws. */
  read(bytes: Uint8Array, into: Answer): boolean;
}
