// Every scenario of the engine, on leases in a real database, whose clock judges them.
import { after, before, test } from 'node:test';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { openMysqlForContract } from '../store/open-mysql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { FakeClock } from './fake-clock.ts';
import { allScenarios } from './scenarios/index.ts';
import { World, type WorldStore } from './world.ts';

let database: TestDatabase;
let store: WorldStore;

before(async () => {
  database = await createTestDatabase();
  const { backend } = openMysqlForContract(database);
  store = {
    leases: createBatchingLeaseStore(backend),
    // The database's clock does not follow a test: the rows move into the past instead.
    age: async (seconds) => {
      await database.pool.query('UPDATE lease4 SET expire = expire - INTERVAL ? SECOND', [seconds]);
    },
  };
});

after(async () => {
  await store.leases.close();
  await database.drop();
});

for (const { name, options, play } of allScenarios) {
  void test(name, async () => {
    await database.pool.query('DELETE FROM lease4');
    const clock = new FakeClock(Date.now());
    const world = new World(options, store, clock);
    await world.server.start();
    await play(world);
    await world.server.stop();
  });
}
