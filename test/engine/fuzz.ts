// A million broken packets of each family through the whole engine: `npm run fuzz [-- 4|6] [--count N] [--seed N]`. Fails when
// anything escapes, a packet is unaccounted for, or memory grows.
import { parseArgs } from 'node:util';
import type { Family } from '../../src/addr/family.ts';
import { brokenPackets, everything, goldenServerDuid, unaccountedFor } from './everything.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { World } from './world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '4711' } },
});
const count = Number(values.count);
const batch = 500;
const sampleEvery = Math.max(batch, Math.ceil(count / 10 / batch) * batch);
/** Growth of the heap from the second sample to the last that is still called flat. */
const flatMebibytes = 8;
/** One packet of so many came by unicast. */
const unicastEvery = 16;

const escaped: string[] = [];
process.on('unhandledRejection', (reason) => escaped.push(`unhandled rejection: ${String(reason)}`));
process.on('uncaughtException', (error) =>
  escaped.push(`uncaught exception: ${error.stack ?? error.message}`),
);

const families = ([4, 6] as const).filter(
  (family) => positionals.length === 0 || positionals.includes(String(family)),
);
try {
  for (const family of families) if ((await run(family)).length > 0) process.exitCode = 1;
} catch (error) {
  // The handlers above would keep it for themselves.
  console.error(error);
  process.exitCode = 1;
}

async function run<F extends Family>(family: F): Promise<readonly string[]> {
  const clock = new FakeClock();
  const options = { family, config: everything[family], serverDuid: goldenServerDuid };
  const world = new World<F>(options, await openMemoryStore(clock, family), clock);
  await world.server.start();
  const samples: number[] = [];
  const started = performance.now();
  let injected = 0;
  for (const packet of brokenPackets(Number(values.seed), count, family)) {
    world.inject(packet, injected % unicastEvery === 0 ? world.unicastWay(packet) : {});
    if (++injected % batch !== 0) continue;
    await world.server.settled();
    for (const { level, id, text } of world.log) if (level === 'error') console.log(`${id} ${text}`);
    world.log.length = 0;
    world.sent.length = 0;
    if (injected % sampleEvery === 0) samples.push(await heapAfter(world, injected));
  }
  await world.server.settled();
  const seconds = (performance.now() - started) / 1000;

  console.log('\nwhat became of them');
  for (const [name, [newest]] of Object.entries(world.statistics.all())) {
    if (/^(pkt[46]|flotilla)-/.test(name) && Number(newest?.[0]) > 0)
      console.log(`${String(newest?.[0]).padStart(9)}  ${name}`);
  }
  console.log(`\nDHCPv${family}: ${count} packets, seed ${values.seed}, ${seconds.toFixed(1)} s`);
  const growth = (samples.at(-1) ?? 0) - (samples[1] ?? samples[0] ?? 0);
  const failures = failuresOf(world, growth);
  console.log(
    failures.length === 0
      ? `nothing escaped, every packet accounted for, heap growth ${growth.toFixed(1)} MiB`
      : failures.join('\n'),
  );
  await world.server.stop();
  return failures;
}

/** Leases are what the server is for; they are removed so that only what it holds by mistake would grow. Mebibytes. */
async function heapAfter<F extends Family>(world: World<F>, injected: number): Promise<number> {
  const { leases } = await world.store.leases.page(null, 1_000_000, null);
  for (const { address } of leases) await world.store.leases.write({ verb: 'remove', client: null, address });
  await world.clock.advance(60_000);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  console.log(
    `${String(injected).padStart(9)} packets, heap ${heap.toFixed(1)} MiB, ${leases.length} leases removed`,
  );
  return heap;
}

function failuresOf<F extends Family>(world: World<F>, growth: number): string[] {
  const own = world.stat(`pkt${world.family}-processing-failed`);
  const lost = unaccountedFor(world, count);
  return [
    ...escaped,
    ...(own > 0 ? [`${own} packets met an error of ours`] : []),
    ...(lost === 0 ? [] : [`${lost} packets are unaccounted for`]),
    ...(globalThis.gc && growth > flatMebibytes ? [`the heap grew by ${growth.toFixed(1)} MiB`] : []),
  ];
}
