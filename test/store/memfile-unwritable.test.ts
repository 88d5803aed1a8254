// Memfile: a lease that cannot become a row fails its batch before anything has changed, in memory or in the file.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLogger } from '../../src/log.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend, type MemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { claimBy, lease4 } from './leases.ts';

const folder = mkdtempSync(join(tmpdir(), 'flotilla-unwritable-'));
after(() => rmSync(folder, { recursive: true }));
const open = (path: string): Promise<MemfileBackend<Lease4>> =>
  openMemfileBackend(
    { rows: lease4Rows, path, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: () => 1_800_000_000_000 },
  );
/** JSON has no text for it. */
const unwritable = { count: 1n };

for (const [kind, lone] of [
  ['of different clients', claimBy(3, { hostname: 'c' })],
  // The same client twice: the batch is judged in two runs.
  ['of one client', claimBy(3, { hostname: 'c' }, 1)],
] as const) {
  test(`writes ${kind}: one that cannot be written leaves its neighbours undone, and they go well without it`, async () => {
    const path = join(folder, `${kind}.csv`);
    const backend = await open(path);
    await backend.writeAll([claimBy(1, { hostname: 'before' })]);
    const file = readFileSync(path, 'utf8');
    const leases = (await backend.page(null, 10, null)).leases;
    const neighbours = [claimBy(1, { hostname: 'a' }), claimBy(2, { hostname: 'b' }), lone];
    const bad = { verb: 'put', lease: lease4(4, { userContext: unwritable }) } as const;
    const badToo = { ...claimBy(5, { userContext: unwritable }, 1) };
    for (const broken of [bad, badToo]) {
      await assert.rejects(backend.writeAll([...neighbours, broken]), TypeError);
      assert.deepEqual((await backend.page(null, 10, null)).leases, leases);
      assert.equal(readFileSync(path, 'utf8'), file);
    }
    const outcomes = await backend.writeAll(neighbours);
    assert.deepEqual(
      outcomes.map(({ result }) => result),
      ['done', 'done', 'done'],
    );
    const names = async (from: MemfileBackend<Lease4>): Promise<string[]> =>
      (await from.page(null, 10, null)).leases.map(({ hostname }) => hostname);
    assert.deepEqual(await names(backend), ['a', 'b', 'c']);
    await backend.close();
    const again = await open(path);
    assert.deepEqual(await names(again), ['a', 'b', 'c']);
    await again.close();
  });
}
