// What the tests of the DHCPv6 wire format share.
import assert from 'node:assert/strict';
import { WireError } from '../../../src/wire/cursor.ts';
import type { Malformed6 } from './malformed-packets6-rows.ts';

/** Blanks and line ends do not count. */
export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Code and hexadecimal payload of each option. */
export const listed = (options: Iterable<readonly [number, Uint8Array]>): [code: number, hex: string][] =>
  [...options].map(([code, value]) => [code, toHex(value)]);

/** The error is ours, with the code, the reason and the place that the row asks for. */
export function throwsAsSaid(decode: () => unknown, { code, reason, says }: Malformed6): void {
  assert.throws(decode, (thrown) => {
    assert.ok(thrown instanceof WireError, String(thrown));
    assert.deepEqual([thrown.code, thrown.reason], [code, reason]);
    assert.match(thrown.message, says);
    return true;
  });
}
