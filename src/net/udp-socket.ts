// One UDP socket on one address of one interface: bound to the device where the platform can, with a large receive buffer.
import { createSocket, type Socket } from 'node:dgram';
import { formatIpv4, tryParseIpv4 } from '../addr/ipv4.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { linux, type Libc } from './libc.ts';
import { socketAddressSize4, writeSocketAddress4 } from './socket-address.ts';
import { hostOrder } from './byte-order.ts';
import { DatagramReader, DatagramWriter, type DatagramHandler } from './datagram-batch.ts';

/** The default of some 280 packets is what drops packets when the event loop stalls. */
const receiveBufferBytes = 8 * 1024 * 1024;
/** Datagrams read for one callback of libuv; more wait for its next one, so that other work has its turn. */
const drainedAtOnce = 512;

export interface UdpSocketOptions {
  readonly iface: string;
  /** Local address to bind to: an address of ours, a broadcast address, or 0. */
  readonly address: number;
  readonly port: number;
}

export interface UdpSocketEvents {
  /** A datagram, in memory of its own, in order of arrival. Must not throw. */
  readonly onMessage: DatagramHandler;
  /** Receiving failed; the socket goes on. */
  readonly onError: (error: Error) => void;
  readonly onSendFailure: (error: Error, destination: number) => void;
}

export interface UdpSocket {
  /** Failures go to `onSendFailure`. */
  send(bytes: Uint8Array, address: number, port: number): void;
  /** From now on events are told. Once. */
  listen(events: UdpSocketEvents): void;
  /** What was sent before has left; nothing is told any more. */
  close(): Promise<void>;
}

/**
 * Opens and binds; with libc bound to the device too. Throws SOCKET_OPEN.
 *
 * libuv reads one datagram per system call and callback, and at most 32 in each turn of the event loop. While the loop
 * works 20 ms per turn that is 1,600 a second: of 10,000 sent, 19 % arrived, 1.5 s late without anybody knowing. So its
 * handle only tells that something came and brings the first one; the others are read together (bench/receive.ts).
 */
export async function openUdpSocket(options: UdpSocketOptions, libc: Libc | null): Promise<UdpSocket> {
  const socket = newSocket();
  try {
    const fd = libc ? openDescriptor(options, libc) : null;
    await listening(socket, () => {
      if (fd !== null) socket.bind({ fd, exclusive: true });
      else socket.bind({ port: options.port, address: formatIpv4(options.address), exclusive: true });
    });
    socket.setBroadcast(true);
    if (!libc) enlarge(socket);
    return libc?.canBatch && fd !== null ? batched(socket, fd, libc) : plain(socket);
  } catch (error) {
    socket.close();
    throw new FlotillaError(
      'SOCKET_OPEN',
      `cannot listen on ${options.iface}, ${formatIpv4(options.address)} port ${options.port}: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/** A system call and a callback for each datagram. */
function plain(socket: Socket): UdpSocket {
  let events = silentEvents;
  return {
    send(bytes, address, port) {
      sendSingly(socket, bytes, address, port, events);
    },
    listen(wanted) {
      events = wanted;
      socket.on('message', (bytes, { address, port }) =>
        events.onMessage(bytes, tryParseIpv4(address) ?? 0, port),
      );
      socket.on('error', (error) => events.onError(error));
    },
    close: () => closed(socket),
  };
}

function batched(socket: Socket, fd: number, libc: Libc): UdpSocket {
  let events = silentEvents;
  let isClosed = false;
  const leftover: DatagramHandler = (bytes, address, port) =>
    sendSingly(socket, bytes, address, port, events);
  let reader: DatagramReader | undefined;
  let writer: DatagramWriter | undefined;
  return {
    send(bytes, address, port) {
      // The number of a closed descriptor may be another one's by now.
      if (isClosed) events.onSendFailure(new Error('the socket is closed'), address);
      else (writer ??= new DatagramWriter(libc, fd, leftover)).send(bytes, address, port);
    },
    listen(wanted) {
      events = wanted;
      reader ??= new DatagramReader(libc);
      socket.on('message', (bytes, { address, port }) => {
        events.onMessage(bytes, tryParseIpv4(address) ?? 0, port);
        if (!isClosed) reader?.drain(fd, drainedAtOnce, events.onMessage);
      });
      socket.on('error', (error) => events.onError(error));
    },
    close() {
      writer?.flush();
      isClosed = true;
      return closed(socket);
    },
  };
}

const silentEvents: UdpSocketEvents = {
  onMessage() {},
  onError() {},
  onSendFailure() {},
};

function sendSingly(
  socket: Socket,
  bytes: Uint8Array,
  address: number,
  port: number,
  events: UdpSocketEvents,
): void {
  try {
    socket.send(bytes, port, formatIpv4(address), (error) => {
      if (error) events.onSendFailure(error, address);
    });
  } catch (error) {
    events.onSendFailure(error as Error, address); // closed, or a port that cannot be
  }
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));

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
    const bindTo = Buffer.alloc(socketAddressSize4);
    writeSocketAddress4(bindTo, 0, options.address, options.port);
    libc.bind(fd, bindTo);
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
