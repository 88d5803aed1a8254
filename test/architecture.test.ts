// The architecture as a test: imports point to the same or a lower line of rooms, files stay readable.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** Top line first. A room may import from rooms on its own line or any line below. */
const lines: readonly (readonly string[])[] = [
  ['bin'],
  ['console', 'tools'],
  ['control', 'fleet'],
  ['hooks'],
  ['engine'],
  ['alloc', 'backend'],
  ['config'],
  ['store', 'expr'],
  ['wire', 'net', 'db'],
  ['addr'],
];
const maxLines = 400;
/** Data tables and generated files, named as such, may be longer. */
const longByNature = /(-table|-rows|\.generated)\.ts$/;

const roomOf = (file: string): string => relative(source, file).split('/')[0]!;
const levelOf = (room: string): number => lines.findIndex((line) => line.includes(room));
const typescriptFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

test('every folder of src is a room of the architecture', () => {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (entry.isDirectory())
      assert.notEqual(levelOf(entry.name), -1, `src/${entry.name} is not a known room`);
  }
});

test('imports point only to rooms on the same or a lower line', () => {
  const violations: string[] = [];
  for (const file of typescriptFiles(source)) {
    const room = roomOf(file);
    const isShared = room.endsWith('.ts');
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const imported = roomOf(resolve(dirname(file), target!));
      if (imported.endsWith('.ts') || imported.startsWith('..')) continue;
      if (isShared || levelOf(imported) < levelOf(room))
        violations.push(`${relative(root, file)} imports ${target!}`);
    }
  }
  assert.deepEqual(violations, []);
});

test(`no source file is longer than ${maxLines} lines unless it is a table`, () => {
  const long = ['src', 'migrations', 'test', 'bench']
    .flatMap((folder) => typescriptFiles(join(root, folder)))
    .filter((file) => !longByNature.test(file))
    .map((file) => [relative(root, file), readFileSync(file, 'utf8').split('\n').length] as const)
    .filter(([, length]) => length > maxLines);
  assert.deepEqual(long, []);
});

test('every source file opens with a line that says its job', () => {
  const silent = typescriptFiles(source).filter(
    (file) => !/^(#!.*\n)?\/\/ \S/.test(readFileSync(file, 'utf8')),
  );
  assert.deepEqual(
    silent.map((file) => relative(root, file)),
    [],
  );
});
