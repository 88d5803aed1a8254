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
  return parsePairs(text) ?? parseLoosely(text);
}

/** The usual form, `01:02:0a`, without expressions: a lease file has a million of them. */
function parsePairs(text: string): Uint8Array | undefined {
  if (text.length % 3 !== 2) return undefined;
  const bytes = new Uint8Array((text.length + 1) / 3);
  for (let i = 0, at = 0; i < bytes.length; i++, at += 3) {
    const [high, low] = [digitOf(text.charCodeAt(at)), digitOf(text.charCodeAt(at + 1))];
    if (high < 0 || low < 0 || (i > 0 && text.charCodeAt(at - 1) !== colon)) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

const colon = 0x3a;

function parseLoosely(text: string): Uint8Array | undefined {
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
