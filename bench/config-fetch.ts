// How long an edge needs for a full fetch of 10,000 subnets, for one changed pool, and for a poll that finds nothing.
// node --import tsx bench/config-fetch.ts [subnets]
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createConfigApplier } from '../src/backend/apply.ts';
import { emptyParts } from '../src/backend/fetched.ts';
import { buildSnapshot } from '../src/config/build.ts';
import { createSnapshotHolder } from '../src/config/snapshot-holder.ts';
import { silentLogger } from '../src/log.ts';
import { createConfigEdge } from '../test/support/config-edge.ts';
import { createTestDatabase } from '../test/support/database.ts';

const subnets = Number(process.argv[2] ?? 10_000);
const batch = 1_000;
const database = await createTestDatabase();
const connection = await database.pool.getConnection();

async function fill(): Promise<void> {
  // The log off for the fill: the edge starts with a full fetch anyway.
  for (let first = 1; first <= subnets; first += batch) {
    const ids = Array.from({ length: Math.min(batch, subnets - first + 1) }, (_, i) => first + i);
    const prefix = (id: number): string => `10.${id >> 8}.${id & 255}`;
    await connection.query('START TRANSACTION');
    await connection.query('INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, valid_lifetime) VALUES ?', [
      ids.map((id) => [id, `${prefix(id)}.0/24`, 3600]),
    ]);
    await connection.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES ?', [
      ids.map((id) => [id, 1]),
    ]);
    await connection.query('INSERT INTO dhcp4_pool (start_address, end_address, subnet_id) VALUES ?', [
      ids.map((id) => [0x0a00000a + id * 256, 0x0a0000c8 + id * 256, id]),
    ]);
    await connection.query(
      'INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, dhcp4_subnet_id) VALUES ?',
      [ids.map((id) => [3, `${prefix(id)}.1`, 'dhcp4', 1, id])],
    );
    await connection.query('COMMIT');
  }
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await work();
  const took = performance.now() - started;
  delay.disable();
  console.log(
    `${what}: ${took.toFixed(1)} ms, longest hold of the event loop ${(delay.max / 1e6).toFixed(0)} ms`,
  );
}

await timed(`filling ${subnets} subnets, each with link, pool and option, change log on`, fill);
const fileParts = emptyParts(4);
const file = buildSnapshot(fileParts, null, { mode: 'strict', epoch: null });
const holder = createSnapshotHolder(file.snapshot, { onListenerError: console.error });
const applier = createConfigApplier({ file, fileParts }, { holder, log: silentLogger });
const edge = createConfigEdge(database.address, {
  deps: { apply: applier.apply, remember: applier.remember },
});
await timed('start: full fetch, build, saved to disk', () => edge.backend.start());
for (let round = 1; round <= 3; round++) {
  await connection.query('UPDATE dhcp4_pool SET end_address = end_address + 1 WHERE subnet_id = 77');
  await timed('one changed pool: delta fetch, build, saved to disk', () => edge.backend.pull());
  await timed('a poll that finds nothing', () => edge.backend.pull());
}
await timed('full comparison', () => edge.backend.compare());
console.log(`${holder.current().subnets.size} subnets in force at epoch ${holder.current().epoch}`);
await edge.stop();
connection.release();
await database.drop();
