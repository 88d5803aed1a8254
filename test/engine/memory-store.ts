// Leases in memory (memfile with `persist` false), on the world's clock.
import { silentLogger } from '../../src/log.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import type { FakeClock } from './fake-clock.ts';
import type { WorldStore } from './world.ts';

export async function openMemoryStore(clock: FakeClock): Promise<WorldStore> {
  const backend = await openMemfileBackend(
    { rows: lease4Rows, path: null, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: () => clock.now() },
  );
  // The clock itself moves: nothing else has to be done for leases to age.
  return { leases: createBatchingLeaseStore(backend), age: () => Promise.resolve() };
}
