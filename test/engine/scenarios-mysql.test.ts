// Every scenario of the engine, both families, on leases in a real database, whose clock judges them.
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Family } from '../../src/addr/family.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { LeaseSql } from '../../src/store/mysql/lease-sql.ts';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import { lease6Sql } from '../../src/store/mysql/lease6-rows.ts';
import { openMysqlForContract } from '../store/open-mysql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { FakeClock } from './fake-clock.ts';
import type { Scenario } from './scenario.ts';
import { allScenarios, allScenarios6 } from './scenarios/index.ts';
import { World, type WorldStore } from './world.ts';
import type { LeaseOf } from './world-kinds.ts';

/** Milliseconds. */
const announcedWithin = 700;

let database: TestDatabase;

before(async () => {
  database = await createTestDatabase();
});

after(() => database.drop());

const tables: { readonly [F in Family]: LeaseSql<LeaseOf<F>> } = { 4: lease4Sql, 6: lease6Sql };

/** A store of each scenario's own: what a server offered lately it remembers. */
function openStore<F extends Family>(family: F): WorldStore<F> {
  let passed = 0;
  const table = tables[family];
  const clock = (): number => performance.now() + passed * 1000;
  const { backend } = openMysqlForContract<LeaseOf<F>>(database, { clock }, table);
  return {
    leases: createBatchingLeaseStore(backend),
    // The database's clock does not follow a test: the rows move into the past instead.
    age: async (seconds) => {
      passed += seconds;
      await database.pool.query(`UPDATE ${table.table} SET expire = expire - INTERVAL ? SECOND`, [seconds]);
      await database.pool.query('UPDATE fleet_offer SET expires = expires - INTERVAL ? SECOND', [seconds]);
      // A server that seems to have stood still offers nothing before it has announced itself again.
      await sleep(announcedWithin);
    },
  };
}

function playAll<F extends Family>(family: F, scenarios: readonly Scenario<F>[]): void {
  for (const { name, options, play } of scenarios) {
    void test(name, async () => {
      await database.pool.query(
        'DELETE FROM lease4; DELETE FROM lease6; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server',
      );
      const store = openStore(family);
      const world = new World<F>(options, store, new FakeClock(Date.now()));
      await world.server.start();
      await play(world);
      await world.server.stop();
      await store.leases.close();
    });
  }
}

playAll(4, allScenarios);
playAll(6, allScenarios6);
