// Addresses, prefixes and ranges as configuration writes them, for either family.
import type { Address, Family } from '../addr/family.ts';
import { formatIpv4, parseIpv4, parseIpv4Prefix, parseIpv4Range } from '../addr/ipv4.ts';
import { formatIpv6, parseIpv6, parseIpv6Prefix } from '../addr/ipv6.ts';
import { FlotillaError } from '../errors.ts';
import { invalid } from './read-json.ts';

export interface AddressSpan {
  readonly first: Address;
  readonly last: Address;
}

/** What the configuration needs of an address family. Parsers throw CONFIG_INVALID naming `key`. */
export interface Addressing {
  parse(text: string, key: string): Address;
  /** Host bits are masked away, as upstream does. */
  parsePrefix(text: string, key: string): AddressSpan & { readonly length: number };
  parseRange(text: string, key: string): AddressSpan;
  format(address: Address): string;
}

export function addressing(family: Family): Addressing {
  return family === 4 ? v4 : v6;
}

/** `first - last`. */
export function formatSpan(family: Family, span: AddressSpan): string {
  const kind = addressing(family);
  return `${kind.format(span.first)} - ${kind.format(span.last)}`;
}

const v4: Addressing = Object.freeze({
  parse: (text: string, key: string) => located(key, () => parseIpv4(text)),
  parsePrefix: (text: string, key: string) => located(key, () => parseIpv4Prefix(text, 'mask')),
  parseRange: (text: string, key: string) => located(key, () => parseIpv4Range(text)),
  format: (address: Address) => formatIpv4(address as number),
});

const v6: Addressing = Object.freeze({
  parse: (text: string, key: string) => located(key, () => parseIpv6(text)),
  parsePrefix: (text: string, key: string) => located(key, () => parseIpv6Prefix(text, 'mask')),
  parseRange: (text: string, key: string) => located(key, () => rangeOf6(text)),
  format: (address: Address) => formatIpv6(address as bigint),
});

/** A pool as written: `a - b` or `prefix/length`. */
function rangeOf6(text: string): AddressSpan {
  if (text.includes('/')) return parseIpv6Prefix(text.replaceAll(/\s/g, ''));
  const [first, last, ...rest] = text.split('-').map((end) => parseIpv6(end.trim()));
  if (first === undefined || last === undefined || rest.length > 0) {
    throw invalid(`'${text}' is not a range such as 2001:db8::10 - 2001:db8::99`);
  }
  if (first > last) throw invalid(`the range '${text}' ends before it begins`);
  return { first, last };
}

/** What `parse` throws, as CONFIG_INVALID naming `key`. */
export function located<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FlotillaError) throw invalid(error.message, key);
    throw error;
  }
}
