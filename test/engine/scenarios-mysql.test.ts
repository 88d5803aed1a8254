// Every scenario of the engine, on leases in a real database, whose clock judges them.
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { openMysqlForContract } from '../store/open-mysql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { FakeClock } from './fake-clock.ts';
import { allScenarios } from './scenarios/index.ts';
import { World, type WorldStore } from './world.ts';

/** Milliseconds. */
const announcedWithin = 700;

let database: TestDatabase;

before(async () => {
  database = await createTestDatabase();
});

after(() => database.drop());

/** A store of each scenario's own: what a server offered lately it remembers. */
function openStore(): WorldStore {
  let passed = 0;
  const { backend } = openMysqlForContract(database, { clock: () => performance.now() + passed * 1000 });
  return {
    leases: createBatchingLeaseStore(backend),
    // The database's clock does not follow a test: the rows move into the past instead.
    age: async (seconds) => {
      passed += seconds;
      await database.pool.query('UPDATE lease4 SET expire = expire - INTERVAL ? SECOND', [seconds]);
      await database.pool.query('UPDATE fleet_offer SET expires = expires - INTERVAL ? SECOND', [seconds]);
      // A server that seems to have stood still offers nothing before it has announced itself again.
      await sleep(announcedWithin);
    },
  };
}

for (const { name, options, play } of allScenarios) {
  void test(name, async () => {
    await database.pool.query('DELETE FROM lease4; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server');
    const store = openStore();
    const world = new World(options, store, new FakeClock(Date.now()));
    await world.server.start();
    await play(world);
    await world.server.stop();
    await store.leases.close();
  });
}
