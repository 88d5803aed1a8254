// The least an edge's database account needs, and what happens with less.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { createEdgeReporter } from '../../src/fleet/fleet-server.ts';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let name: string;
let user: string;
before(async () => {
  database = await createTestDatabase();
  name = database.address.database;
  user = `edge_${name.slice(-8)}`;
  await database.pool.query(`
    CREATE USER '${user}'@'localhost' IDENTIFIED BY '';
    GRANT SELECT ON \`${name}\`.* TO '${user}'@'localhost';
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1)`);
});
after(async () => {
  await database.pool.query(`DROP USER '${user}'@'localhost'`);
  await database.drop();
});

function newEdge(): ConfigEdge {
  const identity = { instance: 'edge-1', family: 4, tag: '', version: '0.1.0', address: 'here' } as const;
  return createConfigEdge(
    { ...database.address, user, password: '' },
    { deps: { report: createEdgeReporter(identity, { clock: { now: () => Date.now() } }) } },
  );
}

test('an account that may only read follows the configuration; what it cannot do is said', async () => {
  const edge = newEdge();
  assert.equal(await edge.backend.start(), 'database');
  await edge.backend.pull();
  assert.equal(edge.subnet(1)?.subnet, '10.0.1.0/24');
  assert.equal(edge.logged.filter((id) => id === 'FLOTILLA_TRUNCATE_UNDETECTED').length, 1, 'said once');
  assert.ok(edge.logged.includes('FLOTILLA_EDGE_REPORT_FAIL'));
  assert.equal(edge.backend.status().state, 'serving');
  await edge.stop();
});

test('with the two fleet tables and the truncate check granted, nothing is missing', async () => {
  await database.pool.query(`
    GRANT INSERT, UPDATE, DELETE ON \`${name}\`.fleet_server TO '${user}'@'localhost';
    GRANT INSERT, UPDATE, DELETE ON \`${name}\`.fleet_rejection TO '${user}'@'localhost';
    GRANT EXECUTE ON PROCEDURE \`${name}\`.fleet_detect_truncate TO '${user}'@'localhost'`);
  const edge = newEdge();
  await edge.backend.start();
  assert.deepEqual(edge.logged, ['FLOTILLA_CONFIG_APPLIED']);
  await database.pool.query('TRUNCATE TABLE dhcp4_subnet_server');
  assert.equal((await edge.backend.pull()).outcome, 'applied');
  assert.equal(edge.subnet(1), undefined);
  const [rows] = await database.pool.query<RowDataPacket[]>('SELECT object_key FROM fleet_rejection');
  assert.deepEqual(
    rows.map((row) => row['object_key'] as unknown),
    ['1'],
  );
  await edge.stop();
});
