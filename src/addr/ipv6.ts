// IPv6 addresses and prefixes as 128-bit bigints; text after RFC 4291 §2.2 and RFC 5952.
import { FlotillaError } from '../errors.ts';
import { formatIpv4, tryParseIpv4 } from './ipv4.ts';

/** `2001:db8::1` → bigint. Throws ADDRESS_SYNTAX. */
export function parseIpv6(text: string): bigint {
  const address = tryParseIpv6(text);
  if (address === undefined) throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not an IPv6 address`);
  return address;
}

/** Like {@link parseIpv6}, `undefined` instead of an error. Zone identifiers (`%eth0`) are not addresses. */
export function tryParseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let address = 0n;
  for (const group of head) address = (address << 16n) | BigInt(group);
  address <<= BigInt(16 * missing);
  for (const group of tail) address = (address << 16n) | BigInt(group);
  return address;
}

/**
 * The canonical text of RFC 5952; IPv4-mapped addresses end in a dotted quad (§5). Every log line of a lease has
 * one, twice: the last one is remembered.
 */
export function formatIpv6(address: bigint): string {
  if (address !== lastFormatted.address) lastFormatted = { address, text: textOf(address) };
  return lastFormatted.text;
}

let lastFormatted = { address: 0n, text: '::' };

function textOf(address: bigint): string {
  if (address >> 32n === 0xffffn) return `::ffff:${formatIpv4(Number(address & 0xffffffffn))}`;
  writeIpv6(scratch, 0, address);
  for (let i = 0; i < 8; i++) groups[i] = scratch.getUint16(2 * i);
  const [zeros, end] = longestZeros(groups);
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === zeros) {
      text += '::';
      i = end - 1;
    } else text += i === 0 || i === end ? groups[i]!.toString(16) : `:${groups[i]!.toString(16)}`;
  }
  return text;
}

/** Of the address whose text is being made. */
const groups: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
const scratch = new DataView(new ArrayBuffer(16));

/** §4.2: of the runs of at least two zero groups the longest, of equally long ones the first; [-1, -1] without any. */
function longestZeros(groups: readonly number[]): readonly [start: number, end: number] {
  let [best, bestEnd, start] = [-1, -1, -1];
  for (let i = 0; i <= 8; i++) {
    if (groups[i] === 0) start = start < 0 ? i : start;
    else if (start >= 0) {
      if (i - start > Math.max(1, bestEnd - best)) [best, bestEnd] = [start, i];
      start = -1;
    }
  }
  return [best, bestEnd];
}

export interface Ipv6Prefix {
  readonly first: bigint;
  readonly last: bigint;
  readonly length: number;
}

/** Network mask of a prefix length. */
export function ipv6Mask(length: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(128 - length);
}

/** `2001:db8::/32`; host bits are an error, or masked away. Throws ADDRESS_SYNTAX. */
export function parseIpv6Prefix(text: string, hostBits: 'refuse' | 'mask' = 'refuse'): Ipv6Prefix {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = tryParseIpv6(addressText ?? '');
  const length = /^\d{1,3}$/.test(lengthText ?? '') ? Number(lengthText) : NaN;
  if (address === undefined || rest.length > 0 || !(length >= 0 && length <= 128)) {
    throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not an IPv6 prefix such as 2001:db8::/32`);
  }
  const mask = ipv6Mask(length);
  const first = address & mask;
  if (first !== address && hostBits === 'refuse') {
    throw new FlotillaError(
      'ADDRESS_SYNTAX',
      `'${text}' has host bits set; write ${formatIpv6(first)}/${length}`,
    );
  }
  return { first, last: first | (ipv6Mask(128) ^ mask), length };
}

export function formatIpv6Prefix(prefix: Ipv6Prefix): string {
  return `${formatIpv6(prefix.first)}/${prefix.length}`;
}

/** Sixteen bytes, network order. */
export function ipv6Bytes(address: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  writeIpv6(new DataView(bytes.buffer), 0, address);
  return bytes;
}

/** Sixteen bytes → address. Throws RangeError when there are fewer. */
export function ipv6FromBytes(bytes: Uint8Array): bigint {
  return readIpv6(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

/** The address in the sixteen bytes at `offset`. Two words: byte by byte it took five times as long. */
export function readIpv6(view: DataView, offset: number): bigint {
  return (view.getBigUint64(offset) << 64n) | view.getBigUint64(offset + 8);
}

/** Sixteen bytes at `offset`. */
export function writeIpv6(view: DataView, offset: number, address: bigint): void {
  view.setBigUint64(offset, address >> 64n);
  view.setBigUint64(offset + 8, address); // takes the low 64 bits
}

/** fe80::/10 (RFC 4291 §2.5.6): means something on one link only. */
export function isLinkLocalIpv6(address: bigint): boolean {
  return address >> 118n === 0x3fan;
}

/** ff00::/8 (RFC 4291 §2.7). */
export function isMulticastIpv6(address: bigint): boolean {
  return address >> 120n === 0xffn;
}

/** Sixteen-bit groups of one side of `::`; the last may be a dotted quad. */
function groupsOf(text: string, mayEndInQuad: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      const quad = mayEndInQuad && i === parts.length - 1 ? tryParseIpv4(part) : undefined;
      if (quad === undefined) return undefined;
      groups.push(quad >>> 16, quad & 0xffff);
    }
  }
  return groups;
}
