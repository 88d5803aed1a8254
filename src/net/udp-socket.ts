// One UDP socket on one address of one interface: bound to the device where the platform can, with a large receive buffer.
import { createSocket, type Socket } from 'node:dgram';
import { formatIpv4 } from '../addr/ipv4.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { linux, type Libc } from './libc.ts';
import { hostOrder } from './link-layer.ts';

/** The default of some 280 packets is what drops packets when the event loop stalls. */
const receiveBufferBytes = 8 * 1024 * 1024;

export interface UdpSocketOptions {
  readonly iface: string;
  /** Local address to bind to: an address of ours, a broadcast address, or 0. */
  readonly address: number;
  readonly port: number;
  /** Handles to read through, at least 1; without libc there is one. */
  readonly handles: number;
}

/**
 * Handles on one socket; datagrams arrive at any of them, and in the order of the handles within a turn of the event loop.
 *
 * libuv takes at most 32 datagrams from a handle in each turn. While the loop works 20 ms per turn that is 1,600 a
 * second: of 10,000 sent, 19 % arrived, 1.5 s late without anybody knowing. Sixteen handles received all of them, as old
 * as one turn, and so did a receiver thread, which cost another core and a copy of each (bench/receive.ts).
 */
export interface UdpSocket {
  /** The one to send with. */
  readonly socket: Socket;
  readonly handles: readonly Socket[];
}

/** Opens and binds. With libc: bound to the device too, and read through several handles. Throws SOCKET_OPEN. */
export async function openUdpSocket(options: UdpSocketOptions, libc: Libc | null): Promise<UdpSocket> {
  const socket = newSocket();
  const handles = [socket];
  try {
    if (libc) {
      const fd = openDescriptor(options, libc);
      await adopt(socket, fd);
      for (let more = 1; more < options.handles; more++) {
        const handle = newSocket();
        handles.push(handle);
        await adopt(handle, libc.duplicate(fd));
      }
    } else
      await listening(socket, () =>
        socket.bind({ port: options.port, address: formatIpv4(options.address), exclusive: true }),
      );
    socket.setBroadcast(true);
    if (!libc) enlarge(socket);
    return { socket, handles };
  } catch (error) {
    for (const handle of handles) handle.close();
    throw new FlotillaError(
      'SOCKET_OPEN',
      `cannot listen on ${options.iface}, ${formatIpv4(options.address)} port ${options.port}: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/** The lookup answers at once: destinations are always literal addresses, and the default costs a tick per packet. */
const newSocket = (): Socket =>
  createSocket({ type: 'udp4', reuseAddr: true, lookup: (host, _options, done) => done(null, host, 4) });

function openDescriptor(options: UdpSocketOptions, libc: Libc): number {
  const fd = libc.socket(linux.AF_INET, linux.SOCK_DGRAM | linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK, 0);
  try {
    const one = integer(1);
    libc.setOption(fd, linux.SO_REUSEADDR, one);
    libc.setOption(fd, linux.SO_BROADCAST, one);
    libc.setOption(fd, linux.SO_BINDTODEVICE, Buffer.from(`${options.iface}\0`));
    setReceiveBuffer(fd, libc);
    libc.bind(fd, socketAddress(options.address, options.port));
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** CAP_NET_ADMIN may pass net.core.rmem_max; others get as much as that allows. */
function setReceiveBuffer(fd: number, libc: Libc): void {
  try {
    libc.setOption(fd, linux.SO_RCVBUFFORCE, integer(receiveBufferBytes));
  } catch {
    libc.setOption(fd, linux.SO_RCVBUF, integer(receiveBufferBytes));
  }
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // The platform's maximum is lower; its default stays.
  }
}

function adopt(socket: Socket, fd: number): Promise<void> {
  return listening(socket, () => socket.bind({ fd, exclusive: true }));
}

function listening(socket: Socket, bind: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('listening', () => {
      socket.off('error', reject);
      resolve();
    });
    bind();
  });
}

function integer(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  hostOrder(bytes).writeUInt32(value, 0);
  return bytes;
}

/** struct sockaddr_in. */
function socketAddress(address: number, port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  hostOrder(bytes).writeUInt16(linux.AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.writeUInt32BE(address, 4);
  return bytes;
}
