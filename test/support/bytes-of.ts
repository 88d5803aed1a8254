// Option payloads as tests write them.
import { tryParseHex } from '../../src/addr/hex.ts';

/** Text, or hexadecimal when it begins with `0x` or has the form `01:02:03`. */
export function bytesOf(value: string | Uint8Array | readonly number[]): Uint8Array {
  if (typeof value !== 'string') return Uint8Array.from(value);
  const isHex = /^0[xX]/.test(value) || /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})+$/.test(value);
  const bytes = isHex ? tryParseHex(value) : Buffer.from(value, 'utf8');
  if (!bytes) throw new Error(`'${value}' is not hexadecimal`);
  return Uint8Array.from(bytes);
}
