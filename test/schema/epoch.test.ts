// Epochs: one per changed row, without gaps, in the order of commits; and TRUNCATE, which fires no trigger.
import assert from 'node:assert/strict';
import { onEachEngine } from './engines.ts';

onEachEngine(
  'epochs of concurrent writers have no gap and appear in the order of commits',
  async (database) => {
    const writers = 4;
    const each = 25;
    const seen: number[] = [];
    let writing = true;
    const write = async (writer: number): Promise<void> => {
      const connection = await database.pool.getConnection();
      for (let index = 0; index < each; index += 1) {
        const id = writer * 1000 + index + 1;
        await connection.query('START TRANSACTION');
        await connection.query('INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (?, ?)', [
          id,
          `10.${writer}.${index}.0/24`,
        ]);
        await connection.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (?, 1)', [id]);
        await connection.query(index % 5 === 4 ? 'ROLLBACK' : 'COMMIT');
      }
      connection.release();
    };
    const watch = async (): Promise<void> => {
      while (writing) {
        const [row] = await database.rows(
          "SELECT MAX(epoch) AS newest, COUNT(*) AS n FROM fleet_change WHERE scope = 'config4'",
        );
        // Whoever sees an epoch sees all before it: the log has as many rows as its newest epoch says.
        assert.equal(Number(row!['n']), Number(row!['newest']));
        seen.push(Number(row!['newest']));
      }
    };
    const writes = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))).finally(() => {
      writing = false;
    });
    await Promise.all([writes, watch()]);
    const expected = 1 + writers * each * 0.8 * 2;
    const [epoch] = await database.rows("SELECT epoch, token FROM fleet_epoch WHERE scope = 'config4'");
    assert.equal(Number(epoch!['epoch']), expected);
    const [log] = await database.rows(
      "SELECT COUNT(*) AS n, COUNT(DISTINCT token) AS tokens, MIN(epoch) AS first, MAX(epoch) AS last FROM fleet_change WHERE scope = 'config4'",
    );
    assert.deepEqual(
      [Number(log!['n']), Number(log!['tokens']), Number(log!['first']), Number(log!['last'])],
      [expected, expected, 1, expected],
    );
    assert.equal(
      await database.one("SELECT token FROM fleet_change WHERE scope = 'config4' AND epoch = ?", [expected]),
      epoch!['token'],
    );
    assert.ok(seen.length > 0);
  },
);

onEachEngine('a host edit never waits for a subnet edit that is not committed', async (database) => {
  const slow = await database.pool.getConnection();
  await slow.query('START TRANSACTION');
  await slow.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
  const quick = await database.pool.getConnection();
  await quick.query('SET innodb_lock_wait_timeout = 1');
  await quick.query("INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type) VALUES (x'01', 0)");
  await quick.query("INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (1, '2001:db8::/64')");
  await assert.rejects(
    quick.query("INSERT INTO dhcp4_server (tag) VALUES ('edge1')"),
    /[Ll]ock wait timeout/,
  );
  await slow.query('ROLLBACK');
  slow.destroy();
  quick.destroy();
});

onEachEngine('an update that changes nothing moves no epoch', async (database) => {
  await database.pool.query(
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, boot_file_name) VALUES (1, '192.0.2.0/24', 'a')",
  );
  const before = await database.one("SELECT epoch FROM fleet_epoch WHERE scope = 'config4'");
  await database.pool.query("UPDATE dhcp4_subnet SET boot_file_name = 'a'");
  assert.equal(await database.one("SELECT epoch FROM fleet_epoch WHERE scope = 'config4'"), before);
  await database.pool.query("UPDATE dhcp4_subnet SET boot_file_name = 'A'");
  assert.equal(
    Number(await database.one("SELECT epoch FROM fleet_epoch WHERE scope = 'config4'")),
    Number(before) + 1,
  );
});

onEachEngine('TRUNCATE is noticed by the first of many edges that look, once', async (database) => {
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
  await database.pool.query('INSERT INTO dhcp4_options (code, scope_id, dhcp4_subnet_id) VALUES (6, 1, 1)');
  await database.pool.query('CALL fleet_detect_truncate()');
  const truncates = async (): Promise<string[]> =>
    (
      await database.rows(
        "SELECT scope, table_name FROM fleet_change WHERE operation = 'truncate' AND epoch > 1 ORDER BY scope",
      )
    ).map((row) => Object.values(row).join(' '));
  assert.deepEqual(await truncates(), []);
  await database.pool.query('SET foreign_key_checks = 0; TRUNCATE dhcp4_options; SET foreign_key_checks = 1');
  await Promise.all(Array.from({ length: 8 }, () => database.pool.query('CALL fleet_detect_truncate()')));
  assert.deepEqual(await truncates(), ['config4 dhcp4_options', 'hosts dhcp4_options']);
  await database.pool.query('CALL fleet_detect_truncate()');
  assert.equal((await truncates()).length, 2);
});

onEachEngine('TRUNCATE is noticed although a row was inserted before any edge looked', async (database) => {
  await database.pool.query(
    "INSERT INTO dhcp4_pool (start_address, end_address, subnet_id) SELECT 1, 2, 1 FROM dhcp4_server WHERE tag = 'none'",
  );
  await database.pool.query(
    "INSERT INTO dhcp4_global_parameter (name, value, parameter_type) VALUES ('valid-lifetime', '5', 0), ('renew-timer', '2', 0)",
  );
  await database.pool.query(
    'SET foreign_key_checks = 0; TRUNCATE dhcp4_global_parameter; SET foreign_key_checks = 1',
  );
  await database.pool.query(
    "INSERT INTO dhcp4_global_parameter (name, value, parameter_type) VALUES ('valid-lifetime', '6', 0)",
  );
  assert.equal(
    await database.one(
      "SELECT COUNT(*) FROM fleet_change WHERE operation = 'truncate' AND table_name = 'dhcp4_global_parameter'",
    ),
    1,
  );
});

onEachEngine('an emptied table is no truncated one, whoever deleted its rows', async (database) => {
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
  await database.pool.query('INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1)');
  await database.pool.query('DELETE FROM dhcp4_subnet');
  await database.pool.query('CALL fleet_detect_truncate()');
  assert.equal(
    await database.one("SELECT COUNT(*) FROM fleet_change WHERE operation = 'truncate' AND epoch > 1"),
    0,
  );
});
