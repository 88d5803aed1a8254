// The lease store contract on the memfile backend.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/log.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { leaseStoreContract } from './lease-store-contract.ts';
import { leases4 } from './leases.ts';
import { ownership4 } from './ownership-contract.ts';

leaseStoreContract('memfile', leases4, ownership4, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-memfile-'));
  const backend = await openMemfileBackend(
    { rows: lease4Rows, path: join(folder, 'kea-leases4.csv'), lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: Date.now },
  );
  return {
    backend,
    async clear() {
      const { leases } = await backend.page(null, Infinity, null);
      await backend.writeAll(leases.map(({ address }) => ({ verb: 'remove', client: null, address })));
    },
    async close() {
      rmSync(folder, { recursive: true });
    },
  };
});
