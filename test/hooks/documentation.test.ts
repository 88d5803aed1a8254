// docs/hooks.md says what the table says, and the published types fit a library written against them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';
import { withPointsReference } from '../../src/hooks/points-documentation.ts';

const root = resolve(import.meta.dirname, '../..');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

test('docs/hooks.md is what npm run docs writes', () => {
  const page = readFileSync(join(root, 'docs/hooks.md'), 'utf8');
  assert.equal(withPointsReference(page), page);
});

test('the example libraries fit the types that flotilla/hooks publishes, and a wrong one does not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'flt-'));
  try {
    const installed = join(directory, 'node_modules/flotilla');
    mkdirSync(installed, { recursive: true });
    copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
    symlinkSync(join(root, 'node_modules/@types'), join(directory, 'node_modules/@types'));
    symlinkSync(join(root, 'node_modules/pino'), join(directory, 'node_modules/pino'));
    const out = ['--outDir', join(installed, 'dist')];
    const made = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.hooks.json'), ...out]);
    assert.equal(made.status, 0, String(made.stdout));

    const examples = ['hook-library/lease-log.mjs', 'queue-type/newest-first.mjs'];
    for (const path of examples)
      copyFileSync(join(root, 'fleet-examples', path), join(directory, basename(path)));
    writeFileSync(
      join(directory, 'wrong.mjs'),
      [
        "/** @param {import('flotilla/hooks').HookHandle} handle */",
        'export function load(handle) {',
        "  handle.register('pkt4_receive', ({ query4 }) => { query4.iface = 5; });",
        "  handle.register('pkt4_received', () => undefined);",
        "  handle.register('pkt4_send', () => 'stop');",
        "  handle.registerQueueType('x', () => ({ enqueue() {}, dequeue: () => undefined }));",
        '}',
      ].join('\n'),
    );
    const options = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--target', 'es2023'];
    options.push('--module', 'nodenext', '--types', 'node', '--lib', 'es2023');
    const files = [...examples.map((path) => basename(path)), 'wrong.mjs'];
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, ...files], { cwd: directory });
    assert.deepEqual(
      [...String(stdout).matchAll(/^(\S+)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`),
      [3, 4, 5, 6].map((line) => `wrong.mjs:${line}`),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
