// Datagrams in and out, as the engine sees them. Implementations: udp sockets per interface, AF_PACKET delivery, fakes in tests.

/** A DHCPv4 datagram that arrived. Addresses are unsigned 32-bit numbers. */
export interface InboundDatagram {
  readonly bytes: Uint8Array;
  /** Interface it came in on. */
  readonly iface: string;
  readonly source: number;
  readonly sourcePort: number;
  /** Address it was sent to: ours when unicast, 255.255.255.255 when broadcast. */
  readonly destination: number;
  /** First configured address of the receiving interface: the default server identifier. */
  readonly serverAddress: number;
  /** Milliseconds, monotonic. */
  readonly receivedAt: number;
}

export interface OutboundDatagram {
  readonly bytes: Uint8Array;
  readonly iface: string;
  /** Source address to send from. */
  readonly source: number;
  readonly destination: number;
  readonly destinationPort: number;
  /** Set when the client has no address yet and asked for unicast: deliver by link-layer address (RFC 2131 §4.1). */
  readonly linkLayer: Uint8Array | null;
}

export interface OpenInterface {
  readonly name: string;
  readonly index: number;
  readonly addresses: readonly number[];
  readonly mac: Uint8Array;
}

export interface Transport {
  readonly interfaces: readonly OpenInterface[];
  /** The handler must not throw. Called once per datagram, in order of arrival. */
  listen(handler: (datagram: InboundDatagram) => void): void;
  /** Queues for sending; failures go to the log and the `send-failed` counter, never to the caller. */
  send(datagram: OutboundDatagram): void;
  close(): Promise<void>;
}
