// Edges report themselves; the fleet table, the change log and the command read it back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import type { FlotillaError } from '../../src/errors.ts';
import { changedColumns, readChanges } from '../../src/fleet/change-log.ts';
import { createEdgeReporter } from '../../src/fleet/fleet-server.ts';
import { readFleet } from '../../src/fleet/status.ts';
import { fleetCommand } from '../../src/tools/fleet.ts';
import { createConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const identity = { family: 4, tag: 'east', version: '0.1.0', address: '192.0.2.9' } as const;

test('an edge shows its epoch, how far behind it is, its state and its clock', async () => {
  const report = createEdgeReporter(
    { ...identity, instance: 'east-1' },
    { clock: { now: () => Date.now() + 5_000 } },
  );
  const edge = createConfigEdge(database.address, { instance: 'east-1', deps: { report } });
  await edge.backend.start();
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24')");
  await database.pool.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1)');
  const [behind] = await readFleet(database.pool);
  assert.equal(behind!.instance, 'east-1');
  assert.equal(behind!.state, 'serving');
  assert.equal(behind!.lag, 2);
  assert.equal(behind!.configHash, 'HASH');
  assert.ok(Math.abs(behind!.clockSkewMs! - 5_000) < 1_000, `skew ${behind!.clockSkewMs}`);
  assert.ok(behind!.secondsSilent < 5);
  await edge.backend.pull();
  const [level] = await readFleet(database.pool);
  assert.equal(level!.lag, 0);
  assert.equal(level!.appliedEpoch, behind!.appliedEpoch! + 2);
  await edge.stop();
  const [gone] = await readFleet(database.pool);
  assert.equal(gone!.state, 'stopped');
  assert.equal(gone!.startedAt, behind!.startedAt, 'started once');
});

test('a new run of the same edge has a new start', async () => {
  await database.pool.query("UPDATE fleet_server SET started_at = '2020-01-01'");
  const connection = await database.pool.getConnection();
  const report = createEdgeReporter(
    { ...identity, instance: 'east-1' },
    { clock: { now: () => Date.now() } },
  );
  const state = { state: 'starting', applied: null, configHash: null, lastError: 'x'.repeat(5_000) } as const;
  await report(connection, state);
  const [edge] = await readFleet(connection);
  assert.doesNotMatch(edge!.startedAt, /^2020/);
  assert.equal(edge!.lag, null);
  assert.equal(edge!.lastError?.length, 1_000);
  await database.pool.query("UPDATE fleet_server SET started_at = '2020-01-01'");
  await report(connection, state);
  assert.match((await readFleet(connection))[0]!.startedAt, /^2020/);
  connection.release();
});

test('an epoch of another log has no lag that could be told', async () => {
  const connection = await database.pool.getConnection();
  const report = createEdgeReporter({ ...identity, instance: 'lost' }, { clock: { now: () => Date.now() } });
  await report(connection, {
    state: 'serving',
    applied: { epoch: 1, token: 'other' },
    configHash: null,
    lastError: null,
  });
  const lost = (await readFleet(connection)).find(({ instance }) => instance === 'lost');
  assert.equal(lost!.lag, null);
  connection.release();
});

test('the change log tells who changed which columns, newest first', async () => {
  const connection = await database.pool.getConnection();
  await connection.query(
    "SET @fleet_actor = 'Ada'; UPDATE dhcp4_subnet SET valid_lifetime = 60 WHERE subnet_id = 1",
  );
  await connection.query('SET @fleet_actor = NULL');
  const [[me]] = (await connection.query<RowDataPacket[]>('SELECT USER() AS me')) as unknown as [
    [RowDataPacket],
  ];
  const [change, earlier] = await readChanges(connection, { scope: 'config4', limit: 2 });
  connection.release();
  assert.equal(change!.table, 'dhcp4_subnet');
  assert.equal(change!.key, '1');
  assert.equal(change!.operation, 'update');
  assert.equal(change!.user, me['me']);
  assert.equal(change!.actor, 'Ada');
  assert.ok(changedColumns(change!).includes('valid_lifetime: null → 60'), changedColumns(change!).join());
  assert.equal(earlier!.epoch, change!.epoch - 1);
  const only = await readChanges(database.pool, {
    table: 'dhcp4_subnet',
    after: change!.epoch - 1,
    limit: 9,
  });

  test('a time of modification that moved along is not told beside what was changed', () => {
    const before = { valid_lifetime: null, modification_ts: '2026-01-01 00:00:00' };
    const after = { valid_lifetime: 60, modification_ts: '2026-01-01 00:00:01' };
    assert.deepEqual(changedColumns({ before, after }), ['valid_lifetime: null → 60']);
    assert.equal(changedColumns({ before, after: { ...after, valid_lifetime: null } }).length, 1);
  });
  assert.deepEqual(
    only.map(({ epoch }) => epoch),
    [change!.epoch],
  );
});

async function runCommand(...words: readonly string[]): Promise<string> {
  const written: string[] = [];
  const command = fleetCommand({
    write: (text) => void written.push(text),
    environment: { DATABASE_URL: database.url },
  });
  await command.parseAsync(words, { from: 'user' });
  return written.join('\n');
}

test('flotilla fleet prints tables and JSON', async () => {
  const status = (await runCommand('status')).split('\n');
  assert.match(status[0]!, /^edge +family +tag +address +version +state +epoch +behind/);
  assert.match(status[2]!, /^east-1 +v4 +east +192\.0\.2\.9 +0\.1\.0 +starting +- +- /);
  const edges = JSON.parse(await runCommand('status', '--json')) as { instance: string }[];
  assert.deepEqual(
    edges.map(({ instance }) => instance),
    ['east-1', 'lost'],
  );
  const changes = await runCommand('changes', '--table', 'dhcp4_subnet', '--limit', '1');
  assert.match(changes, /for Ada +update +dhcp4_subnet +1 +.*valid_lifetime: null → 60/);
  await database.pool
    .query(`INSERT INTO fleet_rejection (instance, family, object_type, object_key, reason, epoch,
    last_good_kept, first_seen, last_seen) VALUES ('east-1', 4, 'subnet', '7', 'two\nlines', 1, 1, NOW(), NOW())`);
  assert.match(await runCommand('rejections'), /^east-1 +v4 +subnet 7 +last good version .* two lines$/m);
});

test('flotilla fleet says what is missing: a database address, the tables, the server', async () => {
  const failure = (url?: string): Promise<FlotillaError> =>
    fleetCommand({ write: () => undefined, environment: { DATABASE_URL: url } })
      .parseAsync(['status'], { from: 'user' })
      .then(
        () => assert.fail('it did not fail'),
        (error: unknown) => error as FlotillaError,
      );
  assert.equal((await failure()).code, 'USAGE');
  const empty = await createTestDatabase({ empty: true });
  assert.equal((await failure(empty.url)).code, 'DATABASE_SCHEMA');
  await empty.drop();
  assert.equal((await failure('mysql://root@127.0.0.1:1/x')).code, 'DATABASE_UNREACHABLE');
});
