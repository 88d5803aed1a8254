// The same machinery follows DHCPv6: what only it has (prefix pools and their options) reaches the edge too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let edge: ConfigEdge;
before(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (1, '2001:db8:1::/48'), (2, '2001:db8:2::/48');
    INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1);
    INSERT INTO dhcp6_pool (id, start_address, end_address, subnet_id) VALUES (1, '2001:db8:1::1', '2001:db8:1::9', 1);
    INSERT INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix_length)
      VALUES (1, '2001:db8:1:8000::', 49, 64, 1, 0);
    INSERT INTO dhcp6_options (option_id, code, formatted_value, space, scope_id, pd_pool_id)
      VALUES (1, 23, '2001:db8::1', 'dhcp6', 6, 1)`);
  edge = createConfigEdge(database.address, { family: 6 });
  await edge.backend.start();
});
after(async () => {
  await edge.stop();
  await database.drop();
});

const pool = (key: 'pools' | 'pd-pools'): Record<string, unknown> =>
  (edge.subnet(1)?.[key] as Record<string, unknown>[])[0]!;

for (const { what, sql, seen } of [
  {
    what: 'a pool',
    sql: "UPDATE dhcp6_pool SET end_address = '2001:db8:1::ff'",
    seen: () => assert.equal(pool('pools').pool, '2001:db8:1::1 - 2001:db8:1::ff'),
  },
  {
    what: 'a prefix pool',
    sql: 'UPDATE dhcp6_pd_pool SET delegated_prefix_length = 60',
    seen: () => assert.equal(pool('pd-pools')['delegated-len'], 60),
  },
  {
    what: 'an option of a prefix pool',
    sql: "UPDATE dhcp6_options SET formatted_value = '2001:db8::2'",
    seen: () => assert.equal((pool('pd-pools')['option-data'] as { data: string }[])[0]!.data, '2001:db8::2'),
  },
  {
    what: 'a lifetime, with the automatic modification_ts of this one table',
    sql: 'UPDATE dhcp6_subnet SET preferred_lifetime = 99 WHERE subnet_id = 1',
    seen: () => assert.equal(edge.subnet(1)?.['preferred-lifetime'], 99),
  },
] as const) {
  test(`${what} changed alone reaches the edge, and the other subnet stays the same object`, async () => {
    const other = edge.inForce().subnets[1];
    await database.pool.query(sql);
    assert.equal((await edge.backend.pull()).outcome, 'applied');
    seen();
    assert.equal(edge.inForce().subnets[1], other);
  });
}

test('a change of the other family is none of ours', async () => {
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.0.0/24')");
  assert.equal((await edge.backend.pull()).outcome, 'unchanged');
});
