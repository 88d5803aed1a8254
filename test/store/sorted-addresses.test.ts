// Addresses in order, whatever comes and goes after the first page, against a plain sorted list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SortedAddresses } from '../../src/store/memfile/sorted-addresses.ts';
import { mulberry32 } from '../support/mutate-packets.ts';

const numbers = (n: number): number => n;
const prefixes = (n: number): bigint => (0x2001_0db8n << 96n) + (BigInt(n) << 64n);

const kinds: readonly (readonly [string, (n: number) => number | bigint])[] = [
  ['DHCPv4', numbers],
  ['DHCPv6', prefixes],
];

for (const [kind, addressOf] of kinds) {
  test(`${kind}: pages bring every address once and in order while addresses come and go`, () => {
    const random = mulberry32(7);
    const there = new Set<number>();
    const sorted = new SortedAddresses<number | bigint>(() => Array.from(there, addressOf));
    const toggle = (n: number): void => {
      if (there.delete(n)) sorted.delete(addressOf(n));
      else {
        there.add(n);
        sorted.add(addressOf(n));
      }
    };
    const expected = (after: number, count: number): (number | bigint)[] =>
      [...there]
        .filter((n) => n > after)
        .sort((a, b) => a - b)
        .slice(0, count)
        .map(addressOf);
    assert.deepEqual(sorted.after(null, 10), []);
    // Grows over many chunks, shrinks to none, and grows again.
    for (const [changes, range] of [
      [4_000, 1_000_000],
      [500, 5_000],
      [0, 0],
      [900, 100_000],
    ] as const) {
      if (changes === 0) for (const n of [...there]) toggle(n);
      for (let i = 0; i < changes; i++) toggle(Math.floor(random() * range));
      assert.deepEqual(sorted.after(null, Infinity), expected(-1, Infinity));
      for (let i = 0; i < 20; i++) {
        const after = Math.floor(random() * range);
        assert.deepEqual(sorted.after(addressOf(after), 700), expected(after, 700));
      }
      for (const n of [...there].slice(0, 20))
        assert.deepEqual(sorted.after(addressOf(n), 3), expected(n, 3));
    }
  });
}

test('what was there before the first page is in it', () => {
  const sorted = new SortedAddresses<number>(() => [3, 1, 2]);
  sorted.add(9);
  assert.deepEqual(sorted.after(null, Infinity), [1, 2, 3], 'only the table says what there is');
  sorted.add(9);
  assert.deepEqual(sorted.after(2, Infinity), [3, 9]);
});
