// A million broken packets through the whole engine: `npm run fuzz [-- --count N --seed N]`. Fails when anything escapes,
// a packet is unaccounted for, or memory grows.
import { parseArgs } from 'node:util';
import { mutatedPackets } from '../support/mutate-packets.ts';
import { everything } from './everything.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '4711' } },
});
const count = Number(values.count);
const batch = 500;
const sampleEvery = Math.max(batch, Math.ceil(count / 10 / batch) * batch);
/** Growth of the heap from the second sample to the last that is still called flat. */
const flatMebibytes = 8;

const escaped: string[] = [];
process.on('unhandledRejection', (reason) => escaped.push(`unhandled rejection: ${String(reason)}`));
process.on('uncaughtException', (error) =>
  escaped.push(`uncaught exception: ${error.stack ?? error.message}`),
);

const clock = new FakeClock();
const world = new World({ config: everything }, await openMemoryStore(clock), clock);
await world.server.start();
const samples: number[] = [];
const started = performance.now();
let injected = 0;
for (const packet of mutatedPackets(Number(values.seed), count)) {
  world.inject(fromClient(packet, injected));
  if (++injected % batch !== 0) continue;
  await world.server.settled();
  world.log.length = 0;
  world.sent.length = 0;
  if (injected % sampleEvery === 0) await sample();
}
await world.server.settled();
const seconds = (performance.now() - started) / 1000;

/** Many clients, so that one packet does not merely replace the one before it in the queue. */
function fromClient(packet: Uint8Array, number: number): Uint8Array {
  if (packet.length > 33) new DataView(packet.buffer, packet.byteOffset).setUint16(32, number % 4096);
  return packet;
}

/** Leases are what the server is for; they are removed so that only what it holds by mistake would grow. */
async function sample(): Promise<void> {
  const { leases } = await world.store.leases.page(null, 1_000_000, null);
  for (const { address } of leases) await world.store.leases.write({ verb: 'remove', client: null, address });
  await clock.advance(60_000);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  samples.push(heap);
  console.log(
    `${String(injected).padStart(9)} packets, heap ${heap.toFixed(1)} MiB, ${leases.length} leases removed`,
  );
}

console.log('\nwhat became of them');
for (const [name, [newest]] of Object.entries(world.statistics.all())) {
  if (/^(pkt4|flotilla)-/.test(name) && Number(newest?.[0]) > 0)
    console.log(`${String(newest?.[0]).padStart(9)}  ${name}`);
}
console.log(`\n${count} packets, seed ${values.seed}, ${seconds.toFixed(1)} s`);
const growth = (samples.at(-1) ?? 0) - (samples[1] ?? samples[0] ?? 0);
const unanswered = count - world.stat('pkt4-sent') - world.stat('pkt4-receive-drop');
const silent = world.stat('pkt4-release-received') + world.stat('pkt4-decline-received');
const failures = [
  ...escaped,
  ...(world.stat('pkt4-processing-failed') > 0
    ? [`${world.stat('pkt4-processing-failed')} packets met an error of ours`]
    : []),
  ...(unanswered < 0 || unanswered > silent ? [`${unanswered} packets are unaccounted for`] : []),
  ...(globalThis.gc && growth > flatMebibytes ? [`the heap grew by ${growth.toFixed(1)} MiB`] : []),
];
console.log(
  failures.length === 0
    ? `nothing escaped, every packet accounted for, heap growth ${growth.toFixed(1)} MiB`
    : failures.join('\n'),
);
await world.server.stop();
process.exitCode = failures.length === 0 ? 0 : 1;
