// The life of an edge's config backend: start, polls, outages, failed applies, the saved configuration, the farewell.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import cron from 'node-cron';
import type { Position } from '../../src/backend/fetched.ts';
import type { Rejection } from '../../src/config/parts.ts';
import { createConfigEdge, type ConfigEdge, type EdgeSetup } from '../support/config-edge.ts';
import { createDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let proxy: DatabaseProxy;
let stateDirectory: string;
let edges: ConfigEdge[] = [];

before(async () => {
  database = await createTestDatabase();
  proxy = await createDatabaseProxy(database.address);
});
after(async () => {
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'flotilla-state-'));
  await proxy.join().catch(() => undefined);
  await database.pool.query(`
    DELETE FROM fleet_rejection; DELETE FROM dhcp4_subnet;
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1)`);
});
afterEach(async () => {
  for (const edge of edges) await edge.stop();
  edges = [];
  rmSync(stateDirectory, { recursive: true, force: true });
});

function newEdge(setup: EdgeSetup = {}): ConfigEdge {
  const edge = createConfigEdge(proxy.address, { stateDirectory, ...setup });
  edges.push(edge);
  return edge;
}

const setLifetime = (lifetime: number): Promise<unknown> =>
  database.pool.query('UPDATE dhcp4_subnet SET valid_lifetime = ? WHERE subnet_id = 1', [lifetime]);
const savedFile = (): string => join(stateDirectory, readdirSync(stateDirectory)[0]!);

test('an edge that cannot reach its database boots from the last good configuration, and follows when it is back', async () => {
  const first = newEdge();
  await first.backend.start();
  await first.stop();
  assert.equal(statSync(savedFile()).mode & 0o777, 0o600);

  await proxy.cut();
  const second = newEdge();
  assert.equal(await second.backend.start(), 'last-good');
  assert.equal(second.subnet(1)?.subnet, '10.0.1.0/24');
  assert.equal(second.backend.status().state, 'degraded');
  await setLifetime(100);
  await proxy.join();
  assert.equal((await second.backend.pull()).outcome, 'applied');
  assert.equal(second.subnet(1)?.['valid-lifetime'], 100);
  assert.equal(second.backend.status().state, 'serving');
  assert.equal(second.backend.status().lastError, null);
});

test('without database and saved configuration an edge starts all the same, and keeps trying with growing patience', async () => {
  await proxy.cut();
  const edge = newEdge();
  assert.equal(await edge.backend.start(), 'nothing');
  assert.equal(edge.applied.length, 0);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    waits.push(edge.nextTimer()!);
    await edge.backend.pull();
  }
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12000, 22500, 22500, 22500]);
  await proxy.join();
  edge.advance(22_500);
  await edge.backend.compare();
  assert.equal(edge.backend.status().state, 'serving', 'the timer polled');
  assert.equal(edge.nextTimer(), 27_000);
});

test('a damaged saved configuration is named in the log and not used', async () => {
  const first = newEdge();
  await first.backend.start();
  await first.stop();
  const file = savedFile();
  const good = readFileSync(file, 'utf8');
  await proxy.cut();
  for (const bad of [
    good.replace('10.0.1.0', '10.0.9.0'),
    good.slice(0, good.length / 2),
    good.replace('"version":1', '"version":2'),
    'nonsense',
    '',
  ]) {
    writeFileSync(file, bad);
    const edge = newEdge();
    assert.equal(await edge.backend.start(), 'nothing');
    assert.ok(edge.logged.includes('FLOTILLA_LAST_GOOD_UNUSABLE'));
    await edge.stop();
  }
  writeFileSync(file, good);
  const otherTag = newEdge({ serverTag: 'elsewhere' });
  assert.equal(await otherTag.backend.start(), 'nothing', "another tag's configuration is not ours");
  await otherTag.stop();
  assert.equal(await newEdge().backend.start(), 'last-good', 'the undamaged file works');
});

test('a state directory that cannot be written to costs the saved configuration, not the service', async () => {
  writeFileSync(join(stateDirectory, 'file'), '');
  const edge = newEdge({ stateDirectory: join(stateDirectory, 'file') });
  assert.equal(await edge.backend.start(), 'database');
  assert.ok(edge.logged.includes('FLOTILLA_LAST_GOOD_SAVE_FAIL'));
  chmodSync(stateDirectory, 0o700);
});

test('when applying fails the cursor stays, the error is told, and the change is applied later', async () => {
  let isBroken = false;
  const reports: { applied: Position | null; lastError: string | null; state: string }[] = [];
  const edge = newEdge({
    deps: {
      apply: async (parts) => {
        if (isBroken) throw new Error('out of ideas');
        return { hash: 'H', rejections: [], inForce: parts };
      },
      report: async (_connection, report) => void reports.push(report),
    },
  });
  await edge.backend.start();
  const { position } = edge.backend.status();
  isBroken = true;
  await setLifetime(200);
  const result = await edge.backend.pull();
  assert.equal(result.outcome, 'failed');
  assert.deepEqual(edge.backend.status().position, position);
  assert.deepEqual(reports.at(-1), {
    state: 'degraded',
    applied: position,
    configHash: 'H',
    lastError: 'out of ideas',
  });
  isBroken = false;
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 200);
  assert.equal(edge.backend.status().position!.epoch, position!.epoch + 1);
  assert.equal(reports.at(-1)?.applied?.epoch, position!.epoch + 1);
});

test('the epoch is reported after it was applied and after the rejections were written', async () => {
  const order: string[] = [];
  const rejection: Rejection = {
    objectType: 'subnet',
    objectKey: '1',
    origin: { kind: 'database', rowId: 1 },
    reason: 'bad',
    lastGoodKept: false,
  };
  const edge = newEdge({
    deps: {
      apply: async (parts) => {
        order.push('applied');
        return { hash: 'H', rejections: [rejection], inForce: parts };
      },
      report: async (connection) => {
        const [rows] = await connection.query<RowDataPacket[]>('SELECT reason FROM fleet_rejection');
        order.push(`reported with ${rows.map((row) => String(row['reason'])).join()}`);
      },
    },
  });
  await edge.backend.start();
  assert.deepEqual(order, ['applied', 'reported with bad']);
});

test('a rejection keeps its first_seen while it lasts, gets its new reason, and goes when it is fixed', async () => {
  let reasons: string[] = ['one'];
  const edge = newEdge({
    deps: {
      apply: async (parts) => ({
        hash: 'H',
        inForce: parts,
        rejections: reasons.map((reason) => ({
          objectType: 'subnet' as const,
          objectKey: '1',
          origin: { kind: 'database' as const, rowId: 1 },
          reason,
          lastGoodKept: true,
        })),
      }),
    },
  });
  const rows = async (): Promise<RowDataPacket[]> =>
    (await database.pool.query<RowDataPacket[]>('SELECT * FROM fleet_rejection'))[0];
  await edge.backend.start();
  await database.pool.query("UPDATE fleet_rejection SET first_seen = '2020-01-01', last_seen = '2020-01-01'");
  reasons = ['two'];
  await setLifetime(301);
  await edge.backend.pull();
  const [row] = await rows();
  assert.equal(row!['reason'], 'two');
  assert.equal(row!['last_good_kept'], 1);
  assert.equal(row!['instance'], 'edge-1');
  assert.match(String(row!['first_seen']), /^2020-01-01/);
  assert.doesNotMatch(String(row!['last_seen']), /^2020/);
  await database.pool.query("UPDATE fleet_rejection SET last_seen = '2020-01-01'");
  await edge.backend.pull();
  assert.doesNotMatch(String((await rows())[0]!['last_seen']), /^2020/, 'an idle poll says it still stands');
  reasons = [];
  await setLifetime(302);
  await edge.backend.pull();
  assert.deepEqual(await rows(), []);
  assert.ok(edge.logged.includes('FLOTILLA_CONFIG_QUARANTINE_CLEARED'));
});

test('an object of nobody is a rejection of every edge until it is linked', async () => {
  const edge = newEdge();
  await edge.backend.start();
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (9, '10.0.9.0/24')");
  await edge.backend.pull();
  const [[row]] = (await database.pool.query<RowDataPacket[]>(
    'SELECT * FROM fleet_rejection',
  )) as unknown as [[RowDataPacket]];
  assert.equal(row['object_key'], '9');
  await database.pool.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (9, 1)');
  await edge.backend.pull();
  const [rows] = await database.pool.query<RowDataPacket[]>('SELECT * FROM fleet_rejection');
  assert.deepEqual(rows, []);
});

test('polls come up to a fifth earlier than asked, so that edges drift apart; a pull starts the wait anew', async () => {
  for (const [random, expected] of [
    [0, 30_000],
    [0.999, 24_006],
  ] as const) {
    const edge = newEdge({ instance: `edge-${random}`, deps: { random: () => random } });
    await edge.backend.start();
    assert.equal(Math.round(edge.nextTimer()!), expected);
    edge.advance(10_000);
    await edge.backend.pull();
    assert.equal(Math.round(edge.nextTimer()!), expected);
  }
});

test('an edge that does not poll is pulled by hand and still shows that it lives', async () => {
  let reports = 0;
  const edge = newEdge({ fetchWaitTime: 0, deps: { report: async () => void reports++ } });
  await edge.backend.start();
  await setLifetime(400);
  edge.advance(30_000);
  await edge.backend.compare();
  assert.equal(reports, 3, 'start, heartbeat, comparison');
  await setLifetime(401);
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 401);
});

test('the comparison finds a change that was hidden from the log, reports the drift and repairs it', async () => {
  const edge = newEdge();
  await edge.backend.start();
  assert.equal(await edge.backend.compare(), false);
  const hidden = await database.pool.getConnection();
  const [triggers] = await hidden.query<RowDataPacket[]>(
    "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = 'dhcp4_pool'",
  );
  await hidden.query(triggers.map((row) => `DROP TRIGGER \`${String(row['name'])}\``).join('; '));
  await hidden.query(
    "INSERT INTO dhcp4_pool (start_address, end_address, subnet_id) VALUES (INET_ATON('10.0.1.5'), INET_ATON('10.0.1.6'), 1)",
  );
  hidden.release();
  assert.equal((await edge.backend.pull()).outcome, 'unchanged');
  assert.equal(await edge.backend.compare(), true);
  assert.equal((edge.subnet(1)?.pools as { pool: string }[])[0]!.pool, '10.0.1.5 - 10.0.1.6');
  assert.equal(edge.backend.status().driftsRepaired, 1);
  assert.ok(edge.logged.includes('FLOTILLA_CONFIG_DRIFT'));
  assert.equal(await edge.backend.compare(), false);
});

test('a comparison that meets changes applies them as a poll would, and that is no drift', async () => {
  const edge = newEdge();
  await edge.backend.start();
  const from = edge.backend.status().position!.epoch;
  await setLifetime(600);
  assert.equal(await edge.backend.compare(), false);
  assert.equal(edge.subnet(1)?.['valid-lifetime'], 600);
  await database.pool.query("INSERT INTO dhcp4_server (tag, description) VALUES ('other', '')");
  assert.equal(await edge.backend.compare(), false);
  assert.equal(edge.backend.status().position!.epoch, from + 2);
  assert.equal((await edge.backend.pull()).outcome, 'unchanged');
});

test('changes of shared reservations are told apart from those of the configuration', async () => {
  const seen: number[] = [];
  const edge = newEdge({ deps: { onHostsChanged: ({ epoch }) => void seen.push(epoch) } });
  await edge.backend.start();
  assert.equal(seen.length, 1);
  await database.pool.query(
    "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES (x'010203040506', 0, 1)",
  );
  assert.equal((await edge.backend.pull()).outcome, 'unchanged');
  assert.equal(seen.length, 2);
  assert.equal(seen[1], seen[0]! + 1);
  await edge.backend.pull();
  assert.equal(seen.length, 2);
});

test('an edge holds one connection, reports that it stops, and lets go of everything', async () => {
  const states: string[] = [];
  const edge = newEdge({ deps: { report: async (_connection, { state }) => void states.push(state) } });
  await edge.backend.start();
  await Promise.all([edge.backend.pull(), edge.backend.pull(), edge.backend.compare()]);
  const [rows] = await database.pool.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()',
  );
  const ours = Number(rows[0]!['n']);
  await edge.stop();
  assert.equal(states.at(-1), 'stopped');
  assert.equal(edge.nextTimer(), undefined);
  assert.equal((await edge.backend.pull()).outcome, 'failed');
  const idle = (database.pool.pool as unknown as { _allConnections: { length: number } })._allConnections
    .length;
  assert.ok(ours <= idle, 'besides the test itself, one');
});

test('a poll that hangs does not hold up the end', async () => {
  const edge = newEdge({
    deps: {
      apply: () => new Promise(() => undefined),
    },
  });
  void edge.backend.start();
  const stopped = edge.backend.stop();
  edge.advance(2_000);
  await stopped;
});

test('the full comparison is scheduled once an hour, at a minute of the edge’s own, and ends with it', async () => {
  const nameOf = (instance: string): string => `compare-${instance}`;
  const names = (): unknown[] => [...cron.getTasks().values()].map(({ name }) => name);
  const edge = newEdge({ comparisonMinute: 17 });
  await edge.backend.start();
  assert.ok(names().includes(nameOf('edge-1')));
  await edge.stop();
  assert.ok(!names().includes(nameOf('edge-1')));
});

test('a password never reaches the log or the reports', async () => {
  const texts: string[] = [];
  const note = (_id: string, text: string): void => void texts.push(text);
  const edge = createConfigEdge(
    { ...database.address, user: 'nobody-here', password: 'hunter2secret' },
    {
      stateDirectory,
      deps: { log: { error: note, warn: note, info: note, debug: note, debugEnabled: true } },
    },
  );
  edges.push(edge);
  await edge.backend.start();
  assert.ok(texts.length > 0 && edge.backend.status().lastError !== null);
  assert.ok(!JSON.stringify([texts, edge.backend.status()]).includes('hunter2secret'));
});
