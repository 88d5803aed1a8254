// What a world is made of in each family: packets, replies, addresses, the server itself.
import type { AddressOf, Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import type { Server, ServerDeps, ServerOptions } from '../../src/engine/server.ts';
import { createServer4 } from '../../src/engine/v4/protocol.ts';
import { createServer6 } from '../../src/engine/v6/protocol.ts';
import type { InboundDatagram, OutboundDatagram } from '../../src/net/transport.ts';
import type { Lease4, Lease6 } from '../../src/store/lease.ts';
import type { TestPacket4 } from '../support/packets4.ts';
import type { TestPacket6 } from '../support/packets6.ts';
import { readReply4, readReply6, type Reply4, type Reply6 } from './replies.ts';

export type LeaseOf<F extends Family> = { readonly 4: Lease4; readonly 6: Lease6 }[F];
export type PacketOf<F extends Family> = { readonly 4: TestPacket4; readonly 6: TestPacket6 }[F];
export type ReplyOf<F extends Family> = { readonly 4: Reply4; readonly 6: Reply6 }[F];

/** Where a datagram came from and went to. */
export type Way<F extends Family> = Pick<
  InboundDatagram<F>,
  'source' | 'sourcePort' | 'destination' | 'serverAddress'
>;

export interface WorldKind<F extends Family> {
  readonly parseAddress: (text: string) => AddressOf<F>;
  /** Of the interface that the server listens on, in its order. */
  readonly addresses: readonly string[];
  /** Broadcast or multicast of a client; unicast of a relay. `server`: the address of the interface. */
  readonly usualWay: (packet: PacketOf<F> | Uint8Array, server: AddressOf<F>) => Way<F>;
  /** From the client's address, where the packet tells it, to the server's. */
  readonly unicastWay: (packet: PacketOf<F> | Uint8Array) => Partial<InboundDatagram<F>>;
  readonly readReply: (datagram: OutboundDatagram<F>) => ReplyOf<F>;
  /** `duid`: of a DHCPv6 server. */
  readonly createServer: (
    options: ServerOptions,
    deps: ServerDeps<F, LeaseOf<F>>,
    duid: Uint8Array,
  ) => Server<LeaseOf<F>>;
}

/** The server's address on eth0, where unrelayed packets arrive. */
export const serverAddress = '192.0.2.1';

/** Link-local and global address of the DHCPv6 server on eth0. */
export const serverAddresses6 = ['fe80::fe', '2001:db8::fe'] as const;
/** Where unrelayed DHCPv6 packets of clients come from, and those of relays. */
export const clientAddress6 = 'fe80::1';
export const relayAddress6 = '2001:db8:ffff::1';
/** ff02::1:2, All_DHCP_Relay_Agents_and_Servers (RFC 8415 §7.1). */
export const allServers6 = 'ff02::1:2';

const kind4: WorldKind<4> = {
  parseAddress: parseIpv4,
  addresses: [serverAddress],
  usualWay(packet, server) {
    const giaddr = packet instanceof Uint8Array ? 0 : packet.message.giaddr;
    const isRelayed = giaddr !== 0;
    return {
      source: isRelayed ? giaddr : 0,
      sourcePort: isRelayed ? 67 : 68,
      destination: isRelayed ? server : 0xffffffff,
      serverAddress: server,
    };
  },
  unicastWay: (packet) => ({
    source: packet instanceof Uint8Array ? 0 : packet.message.ciaddr,
    destination: parseIpv4(serverAddress),
  }),
  readReply: readReply4,
  createServer: createServer4,
};

const kind6: WorldKind<6> = {
  parseAddress: parseIpv6,
  addresses: serverAddresses6,
  usualWay(packet, server) {
    const isRelayed = !(packet instanceof Uint8Array) && packet.relays.length > 0;
    const global = parseIpv6(serverAddresses6[1]);
    return {
      source: parseIpv6(isRelayed ? relayAddress6 : clientAddress6),
      sourcePort: isRelayed ? 547 : 546,
      destination: isRelayed ? global : parseIpv6(allServers6),
      serverAddress: isRelayed ? global : server,
    };
  },
  unicastWay() {
    const global = parseIpv6(serverAddresses6[1]);
    return { destination: global, serverAddress: global };
  },
  readReply: readReply6,
  createServer: (options, deps, duid) => createServer6(options, { ...deps, serverDuid: () => duid }),
};

export const worldKinds: { readonly [F in Family]: WorldKind<F> } = { 4: kind4, 6: kind6 };
