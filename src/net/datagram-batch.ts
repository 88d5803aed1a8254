// Many datagrams per system call: recvmmsg and sendmmsg on a descriptor, through koffi. Linux with 64-bit pointers only.
import type { Libc } from './libc.ts';
import { readSocketAddress4, socketAddressSize4, writeSocketAddress4 } from './socket-address.ts';

/** Datagrams per call; more gave nothing (docs/performance.md). */
const perCall = 32;
/** The largest UDP datagram. Memory that is never written to is never given by the system. */
const slotSize = 65_536;

/** Linux's struct mmsghdr on 64-bit machines, in words of 8 bytes: msghdr (7), then the length of what was transferred. */
const headerWords = 8;
const [nameAt, nameLengthAt, vectorAt, vectorLengthAt, lengthAt] = [0, 1, 2, 3, 7];
/** struct iovec: pointer, length. */
const vectorWords = 2;

/** Room for `perCall` datagrams and their addresses, described to the kernel once. */
class Slots {
  readonly headers = new BigUint64Array(perCall * headerWords);
  readonly bytes = Buffer.alloc(perCall * slotSize);
  readonly addresses = Buffer.alloc(perCall * socketAddressSize4);
  /** The same words as halves: an `int` fills the first half of its word, whatever the byte order. */
  readonly headerHalves = new Uint32Array(this.headers.buffer);
  readonly vectors = new BigUint64Array(perCall * vectorWords);

  constructor(libc: Libc) {
    const [names, vectors, bytes] = [this.addresses, this.vectors, this.bytes].map((each) =>
      libc.pointer(each),
    ) as [bigint, bigint, bigint];
    for (let slot = 0; slot < perCall; slot++) {
      const header = slot * headerWords;
      this.headers[header + nameAt] = names + BigInt(slot * socketAddressSize4);
      this.headerHalves[(header + nameLengthAt) * 2] = socketAddressSize4;
      this.headers[header + vectorAt] = vectors + BigInt(slot * vectorWords * 8);
      this.headers[header + vectorLengthAt] = 1n;
      this.vectors[slot * vectorWords] = bytes + BigInt(slot * slotSize);
      this.vectors[slot * vectorWords + 1] = BigInt(slotSize);
    }
  }
}

export type DatagramHandler = (bytes: Buffer, address: number, port: number) => void;

/** Reads a non-blocking socket. Addresses are unsigned 32-bit numbers. */
export class DatagramReader {
  readonly #libc: Libc;
  readonly #slots: Slots;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#slots = new Slots(libc);
  }

  /** Hands over what waits on `fd`, each datagram in memory of its own, at most `limit` and a call's worth more. */
  drain(fd: number, limit: number, handler: DatagramHandler): void {
    const { headers, headerHalves, bytes, addresses } = this.#slots;
    for (let taken = 0; taken < limit;) {
      // An error is left to the next ordinary read, which reports it.
      const count = this.#libc.receiveMany(fd, headers, perCall);
      for (let slot = 0; slot < count; slot++) {
        const start = slot * slotSize;
        const length = headerHalves[(slot * headerWords + lengthAt) * 2]!;
        const copy = Buffer.allocUnsafe(length);
        bytes.copy(copy, 0, start, start + length);
        const from = readSocketAddress4(addresses, slot * socketAddressSize4);
        handler(copy, from.address, from.port);
      }
      if (count < perCall) return;
      taken += count;
    }
  }
}

/** Gathers datagrams of one socket until a call is full or the turn of the event loop ends. */
export class DatagramWriter {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #leftover: DatagramHandler;
  readonly #slots: Slots;
  #waiting = 0;

  /** `leftover` takes what could not be sent with the others: to be sent singly, which waits or says why not. */
  constructor(libc: Libc, fd: number, leftover: DatagramHandler) {
    this.#libc = libc;
    this.#fd = fd;
    this.#leftover = leftover;
    this.#slots = new Slots(libc);
  }

  /** Copies `bytes`. A payload that no UDP datagram can carry goes to `leftover`, which tells so. */
  send(bytes: Uint8Array, address: number, port: number): void {
    if (bytes.length > slotSize) {
      this.#leftover(Buffer.from(bytes), address, port);
      return;
    }
    const slot = this.#waiting++;
    this.#slots.bytes.set(bytes, slot * slotSize);
    this.#slots.vectors[slot * vectorWords + 1] = BigInt(bytes.length);
    writeSocketAddress4(this.#slots.addresses, slot * socketAddressSize4, address, port);
    if (this.#waiting === perCall) this.flush();
    else if (slot === 0) setImmediate(this.flush);
  }

  /** Sends what waits. */
  readonly flush = (): void => {
    const { headers } = this.#slots;
    const count = this.#waiting;
    this.#waiting = 0;
    for (let sent = 0; sent < count;) {
      const rest = sent === 0 ? headers : headers.subarray(sent * headerWords);
      const accepted = this.#libc.sendMany(this.#fd, rest, count - sent);
      sent += Math.max(0, accepted);
      if (accepted <= 0) this.#leave(sent++);
    }
  };

  #leave(slot: number): void {
    const start = slot * slotSize;
    const length = Number(this.#slots.vectors[slot * vectorWords + 1]);
    const { address, port } = readSocketAddress4(this.#slots.addresses, slot * socketAddressSize4);
    this.#leftover(Buffer.from(this.#slots.bytes.subarray(start, start + length)), address, port);
  }
}
