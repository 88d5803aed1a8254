// Messages in a TCP stream, each behind its size of two bytes (RFC 5460 §5.1; DHCPv4 has it from RFC 6926).
import { FlotillaError } from '../errors.ts';
import { putUint16, uint16At } from './big-endian.ts';
import { WireError } from './cursor.ts';

/** One message as it goes into the stream. Throws WIRE_VALUE when it has more than 65,535 bytes. */
export function tcpFrame(message: Uint8Array): Uint8Array {
  if (message.length > 65535) {
    throw new FlotillaError('WIRE_VALUE', `a message has ${message.length} bytes, at most 65535 fit a frame`);
  }
  const bytes = new Uint8Array(sizeLength + message.length);
  putUint16(bytes, 0, message.length);
  bytes.set(message, sizeLength);
  return bytes;
}

/** Takes a stream apart, in whatever pieces it arrives. One for each connection and direction. */
export class TcpFrameReader {
  /** Bytes of the frame that is not complete yet, its size included. */
  #held = new Uint8Array(512);
  #length = 0;

  /** True in the middle of a frame: the stream must not end here. */
  get isWaiting(): boolean {
    return this.#length > 0;
  }

  /**
   * The messages that end within these bytes. Those that lie whole in them are views. Throws WireError at a frame of no
   * bytes; the connection is of no use then.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#length === 0 && bytes.length - offset >= sizeLength) {
        const end = offset + sizeLength + sizeAt(bytes, offset);
        if (end <= bytes.length) {
          messages.push(bytes.subarray(offset + sizeLength, end));
          offset = end;
          continue;
        }
      }
      const wanted = this.#length < sizeLength ? sizeLength : sizeLength + sizeAt(this.#held, 0);
      const to = Math.min(bytes.length, offset + wanted - this.#length);
      this.#hold(bytes.subarray(offset, to));
      offset = to;
      if (this.#length >= sizeLength && this.#length === sizeLength + sizeAt(this.#held, 0)) {
        messages.push(this.#held.slice(sizeLength, this.#length));
        this.#length = 0;
      }
    }
    return messages;
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#length));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#length);
    this.#length = needed;
  }
}

const sizeLength = 2;

function sizeAt(bytes: Uint8Array, at: number): number {
  const size = uint16At(bytes, at);
  if (size === 0) throw new WireError('WIRE_TRUNCATED', 'truncated-header', 'a frame of no bytes');
  return size;
}
