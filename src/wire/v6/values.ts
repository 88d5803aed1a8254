// Small DHCPv6 option payloads: lists of codes and of addresses, elapsed time, the client's link-layer address.
import { ipv6Bytes, ipv6FromBytes } from '../../addr/ipv6.ts';
import { putUint16, uint16At } from '../big-endian.ts';
import { WireError } from '../cursor.ts';
import { option6 } from './option-codes.ts';
import type { Options6 } from './options.ts';

/** Option Request (RFC 8415 §21.7) and Echo Request (RFC 4994): codes in the order asked for. Throws WireError. */
export function decodeCodes6(bytes: Uint8Array, what = 'option request'): number[] {
  requireForm(bytes.length % 2 === 0, what, bytes, 'a list of two-byte codes');
  const codes: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) codes.push(uint16At(bytes, at));
  return codes;
}

export function encodeCodes6(codes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * codes.length);
  for (const [i, code] of codes.entries()) putUint16(bytes, 2 * i, code);
  return bytes;
}

/** A list of addresses, e.g. of LQ_CLIENT_LINK (RFC 5007 §4.1.2.5). Throws WireError. */
export function decodeAddresses6(bytes: Uint8Array, what: string): bigint[] {
  requireForm(bytes.length % 16 === 0, what, bytes, 'a list of addresses of 16');
  const addresses: bigint[] = [];
  for (let at = 0; at < bytes.length; at += 16) addresses.push(ipv6FromBytes(bytes.subarray(at, at + 16)));
  return addresses;
}

export function encodeAddresses6(addresses: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(16 * addresses.length);
  for (const [i, address] of addresses.entries()) bytes.set(ipv6Bytes(address), 16 * i);
  return bytes;
}

/** Hundredths of a second since the client began (RFC 8415 §21.9); undefined when it does not say. Throws WireError. */
export function elapsedTime6(options: Options6): number | undefined {
  const bytes = options.get(option6.elapsedTime);
  if (bytes === undefined) return undefined;
  requireForm(bytes.length === 2, 'elapsed time', bytes, 'a number of 2');
  return uint16At(bytes, 0);
}

/** What the relay next to the client saw of it (RFC 6939 §4). */
export interface LinkLayerAddress6 {
  readonly htype: number;
  readonly address: Uint8Array;
}

/** Throws WireError. */
export function decodeLinkLayerAddress6(bytes: Uint8Array): LinkLayerAddress6 {
  requireForm(bytes.length > 2, 'client link-layer address', bytes, 'a hardware type of 2 and an address');
  return { htype: uint16At(bytes, 0), address: bytes.subarray(2) };
}

export function encodeLinkLayerAddress6({ htype, address }: LinkLayerAddress6): Uint8Array {
  const bytes = new Uint8Array(2 + address.length);
  putUint16(bytes, 0, htype);
  bytes.set(address, 2);
  return bytes;
}

function requireForm(holds: boolean, what: string, bytes: Uint8Array, form: string): void {
  if (holds) return;
  throw new WireError('WIRE_MALFORMED', 'option-value', `${what}: ${bytes.length} bytes are not ${form}`);
}
