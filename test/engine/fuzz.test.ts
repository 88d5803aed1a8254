// Broken packets through the whole engine: nothing escapes, every packet is answered, handled or counted as dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutatedPackets } from '../support/mutate-packets.ts';
import { FakeClock } from './fake-clock.ts';
import { openMemoryStore } from './memory-store.ts';
import { World } from './world.ts';

/** `FUZZ_PACKETS=1000000` for the long run. */
const count = Number(process.env['FUZZ_PACKETS'] ?? 20_000);
const batch = 500;

void test(`${count} mutated packets crash nothing, and each one is accounted for`, async () => {
  const clock = new FakeClock();
  const world = new World({ config: everything }, await openMemoryStore(clock), clock);
  await world.server.start();
  const seed = Number(process.env['FUZZ_SEED'] ?? 4711);
  let injected = 0;
  for (const packet of mutatedPackets(seed, count)) {
    world.inject(packet);
    if (++injected % batch === 0) {
      await world.server.settled();
      world.log.length = 0;
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

/** As much of the engine switched on as one configuration can hold. */
const everything = {
  'store-extended-info': true,
  'stash-agent-options': true,
  'early-global-reservations-lookup': true,
  'ddns-qualifying-suffix': 'example.org',
  'ddns-replace-client-name': 'when-not-present',
  'dhcp-ddns': { 'enable-updates': true },
  'client-classes': [
    { name: 'phones', test: "substring(option[60].hex, 0, 5) == 'phone'" },
    { name: 'ports', 'template-test': 'relay4[1].hex' },
  ],
  reservations: [{ 'hw-address': '02:00:00:00:00:01', hostname: 'one' }],
  'option-data': [
    { name: 'routers', data: '192.0.2.1' },
    { name: 'ntp-servers', data: '192.0.2.2', 'always-send': true },
    { space: 'vendor-4491', code: 2, 'csv-format': false, data: '0a000009' },
  ],
  'shared-networks': [
    {
      name: 'all',
      interface: 'eth0',
      subnet4: [
        {
          id: 1,
          subnet: '192.0.2.0/24',
          pools: [{ pool: '192.0.2.10 - 192.0.2.200' }],
          'reservations-global': true,
        },
        { id: 2, subnet: '10.0.0.0/8', pools: [{ pool: '10.0.0.0/16' }], 'offer-lifetime': 30 },
      ],
    },
  ],
};
