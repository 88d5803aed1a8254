// The server's sockets: one per address of every configured interface, one for its broadcasts or multicasts, and delivery by RFC 2131 §4.1.
import type { AddressOf, Family } from '../addr/family.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { DatagramReader } from './datagram-batch.ts';
import type { ListenAddress } from './interfaces.ts';
import type { Libc } from './libc.ts';
import { openLinkLayerSender, type LinkLayerSender } from './link-layer.ts';
import { socketFamilies, type SocketFamily } from './socket-family.ts';
import type { OpenInterface, OutboundDatagram, Transport } from './transport.ts';
import { openUdpSocket, type UdpSocket } from './udp-socket.ts';

export interface UdpTransportOptions<F extends Family> {
  readonly family: F;
  readonly listen: readonly ListenAddress<F>[];
  /** 67 or 547, or the value of `-p`. */
  readonly serverPort: number;
  /** DHCPv4: clients without an address are reached by hardware address (`raw`), or by broadcast. */
  readonly socketType?: 'raw' | 'udp';
}

export interface UdpTransportDeps {
  /** Null: no device binding and no link-layer delivery on this platform. */
  readonly libc: Libc | null;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called for each packet that could not be sent. */
  readonly onSendFailure: () => void;
}

export interface OpenedTransport<F extends Family> {
  readonly transport: Transport<F>;
  /** Sockets that could not be opened; the others serve. */
  readonly errors: readonly FlotillaError[];
}

/** Opens what can be opened. Which failures are fatal is the caller's decision (`service-sockets-require-all`). */
export async function openUdpTransport<F extends Family>(
  options: UdpTransportOptions<F>,
  deps: UdpTransportDeps,
): Promise<OpenedTransport<F>> {
  const family: SocketFamily<F> = socketFamilies[options.family];
  const { sockets, served, errors } = await openSockets(options, deps.libc);
  const linkLayer = family.linkLayerPacket && options.socketType === 'raw' ? tryLinkLayer(deps) : null;
  const interfaces = [...served].map(([name, addresses]): OpenInterface<F> => ({
    name,
    index: deps.libc ? deps.libc.interfaceIndex(name) : 0,
    addresses: addresses.map((each) => each.address),
    mac: addresses[0]!.mac,
  }));
  const names = new Set(sockets.map((each) => each.iface));
  const socketsOf = new Map([...names].map((name) => [name, sockets.filter((each) => each.iface === name)]));
  const indexByName = new Map(interfaces.map((each) => [each.name, each.index]));

  const failed = (iface: string, destination: AddressOf<F>, error: unknown): void => {
    deps.onSendFailure();
    deps.log.warn(
      `DHCP${options.family}_PACKET_SEND_FAIL`,
      `failed to send to ${family.format(destination)} on ${iface}: ${messageOf(error)}`,
    );
  };
  const sendUdp = (datagram: OutboundDatagram<F>, destination: AddressOf<F>): void => {
    const from = senderOf(family, socketsOf.get(datagram.iface) ?? sockets, datagram);
    if (from) from.socket.send(datagram.bytes, destination, datagram.destinationPort);
    else failed(datagram.iface, destination, 'no socket is open');
  };
  const sendLinkLayer = (index: number, hardwareAddress: Uint8Array, datagram: OutboundDatagram<F>): void => {
    try {
      const from = { address: datagram.source, port: options.serverPort };
      const to = { address: datagram.destination, port: datagram.destinationPort };
      linkLayer!.send(index, hardwareAddress, family.linkLayerPacket!(datagram.bytes, from, to));
    } catch (error) {
      failed(datagram.iface, datagram.destination, error);
    }
  };

  const kernelDrops = sockets.flatMap(({ socket }) => socket.kernelDrops ?? []);
  return {
    errors,
    transport: {
      interfaces,
      kernelDrops: {
        shed(share) {
          for (const each of kernelDrops) each.shed(share);
        },
        take: () => kernelDrops.reduce((sum, each) => sum + each.take(), 0),
      },
      listen(handler) {
        for (const { socket, iface, destination, serverAddress } of sockets) {
          socket.listen({
            onMessage: (bytes, source, sourcePort) =>
              handler({
                bytes,
                iface,
                source,
                sourcePort,
                destination,
                serverAddress,
                receivedAt: deps.now(),
              }),
            onError: (error) =>
              deps.log.error(
                `DHCP${options.family}_PACKET_RECEIVE_FAIL`,
                `socket on ${iface}: ${messageOf(error)}`,
              ),
            onSendFailure: (error, to) => failed(iface, to, error),
          });
        }
      },
      send(datagram) {
        const { linkLayer: hardwareAddress } = datagram;
        const index = hardwareAddress && linkLayer ? indexByName.get(datagram.iface) : undefined;
        if (hardwareAddress === null) sendUdp(datagram, datagram.destination);
        else if (index !== undefined) sendLinkLayer(index, hardwareAddress, datagram);
        else sendUdp(datagram, family.broadcast ?? datagram.destination); // RFC 2131 §4.1 allows it where unicast is impossible
      },
      async close() {
        linkLayer?.close();
        await Promise.all(sockets.map(({ socket }) => socket.close()));
      },
    },
  };
}

interface OpenSocket<F extends Family> {
  readonly socket: UdpSocket<F>;
  readonly iface: string;
  /** What it is bound to. */
  readonly address: AddressOf<F>;
  readonly isOfLink: boolean;
  /** What datagrams that came in on it are said to have been sent to. */
  readonly destination: AddressOf<F>;
  readonly serverAddress: AddressOf<F>;
}

/** One socket for each address, one for each group of each interface. */
async function openSockets<F extends Family>(
  options: UdpTransportOptions<F>,
  libc: Libc | null,
): Promise<{
  /** In the order of the addresses; after them those of groups. */
  readonly sockets: readonly OpenSocket<F>[];
  /** Interfaces with the addresses that could be opened. */
  readonly served: ReadonlyMap<string, readonly ListenAddress<F>[]>;
  readonly errors: readonly FlotillaError[];
}> {
  const { serverPort: port } = options;
  const family: SocketFamily<F> = socketFamilies[options.family];
  const sockets: OpenSocket<F>[] = [];
  const errors: FlotillaError[] = [];
  const reader = libc?.canBatch ? new DatagramReader(family, libc) : undefined;
  const open = async (
    { iface, address }: { readonly iface: string; readonly address: AddressOf<F> },
    told: Pick<OpenSocket<F>, 'destination' | 'serverAddress'>,
    joinOn?: readonly string[],
  ): Promise<boolean> => {
    try {
      const where = { family: options.family, iface, address, port };
      const socket = await openUdpSocket(joinOn ? { ...where, joinOn } : where, libc, reader);
      sockets.push({ socket, iface, address, isOfLink: family.hasZone(address), ...told });
      return true;
    } catch (error) {
      errors.push(
        error instanceof FlotillaError ? error : new FlotillaError('SOCKET_OPEN', messageOf(error)),
      );
      return false;
    }
  };

  const served = new Map<string, ListenAddress<F>[]>();
  for (const listen of options.listen) {
    const { address } = listen;
    if (!(await open(listen, { destination: address, serverAddress: address }))) continue;
    const known = served.get(listen.iface);
    if (known) known.push(listen);
    else served.set(listen.iface, [listen]);
  }
  const names = [...served.keys()];
  const opened = new Set<string>();
  for (const [iface, addresses] of served) {
    for (const { groups, address: serverAddress } of addresses) {
      for (const group of groups) {
        // Where neither the device nor the address tells interfaces apart, one socket takes what is sent to all of them.
        const isOfOne = libc !== null || family.hasZone(group);
        const key = isOfOne ? `${iface}/${group}` : String(group);
        if (opened.has(key)) continue;
        opened.add(key);
        const destination = family.broadcast ?? group;
        await open({ iface, address: group }, { destination, serverAddress }, isOfOne ? undefined : names);
      }
    }
  }
  return { sockets, served, errors };
}

/**
 * The socket of the source address, if that reaches the destination: a router forwards nothing from a link-local address
 * (RFC 4291 §2.5.6). What a relay further away sent by multicast is answered from a global address of the interface, or
 * through the socket of All_DHCP_Servers: it has no source of its own, and Linux takes one that suits.
 */
function senderOf<F extends Family>(
  family: SocketFamily<F>,
  ofInterface: readonly OpenSocket<F>[],
  { source, destination }: OutboundDatagram<F>,
): OpenSocket<F> | undefined {
  const toLink = family.hasZone(destination);
  return (
    ofInterface.find((each) => each.address === source && (toLink || !each.isOfLink)) ??
    ofInterface.find((each) => each.isOfLink === toLink) ??
    ofInterface[0]
  );
}

function tryLinkLayer(deps: UdpTransportDeps): LinkLayerSender | null {
  const degraded = (reason: string): null => {
    deps.log.warn(
      'FLOTILLA_LINK_LAYER_UNAVAILABLE',
      `clients without an address are answered by broadcast: ${reason}`,
    );
    return null;
  };
  if (!deps.libc) return degraded('this platform has no binding to its C library');
  try {
    return openLinkLayerSender(deps.libc);
  } catch (error) {
    return degraded(messageOf(error));
  }
}
