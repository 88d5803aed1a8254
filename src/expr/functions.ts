// The functions of the expression language over byte strings, one by one.
import { formatHex } from '../addr/hex.ts';
import { formatIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, ipv6FromBytes } from '../addr/ipv6.ts';
import { FlotillaError } from '../errors.ts';

export type Bytes = Uint8Array;

export const noBytes: Bytes = new Uint8Array(0);

export const utf8 = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'utf8'));
export const latin1Text = (bytes: Bytes): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Four bytes, big-endian. */
export function uint32Bytes(value: number): Bytes {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

export function concatBytes(parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * A negative `start` counts from the end; a start outside the value gives ''. `length` may be Infinity (`all`);
 * a negative one takes that many bytes *before* the start byte, as many as there are.
 */
export function substring(value: Bytes, start: number, length: number): Bytes {
  if (start < -value.length || start >= value.length) return noBytes;
  const from = start < 0 ? start + value.length : start;
  return length < 0
    ? value.subarray(Math.max(0, from + length), from)
    : value.subarray(from, Math.min(value.length, from + length));
}

/** Field number `field`, counted from 1, between single-byte delimiters. Neighbouring delimiters enclose empty fields. */
export function split(value: Bytes, delimiters: Bytes, field: number): Bytes {
  if (value.length === 0 || field < 1) return noBytes;
  if (delimiters.length === 0) return value;
  let start = 0;
  let number = 1;
  for (let i = 0; i <= value.length; i++) {
    if (i < value.length && !delimiters.includes(value[i]!)) continue;
    if (number === field) return value.subarray(start, i);
    number++;
    start = i + 1;
  }
  return noBytes;
}

/** ASCII letters only. */
export function lcase(value: Bytes): Bytes {
  return value.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));
}

/** ASCII letters only. */
export function ucase(value: Bytes): Bytes {
  return value.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte));
}

/** Lower-case pairs of hexadecimal digits joined by `separator`. */
export function hexstring(value: Bytes, separator: Bytes): Bytes {
  return new Uint8Array(Buffer.from(formatHex(value, latin1Text(separator)), 'latin1'));
}

/** 4 or 16 bytes; '' stays ''. */
export function addrtotext(value: Bytes): Bytes {
  switch (value.length) {
    case 0:
      return noBytes;
    case 4:
      return utf8(formatIpv4(readUnsigned(value)));
    case 16:
      return utf8(formatIpv6(ipv6FromBytes(value)));
    default:
      throw evaluationError(`addrtotext needs 4 or 16 bytes, not ${value.length}`);
  }
}

export const integerFunctions = {
  int8totext: { size: 1, signed: true },
  int16totext: { size: 2, signed: true },
  int32totext: { size: 4, signed: true },
  uint8totext: { size: 1, signed: false },
  uint16totext: { size: 2, signed: false },
  uint32totext: { size: 4, signed: false },
} as const;

/** Big-endian integer of exactly the function's size as decimal text; '' stays ''. */
export function integerToText(name: keyof typeof integerFunctions, value: Bytes): Bytes {
  const { size, signed } = integerFunctions[name];
  if (value.length === 0) return noBytes;
  if (value.length !== size)
    throw evaluationError(
      `${name} needs a value of exactly ${size} byte${size === 1 ? '' : 's'}, not ${value.length}`,
    );
  const unsigned = readUnsigned(value);
  const limit = 2 ** (8 * size - 1);
  return utf8(String(signed && unsigned >= limit ? unsigned - 2 * limit : unsigned));
}

export function evaluationError(text: string, options?: ErrorOptions): FlotillaError {
  return new FlotillaError('EXPRESSION_EVALUATION', text, {}, options);
}

function readUnsigned(bytes: Bytes): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
