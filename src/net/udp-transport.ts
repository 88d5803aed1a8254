// The server's sockets: one per address of every configured interface, one for its broadcasts, and delivery by RFC 2131 §4.1.
import { formatIpv4 } from '../addr/ipv4.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { ipv4UdpPacket } from './ipv4-frame.ts';
import type { ListenAddress } from './interfaces.ts';
import type { Libc } from './libc.ts';
import { openLinkLayerSender, type LinkLayerSender } from './link-layer.ts';
import type { OpenInterface, OutboundDatagram, Transport } from './transport.ts';
import { openUdpSocket, type UdpSocket } from './udp-socket.ts';

const limitedBroadcast = 0xffffffff;

export interface UdpTransportOptions {
  readonly listen: readonly ListenAddress[];
  /** 67, or the value of `-p`. */
  readonly serverPort: number;
  /** `raw`: clients without an address are reached by hardware address; `udp`: by broadcast. */
  readonly socketType: 'raw' | 'udp';
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

interface OpenSocket {
  readonly socket: UdpSocket;
  readonly iface: string;
  readonly address: number;
}

export interface OpenedTransport {
  readonly transport: Transport;
  /** Sockets that could not be opened; the others serve. */
  readonly errors: readonly FlotillaError[];
}

/** Opens what can be opened. Which failures are fatal is the caller's decision (`service-sockets-require-all`). */
export async function openUdpTransport(
  options: UdpTransportOptions,
  deps: UdpTransportDeps,
): Promise<OpenedTransport> {
  const senders: OpenSocket[] = [];
  const receivers: {
    readonly open: OpenSocket;
    readonly destination: number;
    readonly serverAddress: number;
  }[] = [];
  const errors: FlotillaError[] = [];
  const open = async (
    iface: string,
    bindTo: number,
    destination: number,
    serverAddress: number,
  ): Promise<OpenSocket | undefined> => {
    try {
      const { serverPort: port } = options;
      const opened = {
        socket: await openUdpSocket({ iface, address: bindTo, port }, deps.libc),
        iface,
        address: bindTo,
      };
      receivers.push({ open: opened, destination, serverAddress });
      return opened;
    } catch (error) {
      errors.push(
        error instanceof FlotillaError ? error : new FlotillaError('SOCKET_OPEN', messageOf(error)),
      );
      return undefined;
    }
  };

  const served = new Map<string, ListenAddress[]>();
  for (const listen of options.listen) {
    const sender = await open(listen.iface, listen.address, listen.address, listen.address);
    if (!sender) continue;
    senders.push(sender);
    const known = served.get(listen.iface);
    if (known) known.push(listen);
    else served.set(listen.iface, [listen]);
  }
  // Without device binding a broadcast cannot be told from interface to interface: one socket takes those of all.
  for (const [iface, addresses] of served) {
    const first = addresses[0]!;
    if (first.loopback && deps.libc) continue;
    await open(iface, limitedBroadcast, limitedBroadcast, first.address);
    for (const broadcast of new Set(addresses.map((each) => each.broadcast))) {
      if (broadcast !== 0) await open(iface, broadcast, limitedBroadcast, first.address);
    }
    if (!deps.libc) break;
  }

  const linkLayer = options.socketType === 'raw' ? tryLinkLayer(deps) : null;
  const interfaces = [...served].map(([name, addresses]): OpenInterface => ({
    name,
    index: deps.libc ? deps.libc.interfaceIndex(name) : 0,
    addresses: addresses.map((each) => each.address),
    mac: addresses[0]!.mac,
  }));
  const indexByName = new Map(interfaces.map((each) => [each.name, each.index]));

  const failed = (iface: string, destination: number, error: unknown): void => {
    deps.onSendFailure();
    deps.log.warn(
      'DHCP4_PACKET_SEND_FAIL',
      `failed to send to ${formatIpv4(destination)} on ${iface}: ${messageOf(error)}`,
    );
  };
  const sendUdp = (datagram: OutboundDatagram, destination: number): void => {
    const from =
      senders.find((each) => each.iface === datagram.iface && each.address === datagram.source) ??
      senders.find((each) => each.iface === datagram.iface) ??
      senders[0];
    if (!from) {
      failed(datagram.iface, destination, 'no socket is open');
      return;
    }
    from.socket.send(datagram.bytes, destination, datagram.destinationPort);
  };
  const sendLinkLayer = (
    sender: LinkLayerSender,
    index: number,
    hardwareAddress: Uint8Array,
    datagram: OutboundDatagram,
  ): void => {
    try {
      const from = { address: datagram.source, port: options.serverPort };
      const to = { address: datagram.destination, port: datagram.destinationPort };
      sender.send(index, hardwareAddress, ipv4UdpPacket(datagram.bytes, from, to));
    } catch (error) {
      failed(datagram.iface, datagram.destination, error);
    }
  };

  return {
    errors,
    transport: {
      interfaces,
      listen(handler) {
        for (const { open: opened, destination, serverAddress } of receivers) {
          const { socket, iface } = opened;
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
              deps.log.error('DHCP4_PACKET_RECEIVE_FAIL', `socket on ${iface}: ${messageOf(error)}`),
            onSendFailure: (error, to) => failed(iface, to, error),
          });
        }
      },
      send(datagram) {
        if (datagram.linkLayer === null) {
          sendUdp(datagram, datagram.destination);
          return;
        }
        const index = indexByName.get(datagram.iface);
        if (linkLayer && index !== undefined) sendLinkLayer(linkLayer, index, datagram.linkLayer, datagram);
        else sendUdp(datagram, limitedBroadcast); // RFC 2131 §4.1 allows broadcast where unicast is impossible
      },
      async close() {
        linkLayer?.close();
        await Promise.all(receivers.map(({ open: { socket } }) => socket.close()));
      },
    },
  };
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
