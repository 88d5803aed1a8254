// Every scenario of the engine, on leases in memory.
import { test } from 'node:test';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { allScenarios } from './scenarios/index.ts';
import { World } from './world.ts';

for (const { name, options, play } of allScenarios) {
  void test(name, async () => {
    const clock = new FakeClock();
    const world = new World(options, await openMemoryStore(clock), clock);
    await world.server.start();
    await play(world);
    await world.server.stop();
  });
}
