// Addresses as keys: different ones stay different, and delegated prefixes differ in the bits that are hashed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey } from '../../src/addr/address-key.ts';

const low = (1n << 64n) - 1n;

test('a key is one-to-one: it is its own inverse', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (address) => {
      assert.equal(addressKey(addressKey(address)), address);
    }),
  );
  fc.assert(fc.property(fc.nat(0xffffffff), (address) => assert.equal(addressKey(address), address)));
});

test('delegated prefixes, and addresses of one link, differ in the low 64 bits of their keys', () => {
  const prefixes = Array.from({ length: 256 }, (_, i) => (0x2001_0db8_0000_0000n + BigInt(i << 8)) << 64n);
  const addresses = Array.from({ length: 256 }, (_, i) => (0x2001_0db8_0000_0000n << 64n) + BigInt(i));
  for (const some of [prefixes, addresses])
    assert.equal(new Set(some.map((address) => addressKey(address) & low)).size, 256);
});
