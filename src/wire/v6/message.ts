// DHCPv6 messages in memory (RFC 8415 §8 and §9): what a client and a server say, and what relays put around it.
import type { Options6 } from './options.ts';

/** RFC 8415 §7.3 and later message types. */
export const messageType6 = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  CONFIRM: 4,
  RENEW: 5,
  REBIND: 6,
  REPLY: 7,
  RELEASE: 8,
  DECLINE: 9,
  RECONFIGURE: 10,
  INFORMATION_REQUEST: 11,
  RELAY_FORW: 12,
  RELAY_REPL: 13,
  /** RFC 5007 */
  LEASEQUERY: 14,
  LEASEQUERY_REPLY: 15,
  /** RFC 5460 */
  LEASEQUERY_DONE: 16,
  LEASEQUERY_DATA: 17,
  /** RFC 6977 */
  RECONFIGURE_REQUEST: 18,
  RECONFIGURE_REPLY: 19,
  /** RFC 7341 */
  DHCPV4_QUERY: 20,
  DHCPV4_RESPONSE: 21,
  /** RFC 7653 */
  ACTIVELEASEQUERY: 22,
  STARTTLS: 23,
  /** RFC 8156, this one to CONTACT: failover over TCP. Their header is longer, so their bytes do not decode here. */
  BNDUPD: 24,
  BNDREPLY: 25,
  POOLREQ: 26,
  POOLRESP: 27,
  UPDREQ: 28,
  UPDREQALL: 29,
  UPDDONE: 30,
  CONNECT: 31,
  CONNECTREPLY: 32,
  DISCONNECT: 33,
  STATE: 34,
  CONTACT: 35,
  /** RFC 9686 */
  ADDR_REG_INFORM: 36,
  ADDR_REG_REPLY: 37,
} as const;
export type MessageType6 = (typeof messageType6)[keyof typeof messageType6];

/** A message between client and server (RFC 8415 §8). */
export interface Message6 {
  /** 1 to 255 without the relays' types; unknown ones decode too. */
  type: number;
  /** 24 bits. DHCPV4-QUERY and -RESPONSE have flags in their place (RFC 7341 §6): see `dhcp4o6.ts`. */
  transactionId: number;
  options: Options6;
}

/** One relay's envelope (RFC 8415 §9). */
export interface RelayMessage6 {
  type: typeof messageType6.RELAY_FORW | typeof messageType6.RELAY_REPL;
  /** 0 to 255: relays between this one and the client. */
  hopCount: number;
  /** An address of the link that the client, or the next relay towards it, is on; 0n when there is none. */
  linkAddress: bigint;
  /** Where the relay had the message from, or shall send it. */
  peerAddress: bigint;
  /**
   * All options. The Relay Message option (9) is as it was received and only holds its place: what a packet carries is
   * in its `message`. Kea's class expressions do not see it.
   */
  options: Options6;
}

/** A datagram: a message, and the relays that it came or goes through. */
export interface Packet6 {
  /** Outermost first, as Kea's `relay6[n]` counts: 0 is next to the server, -1 next to the client. None: not relayed. */
  readonly relays: readonly RelayMessage6[];
  readonly message: Message6;
}
