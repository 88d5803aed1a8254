// Sub-options: code, length, value inside an option (RFC 3046 §2.0 for 82, RFC 2132 §8.4 for 43, encapsulated spaces).
import { concatenate, WireError } from '../cursor.ts';

/**
 * Code → value. Values are views over `bytes`. PAD and END mean nothing special here except in option 43 and other
 * encapsulated spaces, where `padAndEnd` honours them (RFC 2132 §8.4). A code that repeats is joined (RFC 3396).
 * Throws WireError when a sub-option runs past the end.
 */
export function decodeSuboptions4(bytes: Uint8Array, padAndEnd = false): Map<number, Uint8Array> {
  const suboptions = new Map<number, Uint8Array>();
  let repeated: Map<number, Uint8Array[]> | undefined;
  let offset = 0;
  while (offset < bytes.length) {
    const code = bytes[offset++]!;
    if (padAndEnd && code === 0) continue;
    if (padAndEnd && code === 255) break;
    const length = bytes[offset++];
    const left = bytes.length - offset;
    if (length === undefined || length > left) {
      throw new WireError(
        'WIRE_TRUNCATED',
        'truncated-option',
        `sub-option ${code} announces ${length ?? 'no length, 0'} bytes, ${Math.max(0, left)} are left`,
      );
    }
    const value = bytes.subarray(offset, (offset += length));
    const first = suboptions.get(code);
    if (first === undefined) {
      suboptions.set(code, value);
      continue;
    }
    // Joined at the end, so that many small pieces cost no repeated copies.
    repeated ??= new Map<number, Uint8Array[]>();
    const parts = repeated.get(code);
    if (parts) parts.push(value);
    else repeated.set(code, [first, value]);
  }
  if (repeated) for (const [code, parts] of repeated) suboptions.set(code, concatenate(parts));
  return suboptions;
}

/** In the map's order; values above 255 bytes become several sub-options (RFC 3396). */
export function encodeSuboptions4(suboptions: ReadonlyMap<number, Uint8Array>): Uint8Array {
  let size = 0;
  for (const value of suboptions.values())
    size += value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const [code, value] of suboptions) {
    let from = 0;
    do {
      const piece = value.subarray(from, from + 255);
      bytes[offset] = code;
      bytes[offset + 1] = piece.length;
      bytes.set(piece, offset + 2);
      offset += 2 + piece.length;
      from += 255;
    } while (from < value.length);
  }
  return bytes;
}
