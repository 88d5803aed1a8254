// Several servers on one pool, killed writers, killed connections: nothing twice, nothing lost, counters exact.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { silentLogger } from '../../src/log.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { Lease } from '../../src/store/lease.ts';
import { claimPacket } from '../../src/store/mysql/claim-sql.ts';
import { openLanes } from '../../src/store/mysql/lanes.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { client4, lease4, leases4, makers, type LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { assertStatisticsEqualRecount, waitUntilSettled } from './statistics.ts';

/** What a server at its max_connections says instead of its greeting: an ERR packet with error 1040. */
const tooManyConnections = Buffer.from('\x17\0\0\0\xff\x10\x04Too many connections', 'latin1');

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await waitUntilSettled(database.pool);
  await assertStatisticsEqualRecount(database.pool);
  await database.pool.query('DELETE FROM lease4; DELETE FROM lease6');
});
after(() => database.drop());

interface Writer {
  readonly process: ChildProcess;
  readonly acknowledged: (readonly [n: number, who: number])[];
  readonly ended: Promise<number | null>;
}

function startWriter(
  number: number,
  clients: number,
  poolSize: number,
  mode: string,
  kind: keyof typeof makers,
): Writer {
  const script = new URL('./writer-process.ts', import.meta.url).pathname;
  const args = [
    '--import',
    'tsx',
    script,
    database.url,
    String(number),
    String(clients),
    String(poolSize),
    mode,
    kind,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: [number, number][] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [, n, who] = line.split(' ');
    acknowledged.push([Number(n), Number(who)]);
  });
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(
    ([[code]]) => code as number | null,
  );
  return { process: child, acknowledged, ended };
}

/** Number of the address → number of the client. */
async function rows<L extends Lease>(make: LeaseMaker<L>): Promise<Map<number, number>> {
  const { backend } = openMysqlForContract(database, {}, make.table);
  const { leases } = await backend.page(null, 1_000_000, null);
  await backend.close();
  return new Map(leases.map((lease) => [make.numberOf(lease.address), make.ownerOf(lease)]));
}

function races<L extends Lease>(kind: keyof typeof makers, make: LeaseMaker<L>): void {
  const { table, family } = make.table;
  const theirs =
    family === 4
      ? { columns: 'hwaddr', values: "X'AA'" }
      : { columns: 'duid, iaid, lease_type, prefix_len', values: "X'AAAAAA', 1, 2, 56" };

  test(`${make.kind}: three servers on one pool give no address to two clients`, async () => {
    const writers = [1, 2, 3].map((number) => startWriter(number, 150, 500, 'claim', kind));
    for (const { ended } of writers) assert.equal(await ended, 0);
    const all = writers.flatMap(({ acknowledged }) => acknowledged);
    const owners = new Map<number, number>();
    for (const [n, who] of all) {
      assert.equal(owners.get(n) ?? who, who, `${n} was given to two clients`);
      owners.set(n, who);
    }
    assert.deepEqual(await rows(make), owners);
    assert.ok(owners.size > 430, `${owners.size} of 450 clients got an address`);
  });

  test(`${make.kind}: claims, moves, releases, declines and reclamation by three servers at once leave the counters exact`, async () => {
    const writers = [1, 2, 3].map((number) => startWriter(number, 30, 90, 'mixed', kind));
    // Somebody else's rows at the same time, counted by the triggers.
    for (let i = 0; i < 25; i++) {
      await database.pool
        .query(
          `INSERT INTO ${table} (address, ${theirs.columns}, subnet_id, pool_id, state, valid_lifetime, expire) VALUES (${make.table.addressLiteral(make.address(i))}, ${theirs.values}, 1, 0, 0, 1, NOW()) ON DUPLICATE KEY UPDATE state = 0`,
        )
        .catch((error: unknown) => assert.equal((error as { errno: number }).errno, 1213));
      await sleep(20);
    }
    for (const { ended } of writers) assert.equal(await ended, 0);
  });

  test(`${make.kind}: two servers that reclaim at once reclaim each expired lease once`, async () => {
    const backends = [1, 2].map(() => openMysqlForContract(database, {}, make.table).backend);
    const cltt = Math.floor(Date.now() / 1000) - 1000;
    const expired = Array.from({ length: 1200 }, (_, n) =>
      make.lease(n, { cltt: cltt - (n % 7), validLifetime: 60 }),
    );
    await backends[0]!.writeAll(expired.map((lease) => ({ verb: 'put', lease })));
    const reclaimed = await Promise.all(
      backends.map((backend) => backend.reclaim({ limit: 0, remove: false })),
    );
    const addresses = reclaimed.flat().map(({ address }) => address);
    const rest = (await backends[0]!.reclaim({ limit: 0, remove: false })).map(({ address }) => address);
    assert.equal(new Set([...addresses, ...rest]).size, 1200);
    assert.equal(addresses.length + rest.length, 1200);
    await Promise.all(backends.map((backend) => backend.close()));
  });
}
races('leases4', leases4);
races('prefixes6', makers.prefixes6);

test('what a server acknowledged before kill -9 is in the database', async () => {
  const writer = startWriter(1, 3000, 100_000, 'claim', 'leases4');
  while (writer.acknowledged.length < 200) await sleep(5);
  writer.process.kill('SIGKILL');
  await writer.ended;
  await waitUntilSettled(database.pool);
  const found = await rows(leases4);
  for (const [n, who] of writer.acknowledged) assert.equal(found.get(n), who);
  assert.ok(writer.acknowledged.length < 3000, 'the writer was killed in the middle');
});

test('killed connections lose nothing that was acknowledged and leave no statistics switch behind', async () => {
  const { backend } = openMysqlForContract(database);
  const store = createBatchingLeaseStore(backend, { lanes: 3, maxBatch: 8 });
  let kills = 0;
  let refused = 0;
  let next = 0;
  const claim = async (n: number): Promise<void> => {
    const write = { verb: 'claim', client: client4(n), lease: lease4(n) } as const;
    for (;;) {
      try {
        assert.equal((await store.write(write)).result, 'done');
        return;
      } catch (error) {
        assert.equal((error as { code: string }).code, 'DATABASE_UNREACHABLE');
        refused++;
        await sleep(50);
      }
    }
  };
  // A kill counts when it met a batch under way: the clients go on until enough did.
  const enough = (): boolean => next >= 800 && kills >= 3;
  const work = Promise.all(
    Array.from({ length: 100 }, async () => {
      while (!enough() && next < 50_000) await claim(next++);
    }),
  );
  const killer = async (): Promise<void> => {
    while (!enough() && next < 50_000) {
      const [connections] = await database.pool.query<RowDataPacket[]>(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%fleet_batch%'",
      );
      for (const { id } of connections) {
        await database.pool.query(`KILL ${Number(id)}`).then(
          () => kills++,
          () => undefined,
        );
      }
      await sleep(25);
    }
  };
  await Promise.all([work, killer()]);
  assert.ok(kills >= 3, `${kills} connections killed, ${refused} writes refused`);
  assert.equal((await rows(leases4)).size, next);
  await store.close();
});

test('a packet that fails takes its transaction and the statistics switch with it', async () => {
  const lanes = openLanes(
    database.address,
    { connections: 1, queryTimeout: 5000 },
    { logger: silentLogger, random: Math.random },
  );
  const packet = `SET @fleet_statistics_off = 1; START TRANSACTION; INSERT INTO lease4 (address, subnet_id) VALUES (1, 1); SELECT nothing FROM lease4`;
  await assert.rejects(lanes.packet(packet), { code: 'DATABASE_SCHEMA' });
  const [switches, count] = (await lanes.packet(
    'SELECT @fleet_statistics_off; SELECT COUNT(*) FROM lease4',
  )) as number[][][];
  assert.deepEqual(switches, [[null]]);
  assert.deepEqual(count, [[0]]);
  await lanes.close();
});

test('a row that somebody keeps locked fails the claims that need it, not their neighbours', async () => {
  const { backend } = openMysqlForContract(database);
  const store = createBatchingLeaseStore(backend);
  const claim = (n: number) =>
    store.write({ verb: 'claim', client: client4(n), lease: lease4(n), seen: null });
  assert.equal((await claim(7)).result, 'done');
  const locker = await database.pool.getConnection();
  await locker.query('START TRANSACTION');
  await locker.query('SELECT * FROM lease4 WHERE address = ? FOR UPDATE', [lease4(7).address]);
  const results = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => claim(n)));
  const failed = results.flatMap((result, n) =>
    result.status === 'rejected' ? [[n, result.reason as unknown]] : [],
  );
  assert.deepEqual(
    failed.map(([n, error]) => [n, (error as { code: string }).code]),
    [[7, 'DATABASE_QUERY']],
  );
  await locker.query('ROLLBACK');
  locker.release();
  assert.equal((await claim(7)).result, 'done');
  await store.close();
});

test('a lone claim is one statement with one result where the database has INSERT … RETURNING', async () => {
  const [[server]] = await database.pool.query<RowDataPacket[]>('SELECT VERSION() AS version');
  const lanes = openLanes(
    database.address,
    { connections: 1, queryTimeout: 5000 },
    { logger: silentLogger, random: Math.random },
  );
  await lanes.packet('SELECT 1');
  assert.equal(lanes.returning, /mariadb/i.test(String(server!['version'])));
  const { lease, client } = leases4.claim(1);
  const claims = [{ verb: 'claim', lease, client, seen: null }] as const;
  const packet = claimPacket(leases4.table, claims, true, lanes.returning);
  assert.equal(packet.results, lanes.returning ? 1 : 3);
  const answer = (await lanes.guess(packet.sql)) as readonly (readonly (readonly unknown[])[])[];
  const now = Number((lanes.returning ? answer : answer[packet.clockAt])![0]![0]);
  const [[row]] = await database.pool.query<RowDataPacket[]>(
    'SELECT UNIX_TIMESTAMP(expire) AS expire FROM lease4',
  );
  assert.equal(Number(row!['expire']), now + lease.validLifetime);
  assert.equal(await lanes.guess(packet.sql), null, 'the row is there by now');
  await lanes.close();
});

test('where the database has no place for another connection, those that are open serve', async () => {
  const user = `crowded_${database.address.database.slice(-20)}`;
  await database.pool.query(
    `CREATE USER '${user}'@'%' IDENTIFIED BY 'crowded' WITH MAX_USER_CONNECTIONS 1; ` +
      `GRANT ALL ON \`${database.address.database}\`.* TO '${user}'@'%'`,
  );
  const lanes = openLanes(
    { ...database.address, user, password: 'crowded' },
    { connections: 3, queryTimeout: 5000 },
    { logger: silentLogger, random: Math.random },
  );
  const states: string[] = [];
  lanes.onState((state) => states.push(state));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => lanes.packet(`SELECT ${n}, SLEEP(0.02)`)),
  );
  assert.deepEqual(
    answers.map((answer) => (answer as number[][])[0]![0]),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.deepEqual(states, [], 'the database was never away');
  await lanes.close();
  await database.pool.query(`DROP USER '${user}'@'%'`);
});

test('one connection refused before another is let in does not mean that the database is away', async () => {
  let connections = 0;
  const proxy = createServer((client) => {
    connections++;
    if (connections === 1) return client.end(tooManyConnections);
    const { host, port, socketPath } = database.address;
    setTimeout(() => {
      const server = createConnection(socketPath === undefined ? { host, port } : { path: socketPath });
      client.pipe(server).pipe(client);
      for (const end of [client, server]) end.on('error', () => undefined);
    }, 100);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { socketPath: _, ...address } = database.address;
  const lanes = openLanes(
    { ...address, host: '127.0.0.1', port: (proxy.address() as AddressInfo).port },
    { connections: 2, queryTimeout: 5000 },
    { logger: silentLogger, random: Math.random },
  );
  const answers = await Promise.all([1, 2, 3, 4].map((n) => lanes.packet(`SELECT ${n}`)));
  assert.deepEqual(answers, [[[1]], [[2]], [[3]], [[4]]]);
  assert.deepEqual([lanes.state, connections], ['up', 2]);
  await lanes.close();
  proxy.close();
});

test('while the database is away calls fail at once, and work again by themselves when it is back', async () => {
  const lanes = openLanes(
    { ...database.address, database: `${database.address.database}_later` },
    { connections: 2, queryTimeout: 5000 },
    { logger: silentLogger, random: Math.random },
  );
  const states: string[] = [];
  lanes.onState((state) => states.push(state));
  await assert.rejects(lanes.packet('SELECT 1'), { code: 'DATABASE_UNREACHABLE' });
  const started = performance.now();
  for (let i = 0; i < 1000; i++)
    await assert.rejects(lanes.packet('SELECT 1'), { code: 'DATABASE_UNREACHABLE' });
  // One of them alone would wait for five seconds.
  assert.ok(performance.now() - started < 5_000);
  await database.pool.query(`CREATE DATABASE \`${database.address.database}_later\``);
  while (lanes.state === 'down') await sleep(20);
  assert.deepEqual(await lanes.packet('SELECT 1'), [[1]]);
  assert.deepEqual(states, ['down', 'up']);
  await lanes.close();
  await database.pool.query(`DROP DATABASE \`${database.address.database}_later\``);
});
