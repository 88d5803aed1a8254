// Four servers on one pool that is driven full: no address twice, none left over, and whoever was offered one gets it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { World } from '../engine/world.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { runClients, type Fate } from './shared-pool-clients.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

const poolSize = 400;
const config = {
  'valid-lifetime': 3600,
  subnet4: [{ id: 1, subnet: '192.0.2.0/16', pools: [{ pool: '192.0.100.0 - 192.0.101.143' }] }],
};

class MachineClock extends FakeClock {
  override now(): number {
    return Date.now();
  }
}

let database: TestDatabase;
let worlds: World[] = [];

before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());
beforeEach(async () => {
  await database.pool.query(
    'DELETE FROM lease4; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server; DELETE FROM fleet_offer_block',
  );
});
afterEach(async () => {
  for (const world of worlds) {
    await world.server.stop();
    await world.store.leases.close();
  }
  worlds = [];
  await assertStatisticsEqualRecount(database.pool);
});

async function startServers(count: number, pool = config): Promise<void> {
  worlds = Array.from({ length: count }, (_, i) => {
    const { backend } = openMysqlForContract(database, {
      server: `server-${i}`,
      connections: 2,
      blocksFromRate: 5,
    });
    return new World(
      { config: pool, sharedLeases: true, serverAddress: `192.0.2.${i + 1}`, offerHold: 3_000 },
      { leases: createBatchingLeaseStore(backend, { lanes: 2 }), age: () => Promise.resolve() },
      new MachineClock(),
    );
  });
  for (const world of worlds) await world.server.start();
}

async function assertFull(fate: Fate, clients: number, size = poolSize): Promise<void> {
  const told = `${fate.bound.size} bound, ${fate.refused} refused, ${fate.unanswered} unanswered, ${fate.unheard} unheard`;
  assert.equal(fate.refused, 0, told);
  assert.equal(fate.unanswered, 0, told);
  assert.equal(fate.bound.size, clients, told);
  assert.equal(new Set(fate.bound.values()).size, clients, 'one address for two clients');
  const [rows] = await database.pool.query<RowDataPacket[]>(
    'SELECT INET_NTOA(address) AS address, HEX(hwaddr) AS mac FROM lease4 WHERE state = 0',
  );
  assert.equal(rows.length, size, 'every address is used');
  const owners = new Map(rows.map((row) => [String(row['address']), String(row['mac'])]));
  for (const [client, address] of fate.bound)
    assert.equal(owners.get(address), `0200${client.toString(16).padStart(8, '0').toUpperCase()}`);
}

test('four servers, each heard by its own clients, fill the pool to the last address and refuse nobody', async () => {
  await startServers(4);
  const fate = await runClients({ clients: poolSize, heardBy: (n) => [worlds[n % 4]!], deadline: 15_000 });
  await assertFull(fate, poolSize);
});

test('four servers that all hear every client fill it just so', async () => {
  await startServers(4);
  const fate = await runClients({ clients: poolSize, heardBy: () => worlds, deadline: 15_000 });
  await assertFull(fate, poolSize);
});

test('four servers with blocks of their own fill a larger pool from two thirds to the last address', async () => {
  const size = 4_096;
  const first = 0xc0007000;
  const values = Array.from({ length: size }, (_, n) => n)
    .filter((n) => n % 3 !== 0)
    .map(
      (n) => `(${first + n}, X'0300${n.toString(16).padStart(8, '0')}', 3600, NOW() + INTERVAL 1 HOUR, 1, 0)`,
    );
  await database.pool.query(
    `INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, state) VALUES ${values.join(',')}`,
  );
  await startServers(4, {
    'valid-lifetime': 3600,
    subnet4: [{ id: 1, subnet: '192.0.0.0/16', pools: [{ pool: '192.0.112.0 - 192.0.127.255' }] }],
  });
  const clients = size - values.length;
  let blocks = 0;
  const watch = setInterval(() => {
    void database.pool
      .query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM fleet_offer_block')
      .then(([[row]]) => (blocks = Math.max(blocks, Number(row!['n']))));
  }, 50);
  const fate = await runClients({ clients, heardBy: (n) => [worlds[n % 4]!], deadline: 40_000 });
  clearInterval(watch);
  await assertFull(fate, clients, size);
  assert.ok(blocks > 0, 'some were offered from blocks');
});

test('what a server offered before it died is free again when the offers end', async () => {
  await startServers(4);
  const dead = worlds[3]!;
  const vanished = 100;
  const offered = await runClients({
    clients: vanished,
    heardBy: () => [dead],
    vanishes: () => true,
    deadline: 5_000,
  });
  assert.equal(offered.bound.size, 0);
  const fate = await runClients({
    clients: poolSize,
    heardBy: (n) => [worlds[n % 3]!],
    deadline: 15_000,
  });
  await assertFull(fate, poolSize);
  assert.ok(fate.unheard > 0, 'the last hundred had to wait for the end of the offers');
});
