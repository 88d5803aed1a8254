// The DHCPv4 server's other way in and out: packets that came over DHCPv6, beside those of its sockets (RFC 7341).
import { messageOf } from '../errors.ts';
import { decodeDhcp4o6, encodeDhcp4o6 } from '../wire/v6/dhcp4o6.ts';
import type { Envelope4o6, Enveloped4o6 } from '../wire/v6/dhcp4o6-envelope.ts';
import { messageType6 } from '../wire/v6/message.ts';
import { relayReplies6 } from '../wire/v6/relay.ts';
import type { Dhcp4o6Peer } from './dhcp4o6-peer.ts';
import type { InboundDatagram, Transport } from './transport.ts';

/** Closing it leaves the peer as it is. `now`: monotonic milliseconds. */
export function withDhcp4o6(
  sockets: Transport,
  peer: Dhcp4o6Peer,
  deps: { readonly now: () => number },
): Transport {
  return {
    interfaces: sockets.interfaces,
    kernelDrops: sockets.kernelDrops,
    listen(handler) {
      sockets.listen(handler);
      peer.listen((packet) => {
        let datagram: InboundDatagram;
        try {
          datagram = datagramOf(packet, serverAddressOn(packet.iface, sockets), deps.now());
        } catch (error) {
          peer.refuse(messageOf(error));
          return;
        }
        handler(datagram);
      });
    },
    send(datagram) {
      if (datagram.over6) peer.send(responseTo(datagram.over6, datagram.bytes));
      else sockets.send(datagram);
    },
    close: () => sockets.close(),
  };
}

/** Throws WireError. */
function datagramOf(
  { message, ...over6 }: Enveloped4o6,
  serverAddress: number,
  receivedAt: number,
): InboundDatagram {
  if (message.type !== messageType6.DHCPV4_QUERY)
    throw new Error(`message type ${message.type} is not DHCPV4-QUERY`);
  const { unicast, bytes } = decodeDhcp4o6(message);
  return {
    bytes,
    iface: over6.iface,
    source: 0,
    sourcePort: over6.port,
    // RFC 7341 §6.3: whether the client would have sent it by unicast, as when it renews.
    destination: unicast ? serverAddress : 0xffffffff,
    serverAddress,
    receivedAt,
    over6: { ...over6, relays: relayReplies6(over6.relays) },
  };
}

/** RFC 7341 §6: all flags of a DHCPV4-RESPONSE are 0. */
function responseTo({ relays, ...where }: Envelope4o6, bytes: Uint8Array): Enveloped4o6 {
  const message = encodeDhcp4o6({ type: messageType6.DHCPV4_RESPONSE, unicast: false, bytes });
  return { relays, message, ...where };
}

/** What the server calls itself unless it is configured: the address of that interface, else its first one; 0: none. */
function serverAddressOn(iface: string, { interfaces }: Transport): number {
  const own = interfaces.find(({ name }) => name === iface) ?? interfaces[0];
  return own?.addresses[0] ?? 0;
}
