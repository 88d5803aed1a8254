// Datagrams in and out, as the engine sees them. Implementations: udp sockets per interface, AF_PACKET delivery, fakes in tests.
import type { AddressOf, Family } from '../addr/family.ts';
import type { Envelope4o6 } from '../wire/v6/dhcp4o6-envelope.ts';

/** A datagram that arrived. A link-local address is one on the link of `iface`. */
export interface InboundDatagram<F extends Family = 4> {
  readonly bytes: Uint8Array;
  /** Interface it came in on; for one to a global IPv6 address, the interface that has the address. */
  readonly iface: string;
  readonly source: AddressOf<F>;
  readonly sourcePort: number;
  /** Address it was sent to: ours when unicast; 255.255.255.255 when broadcast, the group when multicast (ff02::1:2). */
  readonly destination: AddressOf<F>;
  /**
   * Our address that it came to: `destination` when that is unicast. Else DHCPv4: first configured address of the receiving
   * interface, the default server identifier; DHCPv6: its link-local address.
   */
  readonly serverAddress: AddressOf<F>;
  /** Milliseconds, monotonic. */
  readonly receivedAt: number;
  /**
   * DHCPv4: it came over DHCPv6 (RFC 7341), and this is where its answer goes: the relays are those of the answer.
   * It has no IPv4 source, and `iface` is that of the DHCPv6 server.
   */
  readonly over6?: Envelope4o6;
}

export interface OutboundDatagram<F extends Family = 4> {
  readonly bytes: Uint8Array;
  /** Interface to send on: that of the datagram that is answered. */
  readonly iface: string;
  /** Source address to send from: our address that the datagram came to which is answered. */
  readonly source: AddressOf<F>;
  readonly destination: AddressOf<F>;
  readonly destinationPort: number;
  /** DHCPv4, the client has no address yet and asked for unicast: deliver by link-layer address (RFC 2131 §4.1). */
  readonly linkLayer: Uint8Array | null;
  /** DHCPv4: over DHCPv6, as it came; then nothing else says where it goes. */
  readonly over6?: Envelope4o6 | undefined;
}

export interface OpenInterface<F extends Family = 4> {
  readonly name: string;
  /** 0 where the platform does not tell. */
  readonly index: number;
  readonly addresses: readonly AddressOf<F>[];
  readonly mac: Uint8Array;
}

/** Datagrams that the kernel drops before they are read. */
export interface KernelDrops {
  /**
   * From now on so large a share (0 to 1) of what newcomers send for the first time is dropped by chance: a DISCOVER or SOLICIT
   * without an answer is sent again (RFC 2131 §4.1, RFC 8415 §15).
   */
  shed(share: number): void;
  /** How many there were since it was asked last, for whatever reason: a full receive buffer too. */
  take(): number;
}

export interface Transport<F extends Family = 4> {
  readonly interfaces: readonly OpenInterface<F>[];
  /** The handler must not throw. Called once per datagram, in order of arrival. */
  listen(handler: (datagram: InboundDatagram<F>) => void): void;
  /** Queues for sending; failures go to the log and the `send-failed` counter, never to the caller. */
  send(datagram: OutboundDatagram<F>): void;
  /** Null where the platform tells nothing and lets nothing be done. */
  readonly kernelDrops: KernelDrops | null;
  close(): Promise<void>;
}
