// Four servers on one pool that is driven full, of addresses of both families and of prefixes: nothing twice, nothing left
// over, and whoever was offered something gets it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import type { Family } from '../../src/addr/family.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { LeaseSql } from '../../src/store/mysql/lease-sql.ts';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import { lease6Sql } from '../../src/store/mysql/lease6-rows.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { World } from '../engine/world.ts';
import type { LeaseOf } from '../engine/world-kinds.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { withIaNa, withIaPd, type PacketPart6 } from '../support/packets6.ts';
import { runClients, speaker4, speaker6, type Fate, type Speaker } from './shared-pool-clients.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

const poolSize = 400;

/** A kind of lease with a pool of `poolSize`. */
interface Kind<F extends Family> {
  readonly family: F;
  readonly table: LeaseSql<LeaseOf<F>>;
  readonly speaker: Speaker<F>;
  readonly config: JsonMap;
  readonly serverAddress: (server: number) => string;
  /** Text of the address, and client, of every lease. */
  readonly rows: string;
}

const kind4: Kind<4> = {
  family: 4,
  table: lease4Sql,
  speaker: speaker4,
  config: {
    'valid-lifetime': 3600,
    subnet4: [{ id: 1, subnet: '192.0.2.0/16', pools: [{ pool: '192.0.100.0 - 192.0.101.143' }] }],
  },
  serverAddress: (server) => `192.0.2.${server}`,
  rows: 'SELECT INET_NTOA(address) AS address, HEX(hwaddr) AS client FROM lease4 WHERE state = 0',
};

const kind6 = (wanted: PacketPart6, pools: JsonMap): Kind<6> => ({
  family: 6,
  table: lease6Sql,
  speaker: speaker6(wanted),
  config: {
    'valid-lifetime': 3600,
    subnet6: [{ id: 1, subnet: '2001:db8:1::/64', interface: 'eth0', ...pools }],
  },
  serverAddress: (server) => `fe80::${server}`,
  rows: 'SELECT INET6_NTOA(address) AS address, HEX(duid) AS client FROM lease6 WHERE state = 0',
});
const kindNa = kind6(withIaNa(1), { pools: [{ pool: '2001:db8:1::1 - 2001:db8:1::190' }] });
/** 256 and 128 and 16 prefixes. */
const kindPd = kind6(withIaPd(1), {
  'pd-pools': [
    { prefix: '2001:db8:8000::', 'prefix-len': 48, 'delegated-len': 56 },
    { prefix: '2001:db8:8001::', 'prefix-len': 49, 'delegated-len': 56 },
    { prefix: '2001:db8:8002::', 'prefix-len': 52, 'delegated-len': 56 },
  ],
});

class MachineClock extends FakeClock {
  override now(): number {
    return Date.now();
  }
}

let database: TestDatabase;
let worlds: readonly (World | World<6>)[] = [];

before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());
beforeEach(async () => {
  await database.pool.query(
    'DELETE FROM lease4; DELETE FROM lease6; DELETE FROM fleet_offer; DELETE FROM fleet_offer_server; DELETE FROM fleet_offer_block',
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

async function startServers<F extends Family>(
  count: number,
  kind: Kind<F>,
  config: JsonMap = kind.config,
): Promise<readonly World<F>[]> {
  const started = Array.from({ length: count }, (_, i) => {
    const own = { server: `server-${i}`, connections: 2, blocksFromRate: 5 };
    const { backend } = openMysqlForContract<LeaseOf<F>>(database, own, kind.table);
    return new World<F>(
      {
        family: kind.family,
        config,
        sharedLeases: true,
        serverAddress: kind.serverAddress(i + 1),
        serverDuid: `00:03:00:01:02:00:00:00:fe:0${i + 1}`,
        offerHold: 3_000,
      },
      { leases: createBatchingLeaseStore(backend, { lanes: 2 }), age: () => Promise.resolve() },
      new MachineClock(),
    );
  });
  worlds = started as unknown as typeof worlds;
  for (const world of started) await world.server.start();
  return started;
}

async function assertFull<F extends Family>(
  { rows: query, speaker }: Kind<F>,
  fate: Fate,
  clients: number,
  size = poolSize,
): Promise<void> {
  const told = `${fate.bound.size} bound, ${fate.refused} refused, ${fate.unanswered} unanswered, ${fate.unheard} unheard`;
  assert.equal(fate.refused, 0, told);
  assert.equal(fate.unanswered, 0, told);
  assert.equal(fate.bound.size, clients, told);
  assert.equal(new Set(fate.bound.values()).size, clients, 'one address for two clients');
  const [rows] = await database.pool.query<RowDataPacket[]>(query);
  assert.equal(rows.length, size, 'every address is used');
  const owners = new Map(rows.map((row) => [String(row['address']), String(row['client'])]));
  for (const [client, address] of fate.bound)
    assert.equal(owners.get(address), speaker.nameOf(client).toUpperCase());
}

function fills<F extends Family>(what: string, kind: Kind<F>): void {
  test(`four servers, each heard by its own clients, fill ${what} to the last and refuse nobody`, async () => {
    const servers = await startServers(4, kind);
    const heardBy = (n: number) => [servers[n % 4]!];
    const { speaker } = kind;
    await assertFull(
      kind,
      await runClients({ speaker, clients: poolSize, heardBy, deadline: 15_000 }),
      poolSize,
    );
  });

  test(`four servers that all hear every client fill ${what} just so`, async () => {
    const servers = await startServers(4, kind);
    const { speaker } = kind;
    const heardBy = () => servers;
    await assertFull(
      kind,
      await runClients({ speaker, clients: poolSize, heardBy, deadline: 15_000 }),
      poolSize,
    );
  });
}

fills('a pool of IPv4 addresses', kind4);
fills('a pool of IPv6 addresses', kindNa);
fills('pools of delegated prefixes', kindPd);

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
  const servers = await startServers(4, kind4, {
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
  const { speaker } = kind4;
  const heardBy = (n: number) => [servers[n % 4]!];
  const fate = await runClients({ speaker, clients, heardBy, deadline: 40_000 });
  clearInterval(watch);
  await assertFull(kind4, fate, clients, size);
  assert.ok(blocks > 0, 'some were offered from blocks');
});

test('what a server offered before it died is free again when the offers end', async () => {
  const servers = await startServers(4, kind4);
  const { speaker } = kind4;
  const dead = servers[3]!;
  const vanished = 100;
  const offered = await runClients({
    speaker,
    clients: vanished,
    heardBy: () => [dead],
    vanishes: () => true,
    deadline: 5_000,
  });
  assert.equal(offered.bound.size, 0);
  const fate = await runClients({
    speaker,
    clients: poolSize,
    heardBy: (n) => [servers[n % 3]!],
    deadline: 15_000,
  });
  await assertFull(kind4, fate, poolSize);
  assert.ok(fate.unheard > 0, 'the last hundred had to wait for the end of the offers');
});
