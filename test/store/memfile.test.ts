// The lease store contract on the memfile backend: both families, addresses and prefixes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/log.ts';
import type { Lease } from '../../src/store/lease.ts';
import { lease4Rows, lease6Rows, type LeaseRows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { leaseStoreContract, type OpenedBackend } from './lease-store-contract.ts';
import { addresses6, leases4, prefixes6 } from './leases.ts';
import { ownership4, ownership6 } from './ownership-contract.ts';

async function open<L extends Lease>(rows: LeaseRows<L>): Promise<OpenedBackend<L>> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-memfile-'));
  const backend = await openMemfileBackend(
    { rows, path: join(folder, 'leases.csv'), lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: Date.now },
  );
  return {
    backend,
    async clear() {
      const { leases } = await backend.page(null, Infinity, null);
      await backend.writeAll(leases.map(({ address }) => ({ verb: 'remove', client: null, address })));
    },
    close() {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}

leaseStoreContract('memfile', leases4, ownership4, () => open(lease4Rows));
leaseStoreContract('memfile', addresses6, ownership6(0), () => open(lease6Rows));
leaseStoreContract('memfile', prefixes6, ownership6(2), () => open(lease6Rows));
