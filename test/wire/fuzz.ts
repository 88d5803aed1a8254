// A million broken packets of each family through everything in this room: `npm run fuzz:wire [-- --count N --seed N --family N]`.
import { parseArgs } from 'node:util';
import { mutatedPackets } from '../support/mutate-packets.ts';
import { exerciseWire } from '../support/exercise-wire.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    family: { type: 'string' },
  },
});
const count = Number(values.count);
const heap = (): string => {
  globalThis.gc?.();
  return `${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)} MiB`;
};

for (const family of [4, 6] as const) {
  if (values.family !== undefined && Number(values.family) !== family) continue;
  const outcomes = new Map<string, number>();
  const exercise = exerciseWire(family);
  const heapBefore = heap();
  const started = performance.now();
  let done = 0;
  let slowest = 0;
  for (const packet of mutatedPackets(Number(values.seed), count, family)) {
    const start = performance.now();
    for (const outcome of exercise(packet)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    slowest = Math.max(slowest, performance.now() - start);
    done++;
  }
  const seconds = (performance.now() - started) / 1000;

  for (const [outcome, times] of [...outcomes].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(times).padStart(10)}  ${outcome}`);
  }
  console.log(`DHCPv${family}: ${done} packets, seed ${values.seed}, ${seconds.toFixed(1)} s`);
  console.log(`slowest packet ${slowest.toFixed(1)} ms`);
  console.log(`heap before ${heapBefore}, after ${heap()}${globalThis.gc ? '' : ' (without --expose-gc)'}`);
}
