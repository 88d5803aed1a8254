// The few libc calls that Node lacks, through koffi: sockets bound to a device, and link-layer sending. Linux only.
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { FlotillaError, messageOf } from '../errors.ts';

/** Linux constants (asm-generic, the same on every architecture Node supports). */
export const linux = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_PACKET: 17,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
  SOL_SOCKET: 1,
  SOL_UDP: 17,
  SO_REUSEADDR: 2,
  SO_BROADCAST: 6,
  SO_RCVBUF: 8,
  SO_BINDTODEVICE: 25,
  SO_ATTACH_FILTER: 26,
  SO_DETACH_FILTER: 27,
  SO_RCVBUFFORCE: 33,
  SO_MEMINFO: 55,
  UDP_SEGMENT: 103,
  EIO: 5,
  EINVAL: 22,
  ETH_P_IP: 0x0800,
  MSG_DONTWAIT: 0x40,
} as const;

/** Thin calls: every one throws SOCKET_OPEN or SOCKET_SEND with the system's own error text. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  /** Of the level SOL_SOCKET. */
  setOption(fd: number, option: number, value: Uint8Array): void;
  /** Of the level SOL_SOCKET, into `value`. */
  getOption(fd: number, option: number, value: Uint8Array): void;
  bind(fd: number, address: Uint8Array): void;
  sendTo(fd: number, bytes: Uint8Array, address: Uint8Array): void;
  close(fd: number): void;
  /** Whether the calls for many datagrams can be used: 64-bit pointers. */
  readonly canBatch: boolean;
  /** recvmmsg without waiting into `headers` (struct mmsghdr): how many came, negative when none did. */
  receiveMany(fd: number, headers: BigUint64Array, count: number): number;
  /** sendmmsg without waiting: how many left; when the first one could not, its error number, negative. */
  sendMany(fd: number, headers: BigUint64Array, count: number): number;
  /** Whether UDP_SEGMENT is known: kernels before 4.18 would send the whole train as one datagram. */
  canSegment(fd: number): boolean;
  /** Where `memory` is, for structures that point to it; true as long as the caller keeps it. */
  pointer(memory: ArrayBufferView): bigint;
  /** Interface index of a name. */
  interfaceIndex(name: string): number;
}

/** The binding, or the reason why this platform has none. */
export function loadLibc(): Libc | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: `no libc binding for ${process.platform}` };
  try {
    return bind();
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

function bind(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const library: Koffi.LibraryHandle = openLibc(koffi);
  const socket = library.func('int socket(int, int, int)') as (...args: number[]) => number;
  const setsockopt = library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)');
  const getsockopt = library.func('int getsockopt(int, int, int, uint8_t *, uint32_t *)');
  const bindCall = library.func('int bind(int, const uint8_t *, uint32_t)');
  const sendto = library.func(
    'intptr_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)',
  );
  const recvmmsg = library.func('int recvmmsg(int, void *, uint32_t, int, void *)');
  const sendmmsg = library.func('int sendmmsg(int, void *, uint32_t, int)');
  const close = library.func('int close(int)') as (fd: number) => number;
  const nameToIndex = library.func('uint32_t if_nametoindex(const char *)') as (name: string) => number;
  const strerror = library.func('const char *strerror(int)') as (code: number) => string;

  const check = (result: number, code: 'SOCKET_OPEN' | 'SOCKET_SEND', call: string): number => {
    if (result >= 0) return result;
    throw new FlotillaError(code, `${call}: ${strerror(koffi.errno())}`);
  };
  return {
    socket: (domain, type, protocol) => check(socket(domain, type, protocol), 'SOCKET_OPEN', 'socket'),
    setOption(fd, option, value) {
      check(
        setsockopt(fd, linux.SOL_SOCKET, option, value, value.length) as number,
        'SOCKET_OPEN',
        'setsockopt',
      );
    },
    getOption(fd, option, value) {
      const length = Uint32Array.of(value.length);
      check(getsockopt(fd, linux.SOL_SOCKET, option, value, length) as number, 'SOCKET_OPEN', 'getsockopt');
    },
    bind(fd, address) {
      check(bindCall(fd, address, address.length) as number, 'SOCKET_OPEN', 'bind');
    },
    sendTo(fd, bytes, address) {
      check(sendto(fd, bytes, bytes.length, 0, address, address.length) as number, 'SOCKET_SEND', 'sendto');
    },
    close(fd) {
      close(fd);
    },
    canBatch: koffi.sizeof('size_t') === 8,
    receiveMany: (fd, headers, count) => recvmmsg(fd, headers, count, linux.MSG_DONTWAIT, null) as number,
    sendMany(fd, headers, count) {
      const left = sendmmsg(fd, headers, count, linux.MSG_DONTWAIT) as number;
      return left < 0 ? -koffi.errno() : left;
    },
    canSegment(fd) {
      const size = new Uint8Array(4);
      return (
        (getsockopt(fd, linux.SOL_UDP, linux.UDP_SEGMENT, size, Uint32Array.of(size.length)) as number) === 0
      );
    },
    pointer: (memory) => koffi.address(memory),
    interfaceIndex(name) {
      const index = nameToIndex(name);
      if (index === 0) throw new FlotillaError('SOCKET_OPEN', `there is no interface '${name}'`);
      return index;
    },
  };
}

/** glibc first, then musl's name. */
function openLibc(koffi: typeof Koffi): Koffi.LibraryHandle {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load('libc.so');
  }
}
