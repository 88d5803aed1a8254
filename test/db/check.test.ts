// `flotilla db check` reports damage: each kind of it is done to a whole database and has to be named.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../support/database.ts';
import { runDatabaseTool } from './tool.ts';

const database = await createTestDatabase();
after(() => database.drop());

const damages = [
  {
    name: 'a dropped trigger',
    damage: 'DROP TRIGGER lease4_AINS',
    finding: /^trigger lease4_AINS: is missing$/m,
  },
  {
    name: 'an emptied trigger',
    damage:
      'DROP TRIGGER fleet_dhcp4_subnet_AINS; CREATE TRIGGER fleet_dhcp4_subnet_AINS AFTER INSERT ON dhcp4_subnet FOR EACH ROW SET @nothing = 1',
    finding: /^trigger fleet_dhcp4_subnet_AINS: was altered/m,
  },
  {
    name: 'a dropped routine',
    damage: 'DROP PROCEDURE createAuditEntryDHCP4',
    finding: /^procedure createAuditEntryDHCP4: is missing$/m,
  },
  {
    name: 'a dropped index',
    damage: 'ALTER TABLE lease4 DROP INDEX lease4_by_expire_state',
    finding: /^table lease4: index lease4_by_expire_state \(expire, state\) is missing$/m,
  },
  {
    name: 'a narrowed column',
    damage: 'ALTER TABLE lease4 MODIFY COLUMN hostname VARCHAR(100)',
    finding: /^table lease4: column hostname is varchar\(100\), expected varchar\(255\)$/m,
  },
  {
    name: 'a dropped column',
    damage: 'ALTER TABLE fleet_change DROP COLUMN actor',
    finding: /^table fleet_change: column actor is missing$/m,
  },
  {
    name: 'a dropped foreign key',
    damage: 'ALTER TABLE dhcp4_pool DROP FOREIGN KEY fk_dhcp4_pool_subnet_id',
    finding: /^table dhcp4_pool: foreign key fk_dhcp4_pool_subnet_id is missing$/m,
  },
  {
    name: 'a time without its default',
    damage: 'ALTER TABLE dhcp4_subnet ALTER COLUMN modification_ts DROP DEFAULT',
    finding: /^table dhcp4_subnet: column modification_ts defaults to NULL, expected CURRENT_TIMESTAMP$/m,
  },
  {
    name: 'triggers in another order',
    damage: '',
    finding: /^triggers AFTER INSERT on dhcp6_server: fire in the order /m,
  },
  {
    name: 'a definer that was dropped',
    damage:
      "DROP PROCEDURE createAuditEntryDHCP6; CREATE DEFINER = 'left'@'company' PROCEDURE createAuditEntryDHCP6(IN a INT) BEGIN END",
    finding: /^definer left@company: does not exist, and 1 stored objects act as it/m,
  },
];

test('a whole database has no findings', async () => {
  const { output, failed } = await runDatabaseTool(['check', '-d', database.url]);
  assert.match(output, / is whole\n$/);
  assert.equal(failed, false);
});

test('subnets without a server and wrong counters are found, with what puts them right', async () => {
  await database.pool.query(
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (77, '192.0.2.0/24'); " +
      'INSERT INTO lease4_stat (subnet_id, state, leases) VALUES (77, 0, 5)',
  );
  const { output, failed } = await runDatabaseTool(['check', '-d', database.url]);
  assert.match(output, /^DHCPv4 subnet 192\.0\.2\.0\/24: is assigned to no server/m);
  assert.match(
    output,
    /^table lease4_stat: counts 5 leases for \(77,0\), there are 0: 'CALL fleet_recount_statistics/m,
  );
  assert.equal(failed, true);
  await database.pool.query(
    'CALL fleet_recount_statistics(); INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (77, 1)',
  );
  assert.match((await runDatabaseTool(['check', '-d', database.url])).output, /is whole/);
});

for (const { name, damage, finding } of damages) {
  test(`${name} is found`, async () => {
    await database.pool.query(damage === '' ? await reorderedTriggers() : damage);
    const { output, failed } = await runDatabaseTool(['check', '-d', database.url]);
    assert.match(output, finding);
    assert.equal(failed, true);
  });
}

test('a dropped view is found without asking it', async () => {
  await database.pool.query('DROP VIEW fleet_statistics_drift');
  const { output } = await runDatabaseTool(['check', '-d', database.url]);
  assert.match(output, /^view fleet_statistics_drift: is missing$/m);
});

/** Drops the trigger that fires first and makes it again, so that it fires last. */
async function reorderedTriggers(): Promise<string> {
  const [rows] = await database.pool.query(
    "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = 'dhcp6_server' AND EVENT_MANIPULATION = 'INSERT' AND ACTION_TIMING = 'AFTER' ORDER BY ACTION_ORDER LIMIT 1",
  );
  const { name } = (rows as { name: string }[])[0]!;
  const [[made]] = (await database.pool.query(`SHOW CREATE TRIGGER ${name}`)) as unknown as [
    [{ 'SQL Original Statement': string }],
  ];
  return `DROP TRIGGER ${name}; ${made['SQL Original Statement']}`;
}
