// Plain SQL on the configuration tables: it works without a procedure, is audited, and is recorded with its user.
import assert from 'node:assert/strict';
import { configTables } from '../../migrations/config-tables.ts';
import { onEachEngine, type SchemaDatabase } from './engines.ts';

/** What the log holds after the first epoch of each scope, as `table key operation`. */
async function changes(database: SchemaDatabase, scope: string): Promise<string[]> {
  const rows = await database.rows(
    'SELECT table_name, row_key, operation FROM fleet_change WHERE scope = ? AND epoch > 1 ORDER BY epoch',
    [scope],
  );
  return rows.map((row) => Object.values(row).join(' '));
}

const run = async (database: SchemaDatabase, ...statements: string[]): Promise<void> => {
  const connection = await database.pool.getConnection();
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
};

for (const family of [4, 6] as const) {
  const prefix = family === 4 ? '192.0.2.0/24' : '2001:db8::/64';
  const pool = family === 4 ? '3221225994, 3221226010' : "'2001:db8::10', '2001:db8::20'";
  const table = (name: string): string => `dhcp${family}_${name}`;

  onEachEngine(
    `DHCPv${family}: a subnet with pool options is made and deleted by plain SQL`,
    async (database) => {
      await run(
        database,
        `INSERT INTO ${table('subnet')} (subnet_id, subnet_prefix) VALUES (1, '${prefix}')`,
        `INSERT INTO ${table('subnet_server')} (subnet_id, server_id) VALUES (1, 1)`,
        `INSERT INTO ${table('pool')} (start_address, end_address, subnet_id) VALUES (${pool}, 1)`,
        // The owner's table is read by the statement whose trigger would touch the owner (error 1442 in v30).
        `INSERT INTO ${table('options')} (code, value, space, scope_id, pool_id)
         SELECT 6, x'01020304', 'dhcp${family}', 5, p.id FROM ${table('pool')} p JOIN ${table('subnet')} s USING (subnet_id)`,
        `DELETE FROM ${table('subnet')} WHERE subnet_id = 1`,
      );
      assert.deepEqual(await changes(database, `config${family}`), [
        `${table('subnet')} 1 insert`,
        `${table('subnet_server')} 1,1 insert`,
        `${table('pool')} 1 insert`,
        `${table('options')} 1 insert`,
        `${table('options')} 1 delete`,
        `${table('pool')} 1 delete`,
        `${table('subnet_server')} 1,1 delete`,
        `${table('subnet')} 1 delete`,
      ]);
      assert.equal(await database.one(`SELECT COUNT(*) FROM ${table('options')}`), 0);
    },
  );

  onEachEngine(`DHCPv${family}: parents are deleted under any cascade flag`, async (database) => {
    for (const flag of [0, 1]) {
      await run(
        database,
        `CALL createAuditRevisionDHCP${family}(NOW(), 'all', 'flag ${flag}', ${flag})`,
        `INSERT INTO ${table('shared_network')} (name) VALUES ('floor')`,
        `INSERT INTO ${table('subnet')} (subnet_id, subnet_prefix, shared_network_name) VALUES (1, '${prefix}', 'floor')`,
        `INSERT INTO ${table('pool')} (start_address, end_address, subnet_id) VALUES (${pool}, 1)`,
        `INSERT INTO ${table('options')} (code, scope_id, pool_id) SELECT 6, 5, id FROM ${table('pool')}`,
        `INSERT INTO ${table('options')} (code, scope_id, dhcp${family}_subnet_id) VALUES (6, 1, 1)`,
        `INSERT INTO ${table('options')} (code, scope_id, shared_network_name) VALUES (6, 4, 'floor')`,
        `DELETE FROM ${table('shared_network')} WHERE name = 'floor'`,
        `DELETE FROM ${table('subnet')} WHERE subnet_id = 1`,
      );
      assert.equal(await database.one(`SELECT COUNT(*) FROM ${table('options')}`), 0);
      const [audit] = await database.rows(
        `SELECT COUNT(DISTINCT a.revision_id) AS revisions, SUM(a.modification_type = 2) AS deletes
         FROM ${table('audit')} a JOIN ${table('audit_revision')} r ON r.id = a.revision_id WHERE r.log_message = ?`,
        [`flag ${flag}`],
      );
      assert.deepEqual([Number(audit!['revisions']), Number(audit!['deletes'])], [1, 2]);
    }
  });

  onEachEngine(`DHCPv${family}: a shared network with subnets is renamed by plain SQL`, async (database) => {
    await run(
      database,
      `INSERT INTO ${table('shared_network')} (name) VALUES ('floor'), ('attic')`,
      `INSERT INTO ${table('subnet')} (subnet_id, subnet_prefix, shared_network_name) VALUES (1, '${prefix}', 'floor')`,
      `INSERT INTO ${table('options')} (code, scope_id, shared_network_name) VALUES (6, 4, 'floor')`,
      `UPDATE ${table('shared_network')} SET name = 'cellar' WHERE name = 'floor'`,
    );
    assert.equal(await database.one(`SELECT shared_network_name FROM ${table('subnet')}`), 'cellar');
    assert.equal(await database.one(`SELECT shared_network_name FROM ${table('options')}`), 'cellar');
    const last = (await database.rows(
      `SELECT table_name AS t, cause, after_image AS i FROM fleet_change WHERE scope = 'config${family}' AND operation = 'update' ORDER BY epoch DESC`,
    )) as { t: string; cause: string; i: string }[];
    const option = last.find(({ t, cause }) => t === table('options') && cause !== null)!;
    assert.equal((JSON.parse(option.i) as Record<string, unknown>)['shared_network_name'], 'cellar');
    assert.equal(option.cause, `${table('shared_network')} 1`);
    assert.equal((JSON.parse(last[0]!.i) as Record<string, unknown>)['shared_network_name'], 'cellar');

    await assert.rejects(
      run(database, `UPDATE ${table('shared_network')} SET name = 'attic' WHERE name = 'cellar'`),
      /[Dd]uplicate/,
    );
    assert.equal(
      await database.one(`SELECT shared_network_name FROM ${table('subnet')}`),
      'cellar',
      'a refused name changes nothing',
    );
    assert.equal(await database.one('SELECT COUNT(*) FROM fleet_rename'), 0);
  });

  onEachEngine(
    `DHCPv${family}: a new subnet_id is a delete and an insert, and reaches every child`,
    async (database) => {
      await run(
        database,
        `INSERT INTO ${table('subnet')} (subnet_id, subnet_prefix) VALUES (1, '${prefix}')`,
        `INSERT INTO ${table('subnet_server')} (subnet_id, server_id) VALUES (1, 1)`,
        `INSERT INTO ${table('pool')} (start_address, end_address, subnet_id) VALUES (${pool}, 1)`,
        `UPDATE ${table('subnet')} SET subnet_id = 9`,
      );
      assert.deepEqual((await changes(database, `config${family}`)).slice(3).sort(), [
        `${table('pool')} 1 update`,
        `${table('subnet')} 1 delete`,
        `${table('subnet')} 9 insert`,
        `${table('subnet_server')} 1,1 delete`,
        `${table('subnet_server')} 9,1 insert`,
      ]);
      const image = await database.one(
        `SELECT after_image FROM fleet_change WHERE table_name = '${table('pool')}' AND operation = 'update'`,
      );
      assert.equal((JSON.parse(String(image)) as Record<string, unknown>)['subnet_id'], 9);
    },
  );

  onEachEngine(
    `DHCPv${family}: deleting a class or a server records what its foreign keys take along`,
    async (database) => {
      await run(
        database,
        `INSERT INTO ${table('server')} (tag) VALUES ('edge1')`,
        `INSERT INTO ${table('client_class')} (name) VALUES ('phones')`,
        `INSERT INTO ${table('options')} (code, scope_id, dhcp_client_class) VALUES (6, 2, 'phones')`,
        `INSERT INTO ${table('options_server')} (option_id, server_id) VALUES (1, 2)`,
        `DELETE FROM ${table('server')} WHERE tag = 'edge1'`,
        `INSERT INTO ${table('options_server')} (option_id, server_id) VALUES (1, 1)`,
        `DELETE FROM ${table('client_class')} WHERE name = 'phones'`,
      );
      assert.deepEqual((await changes(database, `config${family}`)).slice(5), [
        `${table('options_server')} 1,2 delete`,
        `${table('server')} 2 delete`,
        `${table('options_server')} 1,1 insert`,
        `${table('client_class_order')} 1 delete`,
        `${table('options_server')} 1,1 delete`,
        `${table('options')} 1 delete`,
        `${table('client_class')} 1 delete`,
      ]);
    },
  );
}

onEachEngine('hosts, their options and reservations are a scope of their own', async (database) => {
  await run(
    database,
    "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES (x'010203', 0, 1)",
    "INSERT INTO ipv6_reservations (address, host_id) VALUES (INET6_ATON('2001:db8::1'), 1)",
    'INSERT INTO dhcp4_options (code, scope_id, host_id) VALUES (6, 3, 1)',
    'INSERT INTO dhcp6_options (code, scope_id, host_id) VALUES (23, 3, 1)',
    'DELETE FROM hosts',
  );
  const recorded = await changes(database, 'hosts');
  assert.deepEqual(recorded.slice(0, 4), [
    'hosts 1 insert',
    'ipv6_reservations 1 insert',
    'dhcp4_options 1 insert',
    'dhcp6_options 1 insert',
  ]);
  assert.deepEqual(recorded.slice(4, 7).sort(), [
    'dhcp4_options 1 delete',
    'dhcp6_options 1 delete',
    'ipv6_reservations 1 delete',
  ]);
  assert.equal(recorded[7], 'hosts 1 delete');
  assert.deepEqual(await changes(database, 'config4'), []);
});

onEachEngine(
  'a change names its user and actor, with images that read the same on both engines',
  async (database) => {
    await run(
      database,
      "SET @fleet_actor = 'Eve of the night shift', time_zone = '+05:00'",
      `INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, t1_percent, t2_percent, modification_ts)
       VALUES (1, '192.0.2.0/24', 0.1, 0.875, '2026-01-02 08:04:05')`,
      "INSERT INTO dhcp4_options (code, value, scope_id, dhcp4_subnet_id) VALUES (6, x'C0000201', 1, 1)",
    );
    const [row] = await database.rows(
      "SELECT db_user, actor, after_image FROM fleet_change WHERE table_name = 'dhcp4_subnet' AND operation = 'insert'",
    );
    assert.equal(row!['actor'], 'Eve of the night shift');
    assert.equal(row!['db_user'], await database.one('SELECT USER()'));
    const image = JSON.parse(String(row!['after_image'])) as Record<string, unknown>;
    assert.deepEqual(
      [
        image['subnet_id'],
        image['subnet_prefix'],
        image['t1_percent'],
        image['t2_percent'],
        image['modification_ts'],
        image['relay'],
      ],
      [1, '192.0.2.0/24', 0.1, 0.875, '2026-01-02 03:04:05', null],
    );
    const option = await database.one(
      "SELECT after_image FROM fleet_change WHERE table_name = 'dhcp4_options'",
    );
    assert.equal((JSON.parse(String(option)) as Record<string, unknown>)['value'], 'C0000201');
  },
);

onEachEngine('disable_audit silences the audit tables, never the change log', async (database) => {
  await run(
    database,
    'SET @disable_audit = 1',
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')",
  );
  assert.equal(await database.one('SELECT COUNT(*) FROM dhcp4_audit'), 0);
  assert.equal(await database.one('SELECT COUNT(*) FROM dhcp4_audit_revision'), 0);
  assert.deepEqual(await changes(database, 'config4'), ['dhcp4_subnet 1 insert']);
});

onEachEngine(
  'a revision is not reused after it was rolled back or somebody else changed something',
  async (database) => {
    const [mine, other] = [await database.pool.getConnection(), await database.pool.getConnection()];
    await mine.query("CALL createAuditRevisionDHCP4(NOW(), 'all', 'mine', 0)");
    await mine.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
    await other.query("INSERT INTO dhcp4_server (tag) VALUES ('edge1')");
    await mine.query('UPDATE dhcp4_subnet SET valid_lifetime = 5');
    await mine.query('START TRANSACTION');
    await mine.query("CALL createAuditRevisionDHCP4(NOW(), 'all', 'never', 0)");
    await mine.query('UPDATE dhcp4_subnet SET valid_lifetime = 6');
    await mine.query('ROLLBACK');
    await mine.query('UPDATE dhcp4_subnet SET valid_lifetime = 7');
    const audits = await database.rows(
      'SELECT a.object_type AS o, a.modification_type AS m, r.log_message AS l FROM dhcp4_audit a JOIN dhcp4_audit_revision r ON r.id = a.revision_id ORDER BY a.id',
    );
    const sql = `SQL by ${String(await database.one('SELECT USER()'))}`;
    assert.deepEqual(
      audits.map(({ o, m, l }) => [o, m, l]),
      [
        ['dhcp4_subnet', 0, 'mine'],
        ['dhcp4_server', 0, sql],
        ['dhcp4_subnet', 1, sql],
        ['dhcp4_subnet', 1, sql],
      ],
    );
    mine.destroy();
    other.destroy();
  },
);

onEachEngine(
  'a changed row is the last insert id its session asked for, not one of ours',
  async (database) => {
    const connection = await database.pool.getConnection();
    await connection.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
    const [result] = await connection.query(
      'INSERT INTO dhcp4_pool (start_address, end_address, subnet_id) VALUES (1, 2, 1)',
    );
    assert.equal((result as { insertId: number }).insertId, 1);
    const [rows] = await connection.query('SELECT LAST_INSERT_ID() AS id');
    assert.equal((rows as { id: number }[])[0]!.id, 1);
    connection.release();
  },
);

onEachEngine(
  'objects without a server are reported as unassigned until they are linked',
  async (database) => {
    await run(
      database,
      "INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (1, '2001:db8::/64')",
      "INSERT INTO dhcp4_client_class (name) VALUES ('phones')",
    );
    assert.deepEqual(
      await database.rows('SELECT family, object_type, object_name FROM fleet_unassigned ORDER BY family'),
      [
        { family: 4, object_type: 'client-class', object_name: 'phones' },
        { family: 6, object_type: 'subnet', object_name: '2001:db8::/64' },
      ],
    );
    await run(
      database,
      'INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (1, 1)',
      'INSERT INTO dhcp4_client_class_server (class_id, server_id) VALUES (1, 1)',
      // These go where their owner goes.
      'INSERT INTO dhcp6_options (code, scope_id, dhcp6_subnet_id) VALUES (23, 1, 1)',
      "INSERT INTO dhcp4_options (code, scope_id, dhcp_client_class) VALUES (6, 2, 'phones')",
      "INSERT INTO dhcp4_option_def (code, name, space, type, is_array, encapsulate, class_id) VALUES (222, 'x', 'dhcp4', 0, 0, '', 1)",
    );
    assert.deepEqual(await database.rows('SELECT * FROM fleet_unassigned'), []);
  },
);

onEachEngine('every configuration table has a trigger of ours for every event', async (database) => {
  const rows = await database.rows(
    "SELECT event_object_table AS t, COUNT(DISTINCT event_manipulation) AS n FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND action_timing = 'AFTER' AND trigger_name LIKE 'fleet%' GROUP BY 1 ORDER BY 1",
  );
  assert.deepEqual(
    rows.map(({ t, n }) => [t, Number(n)]).sort(),
    configTables.map(({ name }) => [name, 3]).sort(),
  );
});
