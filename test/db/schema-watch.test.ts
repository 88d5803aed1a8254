// Databases that were away at the start: asked again by one chain of questions, refused while their schema is not ours.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { SchemaWatch } from '../../src/bin/schema-watch.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import { silentLogger } from '../../src/log.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { createDatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase } from '../support/database.ts';

async function setUp() {
  const database = await createTestDatabase();
  const proxy = await createDatabaseProxy(database.address);
  const clock = new FakeClock();
  /** Timers of the watch that have not fired. */
  const waiting = new Set<() => void>();
  const counting = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(milliseconds: number, action: () => void) {
      waiting.add(action);
      const cancel = clock.after(milliseconds, () => {
        waiting.delete(action);
        action();
      });
      return () => {
        waiting.delete(action);
        cancel();
      };
    },
  };
  const networkState = new NetworkState();
  const watch = new SchemaWatch({ family: 4 }, { log: silentLogger, clock: counting, networkState });
  after(async () => {
    watch.close();
    await proxy.close();
    await database.drop();
  });
  return {
    ...{ proxy, networkState, watch, clock },
    waiting: () => waiting.size,
    setVersion: (version: number) => database.pool.query(`UPDATE schema_version SET version = ${version}`),
    /** Time passes, and what was asked is answered. */
    pass: async (isDone: () => boolean): Promise<void> => {
      await clock.advance(5_000);
      const end = Date.now() + 10_000;
      while (!isDone() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(isDone());
    },
  };
}

/** The database was away when it was checked, and came back with another schema. */
async function refused() {
  const watched = await setUp();
  const { proxy, watch, waiting, pass, setVersion, networkState } = watched;
  await proxy.cut();
  await watch.check([proxy.address]);
  await setVersion(99);
  await proxy.join();
  await pass(() => !networkState.isEnabled && waiting() === 1);
  return watched;
}

void test('a database that is away is asked by one chain of questions, however often the service starts', async () => {
  const { proxy, watch, waiting, pass, networkState } = await setUp();
  await proxy.cut();
  for (let start = 0; start < 3; start++) await watch.check([proxy.address]);
  assert.equal(waiting(), 1);
  await pass(() => waiting() === 1);
  await proxy.join();
  await pass(() => waiting() === 0);
  assert.ok(networkState.isEnabled);
});

void test('a schema that is refused disables the service until it is repaired', async () => {
  const { waiting, pass, setVersion, networkState } = await refused();
  await setVersion(30);
  await pass(() => networkState.isEnabled);
  assert.equal(waiting(), 0);
});

void test('a refused database that is no longer in use holds nothing off', async () => {
  const { proxy, watch, waiting, networkState } = await refused();
  watch.retain([proxy.address]);
  assert.ok(!networkState.isEnabled);
  watch.retain([]);
  assert.ok(networkState.isEnabled);
  assert.equal(waiting(), 0);
});
