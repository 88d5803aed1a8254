// Kea's JSON dialect: what is accepted, what is refused and exactly where.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseJsonText, pathText, readJsonFile } from '../../src/config/json.ts';
import { FlotillaError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'flotilla-json-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function errorOf(run: () => unknown): FlotillaError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FlotillaError, String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

const accepted: readonly (readonly [string, string, unknown])[] = [
  ['a line comment with slashes', '{ // one\n "a": 1 }', { a: 1 }],
  ['a line comment with a hash', '# first\n{ "a": 1 } # last', { a: 1 }],
  ['a block comment over lines', '{ /* one\n two */ "a": /* three */ 1 }', { a: 1 }],
  ['comment signs inside strings', '{ "a": "http://x # /* no */" }', { a: 'http://x # /* no */' }],
  ['escapes and quotes inside strings', String.raw`{ "a": "\"\\\u00e9\n" }`, { a: '"\\é\n' }],
  ['numbers of all kinds', '[0, -1, 0.25, 1e3]', [0, -1, 0.25, 1000]],
  ['a byte order mark', '\uFEFF{ "a": null }', { a: null }],
  ['the key __proto__ as plain data', '{ "__proto__": { "x": 1 } }', JSON.parse('{"__proto__":{"x":1}}')],
];
for (const [name, text, value] of accepted) {
  test(`the dialect accepts ${name}`, () => {
    const document = parseJsonText(text, 'try');
    assert.deepEqual(document.value, value);
    assert.deepEqual(document.warnings, []);
  });
}

const refused: readonly (readonly [string, string, number, number, RegExp])[] = [
  ['a duplicate key', '{\n  "a": 1,\n  "a": 2\n}', 3, 3, /'a' stands here a second time/],
  ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 3, 3, /expected ','/],
  ['a missing colon', '{ "a" 1 }', 1, 7, /expected ':'/],
  ['a key without quotes', '{\n a: 1 }', 2, 2, /keys and texts stand in double quotes/],
  ['an unknown word', '{ "a": yes }', 1, 8, /unknown word.*'yes'/],
  ['a string without end', '{\n  "a": "x\n}', 2, 8, /no closing quote/],
  ['a comment without end', '{ "a": 1 }\n /* x', 2, 2, /comment is never closed/],
  ['text behind the end', '{ "a": 1 }\n\n  {}', 3, 3, /after the end/],
  ['a missing bracket', '{ "a": [1, 2 }', 1, 14, /expected '\]'|expected ','/],
  ['two commas', '[1,, 2]', 1, 4, /expected a value/],
  ['nothing at all', '  // only this', 1, 15, /expected a value/],
  ['a broken directive', '{ <?include x?> }', 1, 3, /<\?include "file"\?>/],
  ['brackets nested too deep', '['.repeat(5000), 1, 201, /nested more than 200/],
];
for (const [name, text, line, column, message] of refused) {
  test(`the dialect refuses ${name} at ${line}:${column}`, () => {
    const error = errorOf(() => parseJsonText(text, '/conf/try.json'));
    assert.equal(error.code, 'CONFIG_SYNTAX');
    assert.match(error.message, message);
    assert.deepEqual(
      [error.location.file, error.location.line, error.location.column],
      ['/conf/try.json', line, column],
    );
  });
}

test('a comma before a closing bracket is read with a warning that says where', () => {
  const document = parseJsonText('{\n  "a": [1, 2, ],\n  "b": 3, // last\n}', '/conf/try.json');
  assert.deepEqual(document.value, { a: [1, 2], b: 3 });
  assert.deepEqual(document.warnings, [
    '/conf/try.json:2:13: a comma before a closing bracket is ignored',
    '/conf/try.json:3:9: a comma before a closing bracket is ignored',
  ]);
});

test('an included file stands in its place, and positions point into it', () => {
  write('inner.json', '// pools\n[ { "pool": "a" },\n  { "pool": "b" } ]\n');
  const main = write('main.json', '{ "pools": <?include "inner.json"?>,\n  "after": 1 }');
  const document = readJsonFile(main);
  assert.deepEqual(document.value, { pools: [{ pool: 'a' }, { pool: 'b' }], after: 1 });
  assert.deepEqual(document.locate(['pools', 1, 'pool']), {
    file: join(folder, 'inner.json'),
    line: 3,
    column: 13,
  });
  assert.deepEqual(document.locate(['after'], 'key'), { file: main, line: 2, column: 3 });
  assert.deepEqual(
    document.files.map(({ file }) => file),
    [main, join(folder, 'inner.json')],
  );
});

test('an error inside an included file names that file', () => {
  write('bad.json', '[ 1\n 2 ]');
  const error = errorOf(() => readJsonFile(write('outer.json', '{ "a": <?include "bad.json"?> }')));
  assert.equal(error.location.file, join(folder, 'bad.json'));
  assert.deepEqual([error.location.line, error.location.column], [2, 2]);
});

test('a file that includes itself through another is refused where it does so', () => {
  const one = write('one.json', '{ "a":\n <?include "two.json"?> }');
  const two = write('two.json', '[ <?include "one.json"?> ]');
  const error = errorOf(() => readJsonFile(one));
  assert.match(error.message, /includes itself/);
  assert.deepEqual(error.location, { file: two, line: 1, column: 3 });
});

test('a file that is not there is named with the place that includes it', () => {
  assert.equal(errorOf(() => readJsonFile(join(folder, 'none.json'))).code, 'CONFIG_FILE');
  const main = write('lost.json', '{\n "a": <?include "none.json"?> }');
  const error = errorOf(() => readJsonFile(main));
  assert.equal(error.code, 'CONFIG_FILE');
  assert.deepEqual(error.location, { file: main, line: 2, column: 7 });
});

test('a path that does not exist is located at the nearest value around it', () => {
  const document = parseJsonText('{ "a": { "b": [ 1 ] } }', '/conf/try.json');
  assert.equal(document.locate(['a', 'b', 7, 'x']).column, 15);
  assert.equal(pathText(['Dhcp4', 'subnet4', 0, 'pools', 1, 'pool']), 'Dhcp4.subnet4[0].pools[1].pool');
});
