// A bounds-checked reader and writer over bytes, and the error that everything in this room throws.
import { FlotillaError } from '../errors.ts';

/** Why bytes were refused: stable words, counted one by one as drop reasons. */
export type WireReason =
  /** Shorter than the fixed part of a message. */
  | 'truncated-header'
  /** An option, sub-option or field runs past the end of what holds it. */
  | 'truncated-option'
  /** `hlen` is larger than the field `chaddr` (16). */
  | 'hardware-address-length'
  /** BOOTP without the magic cookie of RFC 1497. */
  | 'bootp-no-cookie'
  /** BOOTP: a cookie, but no DHCP message type (option 53). */
  | 'bootp-no-message-type'
  /** Option 53 is not one byte, or 0. DHCPv6: the type 0. */
  | 'message-type'
  /** Option 52 is not one byte of 1, 2 or 3. */
  | 'option-overload'
  /** DHCPv6: a relay's message with no Relay Message option (9), or with several, or one of the other direction. */
  | 'relay-message'
  /** DHCPv6: relayed more often than RFC 8415 and Kea allow (32). */
  | 'relay-depth'
  /** DHCPv6: an option where it must not be, e.g. an IA inside an IA. */
  | 'option-nesting'
  /** A value does not have the form that its option's type asks for. */
  | 'option-value';

/** WIRE_TRUNCATED or WIRE_MALFORMED with a reason that can be counted. */
export class WireError extends FlotillaError {
  readonly reason: WireReason;

  constructor(code: 'WIRE_TRUNCATED' | 'WIRE_MALFORMED', reason: WireReason, message: string) {
    super(code, message);
    this.reason = reason;
  }
}

/** Reads big-endian values in order. Reading past the end throws WIRE_TRUNCATED. Views share the input's memory. */
export class Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly #reason: WireReason;

  constructor(bytes: Uint8Array, offset = 0, reason: WireReason = 'truncated-option') {
    this.bytes = bytes;
    this.offset = offset;
    this.#reason = reason;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  uint8(): number {
    this.#need(1);
    return this.bytes[this.offset++]!;
  }

  uint16(): number {
    this.#need(2);
    const value = (this.bytes[this.offset]! << 8) | this.bytes[this.offset + 1]!;
    this.offset += 2;
    return value;
  }

  uint32(): number {
    this.#need(4);
    const { bytes, offset } = this;
    this.offset += 4;
    return (
      ((bytes[offset]! << 24) |
        (bytes[offset + 1]! << 16) |
        (bytes[offset + 2]! << 8) |
        bytes[offset + 3]!) >>>
      0
    );
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    this.#need(length);
    return this.bytes.subarray(this.offset, (this.offset += length));
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  #need(length: number): void {
    if (length > this.remaining) {
      throw new WireError(
        'WIRE_TRUNCATED',
        this.#reason,
        `${length} bytes expected at offset ${this.offset}, ${Math.max(0, this.remaining)} left`,
      );
    }
  }
}

/** Writes big-endian values and grows as needed. */
export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uint16(value: number): this {
    return this.uint8(value >>> 8).uint8(value);
  }

  uint32(value: number): this {
    return this.uint16(value >>> 16).uint16(value);
  }

  bytes(value: ArrayLike<number>): this {
    this.#grow(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A copy-free view of what was written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** One array of all parts: for values that arrive in pieces, joined once at the end. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
