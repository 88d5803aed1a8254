// Which edge gets which object: server tags, `all`, unknown tags, and objects that nobody gets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fetchConfig, type FetchResult } from '../../src/backend/fetch.ts';
import type { WrittenObject } from '../../src/config/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    INSERT INTO dhcp4_server (id, tag, description) VALUES (2, 'east', ''), (3, 'west', '');
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES
      (1, '10.1.0.0/24'), (2, '10.2.0.0/24'), (3, '10.3.0.0/24'), (4, '10.4.0.0/24'), (5, '10.5.0.0/24');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 2), (3, 3), (4, 2), (4, 3);
    INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES
      (1, 'valid-lifetime', '20', 0), (2, 'valid-lifetime', '10', 0), (3, 'renew-timer', '5', 0), (4, 'rebind-timer', '9', 0);
    INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (1, 2), (2, 1), (3, 1);
    INSERT INTO dhcp4_options (option_id, code, formatted_value, space, scope_id, client_classes) VALUES
      (1, 6, '10.0.0.2', 'dhcp4', 0, '[ ]'), (2, 6, '10.0.0.1', 'dhcp4', 0, '[ ]'),
      (3, 6, '10.0.0.3', 'dhcp4', 0, '[ "phones" ]'), (4, 15, 'nobody', 'dhcp4', 0, '[ ]');
    INSERT INTO dhcp4_options_server (option_id, server_id) VALUES (1, 2), (2, 1), (3, 1);
    INSERT INTO dhcp4_option_def (id, code, name, space, type, is_array, encapsulate) VALUES
      (1, 222, 'ours', 'dhcp4', 8, 0, ''), (2, 222, 'everyones', 'dhcp4', 8, 0, '');
    INSERT INTO dhcp4_option_def_server (option_def_id, server_id) VALUES (1, 2), (2, 1)`);
});
after(() => database.drop());

async function fetchAs(serverTag: string): Promise<FetchResult> {
  const connection = await database.pool.getConnection();
  try {
    return await fetchConfig(connection, { family: 4, serverTag }, null);
  } finally {
    connection.release();
  }
}

const ids = (objects: readonly WrittenObject[]): unknown[] => objects.map(({ json }) => json.id);

test('a tag gets its own objects and those of all', async () => {
  const { parts } = (await fetchAs('east')).fetched;
  assert.deepEqual(ids(parts.subnets), [1, 2, 4]);
});

test('the tag of a server is compared without regard to case', async () => {
  assert.deepEqual(ids((await fetchAs('EAST')).fetched.parts.subnets), [1, 2, 4]);
});

test('no tag, the tag all and an unknown tag get what is linked to all', async () => {
  for (const tag of ['', 'all', 'nowhere']) {
    const { parts } = (await fetchAs(tag)).fetched;
    assert.deepEqual(ids(parts.subnets), [1], `tag '${tag}'`);
    assert.equal(parts.globals['valid-lifetime'], 10);
  }
});

test("a server's own global parameter, option and definition win over those of all, whatever the row order", async () => {
  const { parts } = (await fetchAs('east')).fetched;
  assert.deepEqual(parts.globals, { 'valid-lifetime': 20, 'renew-timer': 5 });
  assert.deepEqual(
    parts.options.map(({ json }) => [json.data, json['client-classes']]),
    [
      ['10.0.0.2', undefined],
      ['10.0.0.3', ['phones']],
    ],
  );
  assert.deepEqual(
    parts.optionDefs.map(({ json }) => json.name),
    ['ours'],
  );
});

test('objects without a server link are served to nobody and reported with the table to add to', async () => {
  const { unassigned } = (await fetchAs('east')).fetched;
  assert.deepEqual(
    unassigned.map(({ objectType, objectKey, reason }) => [objectType, objectKey, reason.split(' ').at(-1)]),
    [
      ['global', 'rebind-timer', 'dhcp4_global_parameter_server'],
      ['option', 'dhcp4.15', 'dhcp4_options_server'],
      ['subnet', '5', 'dhcp4_subnet_server'],
    ],
  );
});

test('a server that appears, or changes its tag, gives the edge of that tag its objects', async () => {
  const connection = await database.pool.getConnection();
  const first = await fetchConfig(connection, { family: 4, serverTag: 'north' }, null);
  assert.deepEqual(ids(first.fetched.parts.subnets), [1]);
  await connection.query("UPDATE dhcp4_server SET tag = 'north' WHERE tag = 'west'");
  const second = await fetchConfig(connection, { family: 4, serverTag: 'north' }, first.fetched);
  connection.release();
  assert.deepEqual(ids(second.fetched.parts.subnets), [1, 3, 4]);
  assert.equal(second.fetched.parts.subnets[0], first.fetched.parts.subnets[0], 'what it had is shared');
});
