// What is generated from the key rows is up to date, and the rows make sense.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileSchema, rowsOf } from '../../schemas/config-schema.ts';
import type { ScopeName } from '../../schemas/key-row.ts';
import { scopes } from '../../schemas/scope-rows.ts';
import { configurationReference } from '../../src/config/documentation.ts';
import { notInForceRows } from '../../src/config/not-in-force-rows.ts';
import { inheritable } from '../../src/config/parameters.ts';

const root = resolve(import.meta.dirname, '../..');
const names = Object.keys(scopes) as ScopeName[];

test('docs/configuration.md is what npm run docs writes', () => {
  assert.equal(readFileSync(join(root, 'docs/configuration.md'), 'utf8'), configurationReference());
});

test('the schema files are what npm run docs writes', () => {
  for (const family of [4, 6] as const) {
    const text = readFileSync(join(root, `schemas/dhcp${family}.schema.json`), 'utf8');
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(fileSchema(family))));
  }
});

test('every key stands once in its scope, with a sentence, and old spellings name a key that is there', () => {
  for (const family of [4, 6] as const) {
    for (const name of names) {
      const rows = rowsOf(name, family);
      const keys = rows.map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length, name);
      for (const row of rows) {
        assert.match(row.meaning, /^\S.*\.$/, `${name}.${row.key}`);
        if (row.deprecated !== undefined) assert.ok(keys.includes(row.deprecated), `${name}.${row.key}`);
      }
    }
  }
});

test('every parameter that is inherited can be written in the network, the subnet and, but one, the global scope', () => {
  for (const scope of ['global', 'shared-network', 'subnet'] as const) {
    const keys = new Set([4, 6].flatMap((family) => rowsOf(scope, family as 4 | 6).map(({ key }) => key)));
    const missing = [...inheritable].filter((key) => !keys.has(key));
    assert.deepEqual(missing, scope === 'global' ? ['rapid-commit'] : []);
  }
});

test('what is said to be not in force is a key', () => {
  for (const { scope, key } of notInForceRows)
    assert.ok(
      ([4, 6] as const).some((family) => rowsOf(scope, family).some((row) => row.key === key)),
      `${scope}.${key}`,
    );
});
