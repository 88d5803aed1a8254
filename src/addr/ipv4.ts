// IPv4 addresses and prefixes as unsigned 32-bit numbers.
import { FlotillaError } from '../errors.ts';

const dot = 0x2e;
const zero = 0x30;

/** `10.0.0.1` → 167772161. Throws ADDRESS_SYNTAX. */
export function parseIpv4(text: string): number {
  const address = tryParseIpv4(text);
  if (address === undefined) throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not an IPv4 address`);
  return address;
}

/** Like {@link parseIpv4}, `undefined` instead of an error. */
export function tryParseIpv4(text: string): number | undefined {
  let [address, octet, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      if (digits === 0 || ++dots > 3) return undefined;
      address = address * 256 + octet;
      [octet, digits] = [0, 0];
    } else {
      if (code < zero || code > zero + 9 || ++digits > 3) return undefined;
      octet = octet * 10 + (code - zero);
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? address * 256 + octet : undefined;
}

/** 167772161 → `10.0.0.1`. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export interface Ipv4Prefix {
  /** First address (network). */
  readonly first: number;
  /** Last address (broadcast). */
  readonly last: number;
  readonly length: number;
}

/** Network mask of a prefix length, e.g. 24 → 0xffffff00. */
export function ipv4Mask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** `10.0.0.0/8`; host bits are an error, or masked away. Throws ADDRESS_SYNTAX. */
export function parseIpv4Prefix(text: string, hostBits: 'refuse' | 'mask' = 'refuse'): Ipv4Prefix {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = tryParseIpv4(addressText ?? '');
  const length = /^\d{1,2}$/.test(lengthText ?? '') ? Number(lengthText) : NaN;
  if (address === undefined || rest.length > 0 || !(length >= 0 && length <= 32)) {
    throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not an IPv4 prefix such as 192.0.2.0/24`);
  }
  const mask = ipv4Mask(length);
  const first = (address & mask) >>> 0;
  if (first !== address && hostBits === 'refuse') {
    throw new FlotillaError(
      'ADDRESS_SYNTAX',
      `'${text}' has host bits set; write ${formatIpv4(first)}/${length}`,
    );
  }
  return { first, last: (first | (~mask >>> 0)) >>> 0, length };
}

export function formatIpv4Prefix(prefix: Ipv4Prefix): string {
  return `${formatIpv4(prefix.first)}/${prefix.length}`;
}

export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** A pool as written: `a - b` or `prefix/length`. Throws ADDRESS_SYNTAX. */
export function parseIpv4Range(text: string): Ipv4Range {
  if (text.includes('/')) {
    const { first, last } = parseIpv4Prefix(text.replaceAll(/\s/g, ''));
    return { first, last };
  }
  const [firstText, lastText, ...rest] = text.split('-');
  const first = tryParseIpv4((firstText ?? '').trim());
  const last = tryParseIpv4((lastText ?? '').trim());
  if (first === undefined || last === undefined || rest.length > 0) {
    throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not a range such as 192.0.2.10 - 192.0.2.99`);
  }
  if (first > last) throw new FlotillaError('ADDRESS_SYNTAX', `the range '${text}' ends before it begins`);
  return { first, last };
}

/** Four bytes, network order. */
export function ipv4Bytes(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
}
