// match(): whole-value matching on bytes, C++ character classes, and patterns that must not stall the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBoolean } from '../../src/expr/compile.ts';
import { bytes, contextWith, packetWith } from './packets.ts';

const matches = (pattern: string, value: string | Uint8Array): boolean =>
  compileBoolean(`match('${pattern}', option[60].hex)`, contextWith(4)).evaluate(
    packetWith({ options: { 60: typeof value === 'string' ? bytes(value) : value } }),
  );

test('the whole value must match', () => {
  assert.equal(matches('a.*', 'abc'), true);
  assert.equal(matches('b', 'abc'), false);
  assert.equal(matches('a|abc', 'abc'), true);
  assert.equal(matches('abc', 'abc\n'), false);
  assert.equal(matches('', ''), true);
  assert.equal(matches('(\\d{1,3}\\.){3}\\d{1,3}', '192.0.2.1'), true);
});

test('bytes are characters of latin-1, so any value can be matched', () => {
  assert.equal(matches('[\\x80-\\xff]{2}.', bytes(0x80, 0xff, 0)), true);
  assert.equal(matches('é', bytes(0xc3, 0xa9)), true);
});

test("named character classes work as in C++'s ECMAScript dialect", () => {
  assert.equal(matches('[[:alpha:]]+', 'abc'), true);
  assert.equal(matches('[[:alpha:]]+', 'ab1'), false);
  assert.equal(matches('[[:digit:][:upper:]_]+', 'A_9'), true);
  assert.equal(matches('[^[:space:]]+', 'a b'), false);
  assert.equal(matches('[[:punct:]]+', '!/:@[]^`{~-'), true);
  assert.equal(matches('[[:punct:]]+', 'a'), false);
  assert.equal(matches('[[:xdigit:]]{4}', '0aFf'), true);
});

test('patterns that backtrack exponentially answer at once', () => {
  const value = `${'a'.repeat(250)}!`;
  const began = process.cpuUsage();
  for (const pattern of ['(a+)+', '(a|a)*b', '((a|aa)+)+b', '(.*a)*b', '([a-z]+\\.?)*', '.*.*.*.*.*.*b'])
    assert.equal(matches(pattern, value), false, pattern);
  assert.equal(matches('(a+)+!', value), true);
  assert.ok(process.cpuUsage(began).user < 2_000_000);
});

test('patterns that only backtracking can run are refused when they could take exponential time', () => {
  for (const pattern of ['(?=a)(a+)+b', '(a+)\\1+(b|c)+(b+)+\\1', '(a{1,50})+b', '(.*a){20}'])
    assert.throws(() => matches(pattern, 'a'), /exponential time/, pattern);
  assert.equal(matches('(?=ab)a.*', 'abc'), true);
  assert.equal(matches('(.)\\1', 'aa'), true);
  assert.equal(matches('.{1,64}@.{1,255}', 'a@b'), true);
});
