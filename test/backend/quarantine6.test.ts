// Bad rows of what only DHCPv6 has are set aside one by one, with the reason; fixing the row brings them back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { createConfigApplier } from '../../src/backend/apply.ts';
import { emptyParts } from '../../src/backend/fetched.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../../src/config/snapshot-holder.ts';
import type { Subnet } from '../../src/config/snapshot.ts';
import { silentLogger } from '../../src/log.ts';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let edge: ConfigEdge;
let holder: SnapshotHolder;
before(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    INSERT INTO dhcp6_shared_network (id, name) VALUES (1, 'floor');
    INSERT INTO dhcp6_shared_network_server (shared_network_id, server_id) VALUES (1, 1);
    INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, shared_network_name)
      VALUES (1, '2001:db8:1::/64', NULL), (2, '2001:db8:2::/64', 'floor'), (3, '2001:db8:3::/64', 'floor');
    INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1), (3, 1);
    INSERT INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix_length)
      VALUES (1, '2001:db8:8000::', 40, 56, 1, 0), (2, '2001:db9::', 40, 56, 1, 0);
    INSERT INTO dhcp6_options (option_id, code, formatted_value, space, scope_id, pd_pool_id)
      VALUES (1, 23, '2001:db8::1', 'dhcp6', 6, 2)`);
  const fileParts = emptyParts(6);
  const file = buildSnapshot(fileParts, null, { mode: 'strict', epoch: null });
  holder = createSnapshotHolder(file.snapshot, { onListenerError: (error) => assert.ifError(error) });
  const { apply, remember } = createConfigApplier({ file, fileParts }, { holder, log: silentLogger });
  edge = createConfigEdge(database.address, { family: 6, deps: { apply, remember } });
  await edge.backend.start();
});
after(async () => {
  await edge.stop();
  await database.drop();
});

const subnet = (id: number): Subnet => holder.current().subnets.get(id)!;

async function rejectedAfter(sql: string): Promise<string[]> {
  await database.pool.query(sql);
  await edge.backend.pull();
  const [rows] = await database.pool.query<RowDataPacket[]>(
    'SELECT object_type, object_key, reason, last_good_kept FROM fleet_rejection WHERE family = 6 ORDER BY 1, 2',
  );
  return rows.map(
    (row) =>
      `${String(row['object_type'])} ${String(row['object_key'])} ${row['last_good_kept'] === 1 ? 'kept' : 'out'}: ${String(row['reason'])}`,
  );
}

const cases: readonly (readonly [string, string, readonly string[], string])[] = [
  [
    'a prefix pool',
    'UPDATE dhcp6_pd_pool SET delegated_prefix_length = 30 WHERE id = 1',
    ['pd-pool 2001:db8:8000::/40 (subnet 1) kept: delegated-len 30 is shorter than prefix-len 40'],
    'UPDATE dhcp6_pd_pool SET delegated_prefix_length = 56 WHERE id = 1',
  ],
  [
    'an excluded prefix outside its pool',
    "UPDATE dhcp6_pd_pool SET excluded_prefix = '2001:dba::', excluded_prefix_length = 64 WHERE id = 1",
    [
      'pd-pool 2001:db8:8000::/40 (subnet 1) kept: the excluded prefix 2001:dba::/64 is not inside 2001:db8:8000::/56',
    ],
    'UPDATE dhcp6_pd_pool SET excluded_prefix = NULL, excluded_prefix_length = 0 WHERE id = 1',
  ],
  [
    'a prefix pool that overlaps one in force',
    "INSERT INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix_length) VALUES (3, '2001:db9:10::', 48, 56, 1, 0)",
    [
      'pd-pool 2001:db9:10::/48 (subnet 1) out: the prefix pool 2001:db9:10::/48 overlaps the prefix pool 2001:db9::/40',
    ],
    'DELETE FROM dhcp6_pd_pool WHERE id = 3',
  ],
  [
    'an option of a prefix pool',
    "UPDATE dhcp6_options SET formatted_value = 'here' WHERE option_id = 1",
    [
      "option dhcp6.23 (pd-pool 2001:db9::/40, subnet 1) kept: option dns-servers (dhcp6 23): 'here' is refused: ipv6-address takes an IPv6 address such as 2001:db8::1",
    ],
    "UPDATE dhcp6_options SET formatted_value = '2001:db8::1' WHERE option_id = 1",
  ],
  [
    'classes of a prefix pool that are no list',
    "UPDATE dhcp6_pd_pool SET client_classes = 'homes' WHERE id = 2",
    ['pd-pool 2001:db9::/40 (subnet 1) kept: client-classes must be a list [ ]'],
    'UPDATE dhcp6_pd_pool SET client_classes = NULL WHERE id = 2',
  ],
  [
    'subnets of one network that disagree on rapid-commit',
    'UPDATE dhcp6_subnet SET rapid_commit = 1 WHERE subnet_id = 3',
    [
      "subnet 3 kept: all subnets of the shared network 'floor' must agree on 'rapid-commit'; subnet 2 differs",
    ],
    'UPDATE dhcp6_subnet SET rapid_commit = NULL WHERE subnet_id = 3',
  ],
  [
    'a DUID that is none',
    "INSERT INTO dhcp6_global_parameter (id, name, value, parameter_type) VALUES (1, 'server-id.identifier', 'xyz', 4); INSERT INTO dhcp6_global_parameter_server (parameter_id, server_id) VALUES (1, 1)",
    ["global server-id out: identifier 'xyz' is not a string of hexadecimal digits"],
    'DELETE FROM dhcp6_global_parameter WHERE id = 1',
  ],
];
for (const [name, breakIt, reasons, fixIt] of cases) {
  test(`${name}: set aside alone, and in force again once it is fixed`, async () => {
    const pools = subnet(1).pdPools.length;
    const untouched = subnet(2);
    assert.deepEqual(await rejectedAfter(breakIt), reasons);
    assert.equal(subnet(1).pdPools.length, pools);
    assert.equal(subnet(1).pdPools[1]!.options.get('dhcp6')!.get(23)!.length, 1);
    assert.equal(subnet(2), untouched);
    assert.deepEqual(await rejectedAfter(fixIt), []);
  });
}
