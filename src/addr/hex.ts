// Hardware addresses, client identifiers and DUIDs as bytes and as hex text.
import { FlotillaError } from '../errors.ts';

/** `01:02:0a`, `01020a`, `0x01020a`, `1:2:a` → bytes. Throws ADDRESS_SYNTAX. */
export function parseHex(text: string): Uint8Array {
  const bytes = tryParseHex(text);
  if (!bytes) throw new FlotillaError('ADDRESS_SYNTAX', `'${text}' is not a string of hexadecimal digits`);
  return bytes;
}

/** Like {@link parseHex}, `undefined` instead of an error. Separators may be `:`, `-` or a space. */
export function tryParseHex(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (/[:\- ]/.test(trimmed)) {
    const parts = trimmed.split(/[:\- ]/);
    if (!parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part))) return undefined;
    return Uint8Array.from(parts, (part) => parseInt(part, 16));
  }
  const digits = /^0[xX]/.test(trimmed) ? trimmed.slice(2) : trimmed;
  if (!/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from(Buffer.from(even, 'hex'));
}

/** Bytes → `01:02:0a`. */
export function formatHex(bytes: Uint8Array, separator = ':'): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0) text += separator;
    text += hexPairs[bytes[i]!]!;
  }
  return text;
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Byte-wise equality, including length. */
export function sameBytes(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  if (!a || !b) return !a && !b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
