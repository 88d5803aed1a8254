// Which addresses become ranges: never one that was not named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { amongAddresses } from '../../src/store/mysql/among-addresses.ts';

const condition = (addresses: readonly (number | bigint)[]): string => amongAddresses('a', addresses, String);

test('three neighbours or more are a range, in whatever order they come', () => {
  assert.equal(condition([7]), 'a IN (7)');
  assert.equal(condition([8, 7]), 'a IN (7,8)');
  assert.equal(condition([9, 7, 8]), 'a BETWEEN 7 AND 9');
  assert.equal(condition([9, 20, 7, 8, 30, 31]), '(a BETWEEN 7 AND 9 OR a IN (20,30,31))');
  assert.equal(condition([2n ** 64n + 1n, 2n ** 64n, 2n ** 64n - 1n, 0n]).split(' OR ').length, 2);
});

test('the condition names the addresses and no others', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(60), { minLength: 1 }),
      fc.constantFrom(0n, 2n ** 127n),
      (numbers, above) => {
        const named = new Set<bigint>();
        const text = condition(numbers.map((n) => above + BigInt(n)));
        for (const [, first, last, list] of text.matchAll(/BETWEEN (\d+) AND (\d+)|IN \(([\d,]+)\)/g)) {
          for (let a = BigInt(first ?? 1); a <= BigInt(last ?? 0); a++) named.add(a - above);
          for (const a of list?.split(',') ?? []) named.add(BigInt(a) - above);
        }
        assert.deepEqual(new Set([...named].map(Number)), new Set(numbers));
      },
    ),
  );
});
