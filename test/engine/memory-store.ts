// Leases in memory (memfile with `persist` false), on the world's clock.
import type { Family } from '../../src/addr/family.ts';
import { silentLogger } from '../../src/log.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { lease4Rows, lease6Rows, type LeaseRows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import type { FakeClock } from './fake-clock.ts';
import type { WorldStore } from './world.ts';
import type { LeaseOf } from './world-kinds.ts';

const rows: { readonly [F in Family]: LeaseRows<LeaseOf<F>> } = { 4: lease4Rows, 6: lease6Rows };

export async function openMemoryStore<F extends Family = 4>(
  clock: FakeClock,
  family: F = 4 as F,
): Promise<WorldStore<F>> {
  const backend = await openMemfileBackend<LeaseOf<F>>(
    { rows: rows[family], path: null, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: () => clock.now() },
  );
  // The clock itself moves: nothing else has to be done for leases to age.
  return { leases: createBatchingLeaseStore(backend), age: () => Promise.resolve() };
}
