// Broken packets through the whole engine: nothing escapes, every packet is answered, handled or counted as dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenPackets, everything, goldenServerDuid, unaccountedFor } from './everything.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { World } from './world.ts';

/** The long run, with memory and reasons, is `npm run fuzz`. */
const count = 20_000;
const batch = 500;

for (const family of [4, 6] as const) {
  void test(`${count} broken packets of DHCPv${family} crash nothing, and each one is accounted for`, async () => {
    const clock = new FakeClock();
    const options = { family, config: everything[family], serverDuid: goldenServerDuid };
    const world = new World(options, await openMemoryStore(clock, family), clock);
    await world.server.start();
    let injected = 0;
    for (const packet of brokenPackets(4711, count, family)) {
      world.inject(packet);
      if (++injected % batch === 0) {
        await world.server.settled();
        world.log.length = 0;
        world.sent.length = 0;
      }
    }
    await world.server.settled();

    assert.equal(world.stat(`pkt${family}-received`), count);
    assert.equal(world.stat(`pkt${family}-processing-failed`), 0);
    assert.equal(unaccountedFor(world, count), 0, 'packets are unaccounted for');
    assert.ok(world.stat(`pkt${family}-sent`) > count / 100, 'hardly any was answered');
    assert.ok(world.stat(`pkt${family}-parse-failed`) > 0, 'all could be read');
    await world.server.stop();
  });
}
