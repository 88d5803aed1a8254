// What `sync-writes` of `lease-database` does: whether a batch waits for the disk before it is acknowledged.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openStores } from '../../src/bin/open-stores.ts';
import { served } from '../../src/bin/served-families.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import { silentLogger } from '../../src/log.ts';
import { claimBy } from './leases.ts';

const folder = mkdtempSync(join(tmpdir(), 'flotilla-sync-writes-'));
after(() => rmSync(folder, { recursive: true }));
const probe = await open(join(folder, 'probe'), 'w');
const handles = Object.getPrototypeOf(probe) as FileHandle;
await probe.close();

for (const [written, syncs] of [
  [{ 'sync-writes': undefined }, 1],
  [{ 'sync-writes': true }, 1],
  [{ 'sync-writes': false }, 0],
] as const) {
  test(`${JSON.stringify(written)}: a batch of 100 claims waits for ${syncs} fdatasync, and is in the file`, async (context) => {
    const name = `leases-${written['sync-writes']}.csv`;
    const stores = await openStores(
      served[4].leaseForms,
      {
        written: { 'lease-database': { type: 'memfile', name, ...written } },
        configPath: join(folder, 'dhcp4.json'),
        stateDirectory: folder,
        instance: 'test',
      },
      {
        log: silentLogger,
        random: Math.random,
        clock: Date.now,
        monotonic: () => performance.now(),
        environment: {},
        snapshot: () => assert.fail('no reservation is looked for'),
        statistics: new Statistics({ clock: Date.now }),
      },
    );
    const datasync = context.mock.method(handles, 'datasync');
    await Promise.all(Array.from({ length: 100 }, (_, n) => stores.leases.write(claimBy(n))));
    assert.equal(datasync.mock.callCount(), syncs);
    assert.equal(readFileSync(join(folder, name), 'utf8').trim().split('\n').length, 101);
    await stores.close();
  });
}
