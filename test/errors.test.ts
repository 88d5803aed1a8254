import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorCatalogue, FlotillaError } from '../src/errors.ts';

test('docs/errors.md lists every error code with its meaning', () => {
  const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, ...row]) => row);
  assert.deepEqual(documented.toSorted(), Object.entries(errorCatalogue).toSorted());
});

test('an error describes its place as editors understand it', () => {
  const error = new FlotillaError('CONFIG_SCHEMA', 'unknown key', {
    file: 'edge.json',
    line: 3,
    column: 5,
    key: 'Dhcp4.subnet4',
  });
  assert.equal(error.describe(), 'edge.json:3:5: Dhcp4.subnet4: unknown key');
});
