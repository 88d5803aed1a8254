// Delivery to a client that has no address yet: an AF_PACKET socket and the client's hardware address (RFC 2131 §4.1).
import { hostOrder } from './byte-order.ts';
import { linux, type Libc } from './libc.ts';

/** Sends whole IPv4 packets to hardware addresses on any interface. */
export interface LinkLayerSender {
  /** Throws SOCKET_SEND. */
  send(interfaceIndex: number, hardwareAddress: Uint8Array, packet: Uint8Array): void;
  close(): void;
}

/** Needs CAP_NET_RAW. Throws SOCKET_OPEN. */
export function openLinkLayerSender(libc: Libc): LinkLayerSender {
  // Protocol 0: this socket only sends and never gets a copy of the machine's traffic.
  const fd = libc.socket(linux.AF_PACKET, linux.SOCK_DGRAM | linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK, 0);
  return {
    send(interfaceIndex, hardwareAddress, packet) {
      libc.sendTo(fd, packet, linkLayerAddress(interfaceIndex, hardwareAddress));
    },
    close() {
      libc.close(fd);
    },
  };
}

/** struct sockaddr_ll, padded for hardware addresses of up to 20 bytes. */
function linkLayerAddress(interfaceIndex: number, hardwareAddress: Uint8Array): Uint8Array {
  const address = Buffer.alloc(12 + Math.max(8, hardwareAddress.length));
  hostOrder(address).writeUInt16(linux.AF_PACKET, 0);
  address.writeUInt16BE(linux.ETH_P_IP, 2);
  hostOrder(address).writeUInt32(interfaceIndex, 4);
  address[11] = hardwareAddress.length;
  address.set(hardwareAddress, 12);
  return address;
}
