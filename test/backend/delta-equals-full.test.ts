// Whatever is edited, in whatever order: following the log gives exactly what a fresh full fetch gives.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { ConfigParts } from '../../src/config/parts.ts';
import type { PoolConnection } from 'mysql2/promise';
import { fetchConfig } from '../../src/backend/fetch.ts';
import type { Fetched } from '../../src/backend/fetched.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let connection: PoolConnection;
before(async () => {
  database = await createTestDatabase();
  connection = await database.pool.getConnection();
  await connection.query(`
    INSERT INTO dhcp4_server (id, tag, description) VALUES (2, 'east', ''), (3, 'west', '');
    INSERT INTO dhcp4_shared_network (id, name) VALUES (1, 'net1'), (2, 'net2');
    INSERT INTO dhcp4_shared_network_server (shared_network_id, server_id) VALUES (1, 1), (2, 2)`);
  for (let id = 1; id <= 6; id++) await connection.query(addSubnet(id));
});
after(async () => {
  connection.release();
  await database.drop();
});

const addSubnet = (id: number): string =>
  `INSERT IGNORE INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (${id}, '10.0.${id}.0/24');
   INSERT IGNORE INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (${id}, ${1 + (id % 3)});
   INSERT IGNORE INTO dhcp4_pool (id, start_address, end_address, subnet_id)
     VALUES (${id}, INET_ATON('10.0.${id}.10'), INET_ATON('10.0.${id}.99'), ${id})`;

/** Plain SQL on one of six subnets and what hangs on it; `n` is any small number. */
const edits: readonly ((id: number, n: number) => string)[] = [
  (id, n) => `UPDATE dhcp4_subnet SET valid_lifetime = ${n} WHERE subnet_id = ${id}`,
  (id, n) =>
    `UPDATE dhcp4_subnet SET shared_network_name = ${n % 3 ? `'net${n % 3}'` : 'NULL'} WHERE subnet_id = ${id}`,
  (id) => `DELETE FROM dhcp4_subnet WHERE subnet_id = ${id}`,
  (id) => addSubnet(id),
  (id, n) => `UPDATE dhcp4_pool SET end_address = end_address + ${n} WHERE subnet_id = ${id}`,
  (id, n) => `UPDATE IGNORE dhcp4_pool SET subnet_id = ${(n % 6) + 1} WHERE id = ${id}`,
  (id) => `DELETE FROM dhcp4_pool WHERE id = ${id}`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp4_options (code, formatted_value, space, scope_id, dhcp4_subnet_id) VALUES (${(n % 200) + 1}, 'x', 'dhcp4', 1, ${id})`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp4_options (code, formatted_value, space, scope_id, pool_id) VALUES (${(n % 200) + 1}, 'p', 'dhcp4', 5, ${id})`,
  (_id, n) =>
    `INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, shared_network_name) SELECT ${(n % 200) + 1}, 'n', 'dhcp4', 4, name FROM dhcp4_shared_network LIMIT 1`,
  (_id, n) => `UPDATE dhcp4_options SET formatted_value = 'v${n}' ORDER BY option_id LIMIT 2`,
  (_id, n) =>
    `UPDATE dhcp4_options SET pool_id = NULL, scope_id = 1, dhcp4_subnet_id = (SELECT MIN(subnet_id) FROM dhcp4_subnet) WHERE scope_id = 5 ORDER BY option_id LIMIT ${(n % 2) + 1}`,
  () => 'DELETE FROM dhcp4_options ORDER BY option_id LIMIT 1',
  (id, n) => `DELETE FROM dhcp4_subnet_server WHERE subnet_id = ${id} AND server_id = ${(n % 3) + 1}`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp4_subnet_server (subnet_id, server_id) SELECT ${id}, ${(n % 3) + 1} FROM dhcp4_subnet WHERE subnet_id = ${id}`,
  (_id, n) => `UPDATE dhcp4_shared_network SET renew_timer = ${n} WHERE id = ${(n % 2) + 1}`,
  (_id, n) => `UPDATE dhcp4_shared_network SET name = 'renamed${n}' WHERE id = 2 AND ${n % 2} = 0`,
  (_id, n) => `UPDATE dhcp4_shared_network SET name = 'net2' WHERE id = 2 AND ${n % 2} = 1`,
  (_id, n) =>
    `INSERT INTO dhcp4_global_parameter (name, value, parameter_type) VALUES ('valid-lifetime', '${n}', 0);
     INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  () => 'DELETE FROM dhcp4_global_parameter ORDER BY id LIMIT 1',
  (_id, n) =>
    `INSERT IGNORE INTO dhcp4_client_class (name, test) VALUES ('class${n % 4}', 'option[${n}].exists');
     INSERT IGNORE INTO dhcp4_client_class_server (class_id, server_id) SELECT MAX(id), 1 FROM dhcp4_client_class`,
  (_id, n) => `UPDATE dhcp4_client_class SET test = 'option[${n}].exists' ORDER BY id LIMIT 1`,
  () => 'DELETE FROM dhcp4_client_class ORDER BY id LIMIT 1',
  (_id, n) =>
    `INSERT INTO dhcp4_option_def (code, name, space, type, is_array, encapsulate) VALUES (${(n % 30) + 224}, 'def${n}', 'dhcp4', 8, 0, '');
     INSERT INTO dhcp4_option_def_server (option_def_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  () => 'DELETE FROM dhcp4_option_def ORDER BY id LIMIT 1',
  (_id, n) =>
    `INSERT INTO dhcp4_options (code, formatted_value, space, scope_id, client_classes) VALUES (${(n % 9) + 1}, 'g${n}', 'dhcp4', 0, '[ ]');
     INSERT INTO dhcp4_options_server (option_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  (_id, n) =>
    `UPDATE dhcp4_options SET formatted_value = 'h${n}' WHERE scope_id = 0 ORDER BY option_id DESC LIMIT 1`,
  ...[
    'dhcp4_options_server',
    'dhcp4_option_def_server',
    'dhcp4_global_parameter_server',
    'dhcp4_client_class_server',
    'dhcp4_shared_network_server',
  ].flatMap((table) => [
    (_id: number, n: number) => `UPDATE IGNORE ${table} SET server_id = ${(n % 3) + 1} LIMIT 2`,
    (_id: number, n: number) => `DELETE FROM ${table} WHERE server_id = ${(n % 3) + 1} LIMIT 1`,
  ]),
  (_id, n) =>
    `INSERT IGNORE INTO dhcp4_shared_network_server (shared_network_id, server_id) VALUES (${(n % 2) + 1}, ${(n % 3) + 1})`,
];

const duplicateKey = 1062;
const missingParent = 1452;

async function runAsTransaction(sql: readonly string[]): Promise<void> {
  await connection.query('START TRANSACTION');
  for (const text of sql) {
    try {
      await connection.query(text);
    } catch (error) {
      // Some random edits are against a key; what the transaction did before stays.
      const { errno } = error as { readonly errno?: number };
      if (errno !== duplicateKey && errno !== missingParent) throw error;
    }
  }
  await connection.query('COMMIT');
}

const transactions = fc.array(
  fc.array(
    fc
      .tuple(fc.nat(edits.length - 1), fc.integer({ min: 1, max: 6 }), fc.nat(500))
      .map(([kind, id, n]) => edits[kind]!(id, n)),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 4 },
);

test('after every poll what was followed equals what is there, for an edge with a tag and one without', async () => {
  const targets = [
    { family: 4, serverTag: '' },
    { family: 4, serverTag: 'east' },
  ] as const;
  const followed: Fetched[] = [];
  for (const target of targets) followed.push((await fetchConfig(connection, target, null)).fetched);
  let deltas = 0;
  await fc.assert(
    fc.asyncProperty(transactions, async (history) => {
      for (const sql of history) await runAsTransaction(sql);
      for (const [index, target] of targets.entries()) {
        const before = followed[index]!;
        const result = await fetchConfig(connection, target, before);
        const fresh = (await fetchConfig(connection, target, null)).fetched;
        followed[index] = result.fetched;
        assert.notEqual(result.how, 'everything', result.reason);
        if (result.how === 'changes') deltas++;
        assert.deepEqual(comparable(result.fetched.parts), comparable(fresh.parts));
        assert.deepEqual(namesOf(result.fetched), namesOf(fresh));
        for (const object of result.fetched.parts.subnets) {
          const old = before.parts.subnets.find(({ json }) => json.id === object.json.id);
          if (old !== undefined && old !== object)
            assert.notDeepEqual(old.json, object.json, 'identity is kept');
        }
      }
    }),
    { numRuns: 80, endOnFailure: true },
  );
  assert.ok(deltas > 60, `${deltas} deltas were taken`);
});

const namesOf = ({ unassigned }: Fetched): string[] =>
  unassigned
    .map(({ objectType, objectKey, origin }) => JSON.stringify([objectType, objectKey, origin]))
    .sort();

/** The parts with the rows of their globals in place of the function that tells them. */
function comparable({ originOfGlobal, ...parts }: ConfigParts) {
  return { ...parts, rows: Object.keys(parts.globals).map((key) => originOfGlobal?.([key])) };
}
