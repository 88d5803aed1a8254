// Many datagrams per system call: recvmmsg and sendmmsg on a descriptor, through koffi. Linux with 64-bit pointers only.
import type { AddressOf, Family } from '../addr/family.ts';
import { isLittleEndian } from './byte-order.ts';
import { linux, type Libc } from './libc.ts';
import { readPort, type SocketFamily } from './socket-family.ts';

/** Datagrams per call. Sending 1, 4 and 32 with one call took 5.7, 4.8 and 4.4 µs for each (docs/performance.md). */
const perCall = 32;
/** The largest UDP datagram fits. */
const receiveSlotSize = 65_536;
/** What an Ethernet carries fits; the little that is larger is sent singly. A socket has 64 kB of these. */
const sendSlotSize = 2048;

/** Linux's struct mmsghdr on 64-bit machines, in words of 8 bytes: msghdr (7), then the length of what was transferred. */
const headerWords = 8;
const [nameAt, nameLengthAt, vectorAt, vectorLengthAt] = [0, 1, 2, 3];
const [controlAt, controlLengthAt, lengthAt] = [4, 5, 7];
/** struct iovec: pointer, length. */
const vectorWords = 2;

/** Room for `perCall` datagrams and their addresses, described to the kernel once. */
class Slots {
  readonly headers = new BigUint64Array(perCall * headerWords);
  readonly bytes: Buffer;
  readonly addresses: DataView;
  /** The same words as halves: an `int` fills the first half of its word, whatever the byte order. */
  readonly headerHalves = new Uint32Array(this.headers.buffer);
  readonly vectors = new BigUint64Array(perCall * vectorWords);

  constructor(addressSize: number, slotSize: number, libc: Libc) {
    this.bytes = Buffer.alloc(perCall * slotSize);
    this.addresses = new DataView(new ArrayBuffer(perCall * addressSize));
    const [names, vectors, bytes] = [this.addresses, this.vectors, this.bytes].map((each) =>
      libc.pointer(each),
    ) as [bigint, bigint, bigint];
    for (let slot = 0; slot < perCall; slot++) {
      const header = slot * headerWords;
      this.headers[header + nameAt] = names + BigInt(slot * addressSize);
      this.headerHalves[(header + nameLengthAt) * 2] = addressSize;
      this.headers[header + vectorAt] = vectors + BigInt(slot * vectorWords * 8);
      this.headers[header + vectorLengthAt] = 1n;
      this.vectors[slot * vectorWords] = bytes + BigInt(slot * slotSize);
      this.vectors[slot * vectorWords + 1] = BigInt(slotSize);
    }
  }
}

export type DatagramHandler<F extends Family> = (bytes: Buffer, address: AddressOf<F>, port: number) => void;

/** Reads non-blocking sockets, one after the other: its 2 MB serve any number of them. */
export class DatagramReader<F extends Family> {
  readonly #family: SocketFamily<F>;
  readonly #libc: Libc;
  readonly #slots: Slots;

  constructor(family: SocketFamily<F>, libc: Libc) {
    this.#family = family;
    this.#libc = libc;
    this.#slots = new Slots(family.addressSize, receiveSlotSize, libc);
  }

  /** Hands over what waits on `fd`, each datagram in memory of its own, at most `limit` and a call's worth more. */
  drain(fd: number, limit: number, handler: DatagramHandler<F>): void {
    const { addressSize } = this.#family;
    const { headers, headerHalves, bytes, addresses } = this.#slots;
    for (let taken = 0; taken < limit;) {
      // An error is left to the next ordinary read, which reports it.
      const count = this.#libc.receiveMany(fd, headers, perCall);
      for (let slot = 0; slot < count; slot++) {
        const start = slot * receiveSlotSize;
        const length = headerHalves[(slot * headerWords + lengthAt) * 2]!;
        const copy = Buffer.allocUnsafe(length);
        bytes.copy(copy, 0, start, start + length);
        const from = slot * addressSize;
        handler(copy, this.#family.readAddress(addresses, from), readPort(addresses, from));
      }
      if (count < perCall) return;
      taken += count;
    }
  }
}

/** struct cmsghdr on 64-bit machines (length, level, type) with the size of a datagram; rounded up to words. */
const [controlUsed, controlSize] = [18, 24];
/** Larger ones go by themselves: so much fits any path (RFC 8200 §5: 1280 bytes, less the headers of IPv6 and UDP). */
const longestInTrain = 1232;

/**
 * Gathers datagrams of one socket until a call is full or the turn of the event loop ends. Neighbours of one size to one
 * destination, as answers to a relay are, leave as a train: they pass the kernel as one packet that is cut up at the end of its
 * way (UDP_SEGMENT).
 */
export class DatagramWriter<F extends Family> {
  readonly #family: SocketFamily<F>;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #scope: number;
  readonly #leftover: DatagramHandler<F>;
  readonly #slots: Slots;
  /** One struct mmsghdr for each train; most have one datagram. */
  readonly #trains = new BigUint64Array(perCall * headerWords);
  readonly #trainHalves = new Uint32Array(this.#trains.buffer);
  readonly #controls = new DataView(new ArrayBuffer(perCall * controlSize));
  /** Slots of each train. */
  readonly #starts = new Uint8Array(perCall + 1);
  /** Whether the datagram of a slot belongs to the train of the one before. */
  readonly #follows = new Uint8Array(perCall);
  #canJoin: boolean;
  #last: { length: number; address: AddressOf<F>; port: number } | null = null;
  #waiting = 0;

  /** `leftover` takes what could not be sent with the others: to be sent singly, which waits or says why not. */
  constructor(
    family: SocketFamily<F>,
    libc: Libc,
    socket: { readonly fd: number; readonly scope: number },
    leftover: DatagramHandler<F>,
  ) {
    this.#family = family;
    this.#libc = libc;
    this.#fd = socket.fd;
    this.#scope = socket.scope;
    this.#leftover = leftover;
    this.#slots = new Slots(family.addressSize, sendSlotSize, libc);
    this.#canJoin = libc.canSegment(socket.fd);
    const controls = libc.pointer(this.#controls);
    for (let train = 0; train < perCall; train++) {
      const at = train * controlSize;
      this.#trains[train * headerWords + controlAt] = controls + BigInt(at);
      this.#controls.setBigUint64(at, BigInt(controlUsed), isLittleEndian);
      this.#controls.setInt32(at + 8, linux.SOL_UDP, isLittleEndian);
      this.#controls.setInt32(at + 12, linux.UDP_SEGMENT, isLittleEndian);
    }
  }

  /** Copies `bytes`. What has no room in a slot goes to `leftover`, after what waits. */
  send(bytes: Uint8Array, address: AddressOf<F>, port: number): void {
    const { length } = bytes;
    if (length > sendSlotSize) {
      this.flush();
      this.#leftover(Buffer.from(bytes), address, port);
      return;
    }
    const slot = this.#waiting++;
    const last = this.#last;
    const follows = last !== null && last.length === length && last.address === address && last.port === port;
    this.#follows[slot] = Number(follows && this.#canJoin && length > 0 && length <= longestInTrain);
    if (!follows) this.#last = { length, address, port };
    this.#slots.bytes.set(bytes, slot * sendSlotSize);
    this.#slots.vectors[slot * vectorWords + 1] = BigInt(length);
    const to = slot * this.#family.addressSize;
    this.#family.writeAddress(this.#slots.addresses, to, address, port, this.#scope);
    if (this.#waiting === perCall) this.flush();
    else if (slot === 0) setImmediate(this.flush);
  }

  /** Sends what waits. */
  readonly flush = (): void => {
    const count = this.#describeTrains();
    this.#waiting = 0;
    this.#last = null;
    for (let sent = 0; sent < count;) {
      const rest = sent === 0 ? this.#trains : this.#trains.subarray(sent * headerWords);
      const accepted = this.#libc.sendMany(this.#fd, rest, count - sent);
      sent += Math.max(0, accepted);
      if (accepted <= 0) this.#leave(sent++, -accepted);
    }
  };

  /** How many there are. */
  #describeTrains(): number {
    let count = 0;
    for (let start = 0; start < this.#waiting;) {
      let end = start + 1;
      while (end < this.#waiting && this.#follows[end] === 1) end++;
      this.#describe(count, start, end - start);
      this.#starts[count++] = start;
      start = end;
    }
    this.#starts[count] = this.#waiting;
    return count;
  }

  #describe(train: number, start: number, length: number): void {
    const [to, from] = [train * headerWords, start * headerWords];
    const halves = this.#slots.headerHalves;
    // Pointers, copied without a bigint made of each.
    for (let half = 0; half < vectorLengthAt * 2; half++)
      this.#trainHalves[to * 2 + half] = halves[from * 2 + half]!;
    this.#trains[to + vectorLengthAt] = BigInt(length);
    this.#trains[to + controlLengthAt] = length === 1 ? 0n : BigInt(controlSize);
    if (length > 1)
      this.#controls.setUint16(train * controlSize + controlUsed - 2, this.#lengthOf(start), isLittleEndian);
  }

  #lengthOf(slot: number): number {
    return Number(this.#slots.vectors[slot * vectorWords + 1]);
  }

  #leave(train: number, error: number): void {
    const [start, end] = [this.#starts[train]!, this.#starts[train + 1]!];
    // A way out that computes no checksums, or encrypts, takes none: as if there were no trains.
    if (end - start > 1 && (error === linux.EIO || error === linux.EINVAL)) this.#canJoin = false;
    const { addresses, bytes } = this.#slots;
    for (let slot = start; slot < end; slot++) {
      const from = slot * sendSlotSize;
      const to = slot * this.#family.addressSize;
      const address = this.#family.readAddress(addresses, to);
      const copy = Buffer.from(bytes.subarray(from, from + this.#lengthOf(slot)));
      this.#leftover(copy, address, readPort(addresses, to));
    }
  }
}
