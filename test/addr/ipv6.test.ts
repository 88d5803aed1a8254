// IPv6 addresses: accepted and refused texts, canonical output, bytes.
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatIpv6,
  formatIpv6Prefix,
  ipv6Bytes,
  ipv6FromBytes,
  parseIpv6,
  parseIpv6Prefix,
  tryParseIpv6,
} from '../../src/addr/ipv6.ts';
import { FlotillaError } from '../../src/errors.ts';

const canonical: readonly (readonly [string, string])[] = [
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['fe80::0204:61ff:fe9d:f156', 'fe80::204:61ff:fe9d:f156'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['0:0:0:0:0:0:0:0', '::'],
];

test('every way of writing an address has one canonical text', () => {
  for (const [text, expected] of canonical) assert.equal(formatIpv6(parseIpv6(text)), expected, text);
});

test('texts that are no address are refused', () => {
  const refused = ['', ':', ':::', '1', '1:2', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7:8:9', '::1%eth0'];
  refused.push(
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    '1.2.3.4',
    ' ::1',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1::2',
  );
  for (const text of refused) {
    assert.equal(tryParseIpv6(text), undefined, text);
    assert.throws(() => parseIpv6(text), FlotillaError);
  }
});

test('text, number and bytes carry the same address', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const address = ipv6FromBytes(bytes);
      assert.deepEqual(ipv6Bytes(address), bytes);
      assert.equal(parseIpv6(formatIpv6(address)), address);
    }),
  );
});

test('exactly the texts that the platform accepts are accepted', () => {
  const text = fc.string({ unit: fc.constantFrom(...'01af:::.%2'), maxLength: 24 });
  fc.assert(
    fc.property(fc.oneof(text, fc.ipV6()), (candidate) => {
      assert.equal(tryParseIpv6(candidate) !== undefined, isIPv6(candidate) && !candidate.includes('%'));
    }),
    { numRuns: 2000 },
  );
});

test('bytes are in network order', () => {
  assert.deepEqual(
    [...ipv6Bytes(parseIpv6('102:304:506:708:90a:b0c:d0e:f10'))],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  );
});

test('prefixes have first, last and length, and no host bits', () => {
  const prefix = parseIpv6Prefix('2001:db8::/33');
  assert.equal(formatIpv6(prefix.last), '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff');
  assert.equal(formatIpv6Prefix(prefix), '2001:db8::/33');
  assert.equal(parseIpv6Prefix('::/0').last, (1n << 128n) - 1n);
  for (const text of ['2001:db8::1/64', '2001:db8::/129', '2001:db8::', '::/x', '::/1/2']) {
    assert.throws(() => parseIpv6Prefix(text), FlotillaError, text);
  }
});
