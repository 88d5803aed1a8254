// Every scenario of the engine, both families, on leases in memory.
import { test } from 'node:test';
import type { Family } from '../../src/addr/family.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import type { Scenario } from './scenario.ts';
import { allScenarios, allScenarios6 } from './scenarios/index.ts';
import { World } from './world.ts';

function playAll<F extends Family>(family: F, scenarios: readonly Scenario<F>[]): void {
  for (const { name, options, play } of scenarios) {
    void test(name, async () => {
      const clock = new FakeClock();
      const world = new World<F>(options, await openMemoryStore(clock, family), clock);
      await world.server.start();
      await play(world);
      await world.server.stop();
    });
  }
}

playAll(4, allScenarios);
playAll(6, allScenarios6);
