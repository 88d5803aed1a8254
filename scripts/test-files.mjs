// Which test files there are, and what each needs, read from what it imports and calls.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

const ownServer = /\b(createTestServer|createMigratedServer|openPrivateServer)\b/;
const givenServer = /\b(createTestDatabase|onEachEngine)\b/;

/** Paths relative to the project. */
export function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Starts a database server itself (to kill it, or to give it settings): a URL is not enough for these. */
export function needsOwnServer(file) {
  return ownServer.test(textOf(file));
}

/** Makes databases on the server that FLOTILLA_TEST_DATABASE_URL names. */
export function usesGivenServer(file) {
  return givenServer.test(textOf(file)) && !needsOwnServer(file);
}

function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}
