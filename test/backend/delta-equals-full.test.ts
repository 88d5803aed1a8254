// Whatever is edited, in whatever order: following the log gives exactly what a fresh full fetch gives.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '../../src/addr/family.ts';
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
});
after(async () => {
  connection.release();
  await database.drop();
});

/** Plain SQL on one of six subnets and what hangs on it; `n` is any small number. */
type Edit = (id: number, n: number) => string;

/** What the two protocols write differently: prefixes, and addresses, which DHCPv6 keeps as text. */
const spellings = {
  4: {
    prefix: (id: number) => `10.0.${id}.0/24`,
    address: (id: number, n: number) => `INET_ATON('10.0.${id}.${n % 256}')`,
  },
  6: {
    prefix: (id: number) => `2001:db8:${id}::/48`,
    address: (id: number, n: number) => `'2001:db8:${id}::${n.toString(16)}'`,
  },
} as const;

function addSubnet(family: Family, id: number): string {
  const { prefix, address } = spellings[family];
  return `INSERT IGNORE INTO dhcp${family}_subnet (subnet_id, subnet_prefix) VALUES (${id}, '${prefix(id)}');
   INSERT IGNORE INTO dhcp${family}_subnet_server (subnet_id, server_id) VALUES (${id}, ${1 + (id % 3)});
   INSERT IGNORE INTO dhcp${family}_pool (id, start_address, end_address, subnet_id)
     VALUES (${id}, ${address(id, 10)}, ${address(id, 99)}, ${id})${family === 4 ? '' : `; ${addPdPool(id)}`}`;
}

const addPdPool = (id: number): string =>
  `INSERT IGNORE INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix_length)
     VALUES (${id}, '2001:db9:${id}::', 48, 56, ${id}, 0)`;

/** Prefix pools and their options, which only DHCPv6 has. */
const edits6: readonly Edit[] = [
  (id) => addPdPool(id),
  (id, n) => `UPDATE dhcp6_pd_pool SET delegated_prefix_length = ${48 + (n % 17)} WHERE subnet_id = ${id}`,
  (id, n) => `UPDATE IGNORE dhcp6_pd_pool SET subnet_id = ${(n % 6) + 1} WHERE id = ${id}`,
  (id) => `DELETE FROM dhcp6_pd_pool WHERE id = ${id}`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp6_options (code, formatted_value, space, scope_id, pd_pool_id) VALUES (${(n % 200) + 1}, 'pd', 'dhcp6', 6, ${id})`,
  (_id, n) =>
    `UPDATE dhcp6_options SET pd_pool_id = NULL, scope_id = 1, dhcp6_subnet_id = (SELECT MIN(subnet_id) FROM dhcp6_subnet) WHERE scope_id = 6 ORDER BY option_id LIMIT ${(n % 2) + 1}`,
  (id, n) =>
    `UPDATE dhcp6_subnet SET rapid_commit = ${n % 2}, interface_id = 'vlan${n}' WHERE subnet_id = ${id}`,
];

const editsOf = (family: Family): readonly Edit[] => [
  ...(family === 4 ? [] : edits6),
  (id, n) => `UPDATE dhcp${family}_subnet SET valid_lifetime = ${n} WHERE subnet_id = ${id}`,
  (id, n) =>
    `UPDATE dhcp${family}_subnet SET shared_network_name = ${n % 3 ? `'net${n % 3}'` : 'NULL'} WHERE subnet_id = ${id}`,
  (id) => `DELETE FROM dhcp${family}_subnet WHERE subnet_id = ${id}`,
  (id) => addSubnet(family, id),
  (id, n) =>
    `UPDATE dhcp${family}_pool SET end_address = ${spellings[family].address(id, 100 + (n % 150))} WHERE subnet_id = ${id}`,
  (id, n) => `UPDATE IGNORE dhcp${family}_pool SET subnet_id = ${(n % 6) + 1} WHERE id = ${id}`,
  (id) => `DELETE FROM dhcp${family}_pool WHERE id = ${id}`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp${family}_options (code, formatted_value, space, scope_id, dhcp${family}_subnet_id) VALUES (${(n % 200) + 1}, 'x', 'dhcp${family}', 1, ${id})`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp${family}_options (code, formatted_value, space, scope_id, pool_id) VALUES (${(n % 200) + 1}, 'p', 'dhcp${family}', 5, ${id})`,
  (_id, n) =>
    `INSERT INTO dhcp${family}_options (code, formatted_value, space, scope_id, shared_network_name) SELECT ${(n % 200) + 1}, 'n', 'dhcp${family}', 4, name FROM dhcp${family}_shared_network LIMIT 1`,
  (_id, n) => `UPDATE dhcp${family}_options SET formatted_value = 'v${n}' ORDER BY option_id LIMIT 2`,
  (_id, n) =>
    `UPDATE dhcp${family}_options SET pool_id = NULL, scope_id = 1, dhcp${family}_subnet_id = (SELECT MIN(subnet_id) FROM dhcp${family}_subnet) WHERE scope_id = 5 ORDER BY option_id LIMIT ${(n % 2) + 1}`,
  () => `DELETE FROM dhcp${family}_options ORDER BY option_id LIMIT 1`,
  (id, n) => `DELETE FROM dhcp${family}_subnet_server WHERE subnet_id = ${id} AND server_id = ${(n % 3) + 1}`,
  (id, n) =>
    `INSERT IGNORE INTO dhcp${family}_subnet_server (subnet_id, server_id) SELECT ${id}, ${(n % 3) + 1} FROM dhcp${family}_subnet WHERE subnet_id = ${id}`,
  (_id, n) => `UPDATE dhcp${family}_shared_network SET renew_timer = ${n} WHERE id = ${(n % 2) + 1}`,
  (_id, n) => `UPDATE dhcp${family}_shared_network SET name = 'renamed${n}' WHERE id = 2 AND ${n % 2} = 0`,
  (_id, n) => `UPDATE dhcp${family}_shared_network SET name = 'net2' WHERE id = 2 AND ${n % 2} = 1`,
  (_id, n) =>
    `INSERT INTO dhcp${family}_global_parameter (name, value, parameter_type) VALUES ('valid-lifetime', '${n}', 0);
     INSERT INTO dhcp${family}_global_parameter_server (parameter_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  () => `DELETE FROM dhcp${family}_global_parameter ORDER BY id LIMIT 1`,
  (_id, n) =>
    `INSERT IGNORE INTO dhcp${family}_client_class (name, test) VALUES ('class${n % 4}', 'option[${n}].exists');
     INSERT IGNORE INTO dhcp${family}_client_class_server (class_id, server_id) SELECT MAX(id), 1 FROM dhcp${family}_client_class`,
  (_id, n) => `UPDATE dhcp${family}_client_class SET test = 'option[${n}].exists' ORDER BY id LIMIT 1`,
  () => `DELETE FROM dhcp${family}_client_class ORDER BY id LIMIT 1`,
  (_id, n) =>
    `INSERT INTO dhcp${family}_option_def (code, name, space, type, is_array, encapsulate) VALUES (${(n % 30) + 224}, 'def${n}', 'dhcp${family}', 8, 0, '');
     INSERT INTO dhcp${family}_option_def_server (option_def_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  () => `DELETE FROM dhcp${family}_option_def ORDER BY id LIMIT 1`,
  (_id, n) =>
    `INSERT INTO dhcp${family}_options (code, formatted_value, space, scope_id, client_classes) VALUES (${(n % 9) + 1}, 'g${n}', 'dhcp${family}', 0, '[ ]');
     INSERT INTO dhcp${family}_options_server (option_id, server_id) VALUES (LAST_INSERT_ID(), ${(n % 3) + 1})`,
  (_id, n) =>
    `UPDATE dhcp${family}_options SET formatted_value = 'h${n}' WHERE scope_id = 0 ORDER BY option_id DESC LIMIT 1`,
  ...['options', 'option_def', 'global_parameter', 'client_class', 'shared_network']
    .map((name) => `dhcp${family}_${name}_server`)
    .flatMap((table) => [
      (_id: number, n: number) => `UPDATE IGNORE ${table} SET server_id = ${(n % 3) + 1} LIMIT 2`,
      (_id: number, n: number) => `DELETE FROM ${table} WHERE server_id = ${(n % 3) + 1} LIMIT 1`,
    ]),
  (_id, n) =>
    `INSERT IGNORE INTO dhcp${family}_shared_network_server (shared_network_id, server_id) VALUES (${(n % 2) + 1}, ${(n % 3) + 1})`,
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

const transactionsOf = (edits: readonly Edit[]): fc.Arbitrary<string[][]> =>
  fc.array(
    fc.array(
      fc
        .tuple(fc.nat(edits.length - 1), fc.integer({ min: 1, max: 6 }), fc.nat(500))
        .map(([kind, id, n]) => edits[kind]!(id, n)),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 1, maxLength: 4 },
  );

for (const family of [4, 6] as const)
  test(`DHCPv${family}: after every poll what was followed equals what is there, with a server tag and without`, async () => {
    const table = (name: string): string => `dhcp${family}_${name}`;
    await connection.query(`
    INSERT INTO ${table('server')} (id, tag, description) VALUES (2, 'east', ''), (3, 'west', '');
    INSERT INTO ${table('shared_network')} (id, name) VALUES (1, 'net1'), (2, 'net2');
    INSERT INTO ${table('shared_network_server')} (shared_network_id, server_id) VALUES (1, 1), (2, 2)`);
    for (let id = 1; id <= 6; id++) await connection.query(addSubnet(family, id));
    const targets = [
      { family, serverTag: '' },
      { family, serverTag: 'east' },
    ] as const;
    const followed: Fetched[] = [];
    for (const target of targets) followed.push((await fetchConfig(connection, target, null)).fetched);
    let deltas = 0;
    await fc.assert(
      fc.asyncProperty(transactionsOf(editsOf(family)), async (history) => {
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
