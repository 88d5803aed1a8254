// One UDP socket on one address of one interface: bound to the device where the platform can, with a large receive buffer.
import { createSocket, type Socket } from 'node:dgram';
import type { AddressOf, Family } from '../addr/family.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { hostOrder } from './byte-order.ts';
import { DatagramReader, DatagramWriter, type DatagramHandler } from './datagram-batch.ts';
import { linux, type Libc } from './libc.ts';
import { shedFilter } from './shed-filter.ts';
import { socketFamilies, type SocketFamily } from './socket-family.ts';
import type { KernelDrops } from './transport.ts';

/** The default of some 280 packets is what drops packets when the event loop stalls. */
const receiveBufferBytes = 8 * 1024 * 1024;
/** Datagrams read for one callback of libuv; more wait for its next one, so that other work has its turn. */
const drainedAtOnce = 512;

export interface UdpSocketOptions<F extends Family> {
  readonly family: F;
  /** Interface that the address is on; '' when that does not matter. */
  readonly iface: string;
  /** Local address to bind to: an address of ours, a broadcast or multicast address, or 0. */
  readonly address: AddressOf<F>;
  readonly port: number;
  /** Interfaces on which to join the address, when it is a multicast address; `iface` when left out. */
  readonly joinOn?: readonly string[];
}

export interface UdpSocketEvents<F extends Family> {
  /** A datagram, in memory of its own, in order of arrival. Must not throw. */
  readonly onMessage: DatagramHandler<F>;
  /** Receiving failed; the socket goes on. */
  readonly onError: (error: Error) => void;
  readonly onSendFailure: (error: Error, destination: AddressOf<F>) => void;
}

export interface UdpSocket<F extends Family> {
  /** A link-local destination is one on the socket's interface. Failures go to `onSendFailure`. */
  send(bytes: Uint8Array, address: AddressOf<F>, port: number): void;
  /** From now on events are told. Once. */
  listen(events: UdpSocketEvents<F>): void;
  readonly kernelDrops?: KernelDrops;
  /** What was sent before has left; nothing is told any more. */
  close(): Promise<void>;
}

/**
 * Opens and binds; with libc bound to the device too, where the address is one of its link. `reader` may be another
 * socket's too. Throws SOCKET_OPEN.
 *
 * libuv reads one datagram per system call and callback, and at most 32 in each turn of the event loop. While the loop
 * works 20 ms per turn that is 1,600 a second: of 10,000 sent, 19 % arrived, 1.5 s late without anybody knowing. So its
 * handle only tells that something came and brings the first one; the others are read together (bench/receive.ts).
 */
export async function openUdpSocket<F extends Family>(
  options: UdpSocketOptions<F>,
  libc: Libc | null,
  reader?: DatagramReader<F>,
): Promise<UdpSocket<F>> {
  const { iface, address, port } = options;
  const family: SocketFamily<F> = socketFamilies[options.family];
  const socket = newSocket(family);
  try {
    const opened = libc ? openDescriptor(options, family, libc) : null;
    await listening(socket, () => {
      if (opened) socket.bind({ fd: opened.fd, exclusive: true });
      else socket.bind({ port, address: family.formatOn(iface, address), exclusive: true });
    });
    if (options.family === 4) socket.setBroadcast(true);
    if (family.isMulticast(address)) {
      for (const each of options.joinOn ?? [iface])
        socket.addMembership(family.format(address), `::%${each}`);
    }
    if (!libc) enlarge(socket);
    return libc?.canBatch && opened
      ? batched(socket, { family, iface }, opened, libc, reader)
      : plain(socket, family, iface);
  } catch (error) {
    socket.close();
    throw new FlotillaError(
      'SOCKET_OPEN',
      `cannot listen on ${iface}, ${family.format(address)} port ${port}: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/** A system call and a callback for each datagram. */
function plain<F extends Family>(socket: Socket, family: SocketFamily<F>, iface: string): UdpSocket<F> {
  let events: UdpSocketEvents<F> = silentEvents;
  return {
    send(bytes, address, port) {
      sendSingly(socket, bytes, address, port, { family, iface, events });
    },
    listen(wanted) {
      events = wanted;
      socket.on('message', (bytes, { address, port }) => {
        const source = family.tryParse(address);
        if (source !== undefined) events.onMessage(bytes, source, port);
      });
      socket.on('error', (error) => events.onError(error));
    },
    close: () => closed(socket),
  };
}

interface Descriptor {
  readonly fd: number;
  /** Index of the interface, 0 for none. */
  readonly scope: number;
}

function batched<F extends Family>(
  socket: Socket,
  { family, iface }: { readonly family: SocketFamily<F>; readonly iface: string },
  descriptor: Descriptor,
  libc: Libc,
  shared: DatagramReader<F> | undefined,
): UdpSocket<F> {
  let events: UdpSocketEvents<F> = silentEvents;
  let isClosed = false;
  const leftover: DatagramHandler<F> = (bytes, address, port) =>
    sendSingly(socket, bytes, address, port, { family, iface, events });
  let writer: DatagramWriter<F> | undefined;
  const drops = kernelDropsOf(descriptor.fd, family, libc);
  return {
    kernelDrops: {
      shed(share) {
        if (!isClosed) drops.shed(share);
      },
      take: () => (isClosed ? 0 : drops.take()),
    },
    send(bytes, address, port) {
      // The number of a closed descriptor may be another one's by now.
      if (isClosed) events.onSendFailure(new Error('the socket is closed'), address);
      else (writer ??= new DatagramWriter(family, libc, descriptor, leftover)).send(bytes, address, port);
    },
    listen(wanted) {
      events = wanted;
      const reader = shared ?? new DatagramReader(family, libc);
      socket.on('message', (bytes, { address, port }) => {
        const source = family.tryParse(address);
        if (source !== undefined) events.onMessage(bytes, source, port);
        if (!isClosed) reader.drain(descriptor.fd, drainedAtOnce, events.onMessage);
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

function kernelDropsOf<F extends Family>(fd: number, family: SocketFamily<F>, libc: Libc): KernelDrops {
  const memory = new Uint32Array(memoryInfoWords);
  let shared = 0;
  /** Kept while the kernel is given its address. */
  let filter: Uint8Array = new Uint8Array();
  let known = 0;
  return {
    shed(share) {
      if (share === shared) return;
      shared = share;
      if (share === 0) {
        libc.setOption(fd, linux.SO_DETACH_FILTER, integer(0));
        return;
      }
      filter = shedFilter(family.newcomerForms, share);
      const program = new BigUint64Array([BigInt(filter.length / 8), libc.pointer(filter)]);
      libc.setOption(fd, linux.SO_ATTACH_FILTER, new Uint8Array(program.buffer));
    },
    take() {
      libc.getOption(fd, linux.SO_MEMINFO, new Uint8Array(memory.buffer));
      const now = memory[droppedAt]!;
      const since = (now - known) >>> 0;
      known = now;
      return since;
    },
  };
}

/** linux/sock_diag.h: SK_MEMINFO_VARS, SK_MEMINFO_DROPS. */
const [memoryInfoWords, droppedAt] = [9, 8];

const silentEvents = {
  onMessage() {},
  onError() {},
  onSendFailure() {},
};

function sendSingly<F extends Family>(
  socket: Socket,
  bytes: Uint8Array,
  address: AddressOf<F>,
  port: number,
  from: {
    readonly family: SocketFamily<F>;
    readonly iface: string;
    readonly events: UdpSocketEvents<F>;
  },
): void {
  const { family, iface, events } = from;
  try {
    socket.send(bytes, port, family.formatOn(iface, address), (error) => {
      if (error) events.onSendFailure(error, address);
    });
  } catch (error) {
    events.onSendFailure(error as Error, address); // closed, or a port that cannot be
  }
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));

/** The lookup answers at once: destinations are always literal addresses, and the default costs a tick per packet. */
const newSocket = ({ type }: { readonly type: 'udp4' | 'udp6' }): Socket =>
  createSocket({
    type,
    reuseAddr: true,
    ipv6Only: type === 'udp6',
    lookup: (host, _options, done) => done(null, host, type === 'udp6' ? 6 : 4),
  });

function openDescriptor<F extends Family>(
  options: UdpSocketOptions<F>,
  family: SocketFamily<F>,
  libc: Libc,
): Descriptor {
  const { iface, address, port } = options;
  const type = linux.SOCK_DGRAM | linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK;
  const fd = libc.socket(family.domain, type, 0);
  try {
    const scope = family.hasZone(address) ? libc.interfaceIndex(iface) : 0;
    const one = integer(1);
    libc.setOption(fd, linux.SO_REUSEADDR, one);
    if (options.family === 4) libc.setOption(fd, linux.SO_BROADCAST, one);
    const device = family.isOfOneInterface(address) ? iface : '';
    libc.setOption(fd, linux.SO_BINDTODEVICE, Buffer.from(`${device}\0`));
    setReceiveBuffer(fd, libc);
    const bindTo = new DataView(new ArrayBuffer(family.addressSize));
    family.writeAddress(bindTo, 0, address, port, scope);
    libc.bind(fd, new Uint8Array(bindTo.buffer));
    return { fd, scope };
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
