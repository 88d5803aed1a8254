// Broken packets through the whole engine: nothing escapes, every packet is answered, handled or counted as dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutatedPackets } from '../support/mutate-packets.ts';
import { FakeClock } from './fake-clock.ts';
import { everything } from './everything.ts';
import { openMemoryStore } from './memory-store.ts';
import { World } from './world.ts';

/** The long run, with memory and reasons, is `npm run fuzz`. */
const count = 20_000;
const batch = 500;

void test(`${count} mutated packets crash nothing, and each one is accounted for`, async () => {
  const clock = new FakeClock();
  const world = new World({ config: everything }, await openMemoryStore(clock), clock);
  await world.server.start();
  let injected = 0;
  for (const packet of mutatedPackets(4711, count)) {
    world.inject(packet);
    if (++injected % batch === 0) {
      await world.server.settled();
      world.log.length = 0;
      world.sent.length = 0;
    }
  }
  await world.server.settled();

  assert.equal(world.stat('pkt4-received'), count);
  assert.equal(world.stat('pkt4-processing-failed'), 0);
  const handled = world.stat('pkt4-sent') + world.stat('pkt4-receive-drop');
  const unanswered = count - handled;
  const silentTypes = world.stat('pkt4-release-received') + world.stat('pkt4-decline-received');
  assert.ok(unanswered >= 0 && unanswered <= silentTypes, `${unanswered} packets are unaccounted for`);
  assert.ok(world.stat('pkt4-sent') > 0);
  assert.ok(world.stat('pkt4-parse-failed') > 0);
  await world.server.stop();
});
