// The Prefix Exclude option (RFC 6603): the part of a delegated prefix that stays on the link to the client.
import { ipv6Bytes, ipv6FromBytes, ipv6Mask } from '../../addr/ipv6.ts';
import { FlotillaError } from '../../errors.ts';
import { Reader, WireError } from '../cursor.ts';

export interface Prefix6 {
  readonly prefix: bigint;
  readonly length: number;
}

/** The excluded prefix, given the delegated one that the option stands in. Throws WireError (RFC 6603 §4.2). */
export function decodePdExclude6(bytes: Uint8Array, delegated: Prefix6): Prefix6 {
  const reader = new Reader(bytes);
  const length = reader.uint8();
  if (length <= delegated.length || length > 128) {
    throw new WireError(
      'WIRE_MALFORMED',
      'option-value',
      `Prefix Exclude has the length ${length} inside a prefix of ${delegated.length}`,
    );
  }
  const size = subnetIdSize(delegated.length, length);
  if (reader.remaining !== size) {
    throw new WireError(
      reader.remaining < size ? 'WIRE_TRUNCATED' : 'WIRE_MALFORMED',
      reader.remaining < size ? 'truncated-option' : 'option-value',
      `Prefix Exclude has ${reader.remaining} bytes of subnet ID, ${size} are needed`,
    );
  }
  const subnetId = new Uint8Array(16);
  subnetId.set(reader.rest());
  const shifted = ipv6FromBytes(subnetId) >> BigInt(delegated.length);
  return { prefix: (delegated.prefix & ipv6Mask(delegated.length)) | (shifted & ipv6Mask(length)), length };
}

/** Throws WIRE_VALUE when the excluded prefix is not a smaller part of the delegated one. */
export function encodePdExclude6(excluded: Prefix6, delegated: Prefix6): Uint8Array {
  const mask = ipv6Mask(delegated.length);
  const isInside = (excluded.prefix & mask) === (delegated.prefix & mask);
  if (!isInside || excluded.length <= delegated.length || excluded.length > 128) {
    throw new FlotillaError('WIRE_VALUE', 'an excluded prefix is a smaller part of the delegated prefix');
  }
  const network = excluded.prefix & ipv6Mask(excluded.length);
  const subnetId = BigInt.asUintN(128, network << BigInt(delegated.length));
  const size = subnetIdSize(delegated.length, excluded.length);
  return Uint8Array.of(excluded.length, ...ipv6Bytes(subnetId).subarray(0, size));
}

function subnetIdSize(delegatedLength: number, length: number): number {
  return Math.ceil((length - delegatedLength) / 8);
}
