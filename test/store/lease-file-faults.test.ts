// The lease file when the disk is full, or a file cannot be opened or synced: what was acknowledged stays.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '../../src/log.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend, type MemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { lease4 } from './leases.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-lease-faults-'));
  path = join(folder, 'kea-leases.csv');
});
afterEach(() => {
  whenOpening(null);
  rmSync(folder, { recursive: true });
});

const open = (): Promise<MemfileBackend<Lease4>> =>
  openMemfileBackend(
    { rows: lease4Rows, path, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: () => 1_800_000_000_000 },
  );
/** Leases number `first` and so many after it, each named for its number. */
const leasesFrom = (first: number, count: number): Lease4[] =>
  Array.from({ length: count }, (_, i) => lease4(first + i, { hostname: `h${first + i}` }));
const put = (backend: MemfileBackend<Lease4>, first: number, count = 1): Promise<unknown> =>
  backend.writeAll(leasesFrom(first, count).map((lease) => ({ verb: 'put', lease })));
const namesIn = async (backend: MemfileBackend<Lease4>): Promise<string[]> =>
  (await backend.page(null, Infinity, null)).leases.map(({ hostname }) => hostname);
async function namesAfterRestart(): Promise<string[]> {
  const backend = await open();
  const names = await namesIn(backend);
  await backend.close();
  return names;
}

/** As on a full disk: the write that makes a file larger than `bytes` is cut short without an error, the next one fails. */
function limitFileSize(bytes: number | 'unlimited'): boolean {
  const limit = typeof bytes === 'number' ? Math.floor(bytes) : bytes;
  return spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:unlimited`]).status === 0;
}
const cannotLimit = !limitFileSize('unlimited') && 'prlimit (util-linux) is missing or not allowed';
async function onFullDisk(bytes: number, work: () => Promise<void>): Promise<void> {
  limitFileSize(bytes);
  try {
    await work();
  } finally {
    limitFileSize('unlimited');
  }
}

const reallyOpen = fs.open;
/** Told of every file before it is opened; true: that fails as if there were no descriptors left. Null ends it. */
function whenOpening(when: ((file: string) => boolean) | null): void {
  fs.open = (file, ...more) =>
    when?.(file as string)
      ? Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
      : reallyOpen(file, ...more);
  syncBuiltinESMExports();
}

/** Files of the folder that this process has open, those without a name too. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return [];
    }
  });

test(
  'a copy that is cut short does not take the place of the file: at the start',
  { skip: cannotLimit },
  async () => {
    const rows = leasesFrom(0, 500).map((lease) => `${lease4Rows.encode(lease)}\n`);
    const text = [`${lease4Rows.columns.join(',')}\n`, ...rows, ...rows].join('');
    writeFileSync(path, text);
    await onFullDisk(text.length / 4, () => assert.rejects(open(), { code: 'LEASE_FILE' }));
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.equal((await namesAfterRestart()).length, 500);
  },
);

test(
  'a copy that is cut short does not take the place of the file: while serving',
  { skip: cannotLimit },
  async () => {
    const backend = await open();
    await put(backend, 0, 500);
    await onFullDisk(statSync(path).size / 2, () =>
      assert.rejects(backend.cleanUp(), { code: 'LEASE_FILE' }),
    );
    assert.deepEqual(readdirSync(folder), ['kea-leases.csv'], 'what was copied gives its room back');
    await put(backend, 500);
    await backend.close();
    assert.equal((await namesAfterRestart()).length, 501);
  },
);

test(
  'rows that come while the file is copied and do not fit behind the copy keep the old file',
  { skip: cannotLimit },
  async () => {
    const backend = await open();
    await put(backend, 0, 500);
    const { size } = statSync(path);
    // The disk is full from the moment that the copy, complete, is opened for what came meanwhile.
    whenOpening((file) => {
      if (file === `${path}.completed`) limitFileSize(size + 1000);
      return false;
    });
    try {
      const cleaning = backend.cleanUp();
      await Promise.all([assert.rejects(cleaning, { code: 'LEASE_FILE' }), put(backend, 0, 100)]);
    } finally {
      limitFileSize('unlimited');
    }
    await put(backend, 500);
    await backend.close();
    assert.equal((await namesAfterRestart()).length, 501);
  },
);

test('while the cleaned file cannot be opened nothing is acknowledged, and then all goes on', async () => {
  const backend = await open();
  await put(backend, 0);
  const { ino } = statSync(path);
  whenOpening((file) => file === path);
  await assert.rejects(backend.cleanUp(), { code: 'LEASE_FILE' });
  assert.notEqual(statSync(path).ino, ino, 'the copy has taken the name');
  await assert.rejects(put(backend, 1), { code: 'LEASE_FILE' });
  assert.deepEqual(await namesIn(backend), ['h0'], 'memory is as the file is');
  whenOpening(null);
  await put(backend, 2);
  await backend.cleanUp();
  await put(backend, 3);
  await backend.close();
  assert.deepEqual(await namesAfterRestart(), ['h0', 'h2', 'h3']);
});

test('while the name of the cleaned file cannot be synced nothing is acknowledged, and no handle is left behind', async () => {
  const backend = await open();
  await put(backend, 0);
  // The folder is opened to be synced: for the copy, and again when the copy has taken the name.
  whenOpening((file) => file === folder && !existsSync(`${path}.completed`));
  await assert.rejects(backend.cleanUp(), { code: 'LEASE_FILE' });
  await assert.rejects(put(backend, 1), { code: 'LEASE_FILE' });
  if (existsSync('/proc/self/fd')) assert.deepEqual(openFiles(), []);
  whenOpening(null);
  await put(backend, 2);
  await backend.close();
  assert.deepEqual(await namesAfterRestart(), ['h0', 'h2']);
});

test('a file that is gone when it is opened again is not begun without its header and its leases', async () => {
  const backend = await open();
  await put(backend, 0);
  whenOpening((file) => file === path);
  await assert.rejects(backend.cleanUp(), { code: 'LEASE_FILE' });
  whenOpening(null);
  rmSync(path);
  await assert.rejects(put(backend, 1), { code: 'LEASE_FILE' });
  await backend.cleanUp();
  await put(backend, 2);
  await backend.close();
  assert.deepEqual(await namesAfterRestart(), ['h0', 'h2']);
});
