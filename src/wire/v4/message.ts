// A DHCPv4 message in memory (RFC 2131 §2). Options stay raw bytes by code; unknown codes survive.

/** RFC 2132 §9.6 and later message types. */
export const messageType4 = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
  FORCERENEW: 9,
  LEASEQUERY: 10,
  LEASEUNASSIGNED: 11,
  LEASEUNKNOWN: 12,
  LEASEACTIVE: 13,
} as const;
export type MessageType4 = (typeof messageType4)[keyof typeof messageType4];

export interface Message4 {
  /** 1 BOOTREQUEST, 2 BOOTREPLY. */
  op: number;
  htype: number;
  hops: number;
  xid: number;
  secs: number;
  /** Bit 0x8000 is the broadcast flag. */
  flags: number;
  ciaddr: number;
  yiaddr: number;
  siaddr: number;
  giaddr: number;
  /** `hlen` bytes, 0 to 16. */
  chaddr: Uint8Array;
  /** Without trailing zeros; empty when the field carries options (overload). */
  sname: Uint8Array;
  file: Uint8Array;
  /**
   * Option code → payload, in wire order of first appearance. RFC 3396 pieces are already joined.
   * Codes 0, 255 and 52 (handled by the codec) never appear.
   */
  options: Map<number, Uint8Array>;
}

/** A message with nothing in it, to be filled: every field 0 or empty. */
export function emptyMessage4(): Message4 {
  return {
    op: 0,
    htype: 0,
    hops: 0,
    xid: 0,
    secs: 0,
    flags: 0,
    ciaddr: 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr: 0,
    chaddr: noBytes,
    sname: noBytes,
    file: noBytes,
    options: new Map(),
  };
}

const noBytes = new Uint8Array(0);
