// Lease counters: kept by triggers for any writer, left alone when a batch says so, and recounted to the same.
import assert from 'node:assert/strict';
import { onEachEngine, type SchemaDatabase } from './engines.ts';

const counters = async (database: SchemaDatabase, table: string): Promise<string[]> =>
  (await database.rows(`SELECT * FROM ${table}`)).map((row) => Object.values(row).join(' ')).sort();

const context = (...classes: string[]): string => JSON.stringify({ ISC: { 'client-classes': classes } });

onEachEngine('DHCPv4 counters follow inserts, moves, state changes and deletes', async (database) => {
  const insert =
    'INSERT INTO lease4 (address, subnet_id, pool_id, state, user_context) VALUES (?, ?, ?, ?, ?)';
  await database.pool.query(insert, [1, 1, 3, 0, context('phones', 'guests')]);
  await database.pool.query(insert, [2, 1, 0, 1, null]);
  await database.pool.query(insert, [3, 1, 0, 2, context('phones')]);
  await database.pool.query(insert, [4, 1, 0, 4, 'not JSON about client-classes']);
  await database.pool.query(insert, [5, null, 0, 0, null]);
  assert.deepEqual(await counters(database, 'lease4_stat'), ['1 0 1', '1 1 1']);
  assert.deepEqual(await counters(database, 'lease4_pool_stat'), ['1 0 1 1', '1 3 0 1']);
  assert.deepEqual(await counters(database, 'lease4_stat_by_client_class'), ['guests 1', 'phones 1']);
  await database.pool.query('UPDATE lease4 SET subnet_id = 2 WHERE address = 1');
  await database.pool.query('UPDATE lease4 SET state = 0 WHERE address = 3');
  await database.pool.query('UPDATE lease4 SET state = 2 WHERE address = 2');
  assert.deepEqual(await counters(database, 'lease4_stat'), ['1 0 1', '1 1 0', '2 0 1']);
  assert.deepEqual(await counters(database, 'lease4_stat_by_client_class'), ['guests 1', 'phones 2']);
  assert.deepEqual(await counters(database, 'fleet_statistics_drift'), []);
  await database.pool.query('DELETE FROM lease4');
  assert.deepEqual(await counters(database, 'lease4_stat'), ['1 0 0', '1 1 0', '2 0 0']);
  assert.deepEqual(await counters(database, 'fleet_statistics_drift'), []);
});

onEachEngine(
  'DHCPv6 counters tell lease types apart and count registered addresses per subnet',
  async (database) => {
    const insert =
      'INSERT INTO lease6 (address, subnet_id, pool_id, lease_type, state, user_context) VALUES (INET6_ATON(?), 1, 3, ?, ?, ?)';
    await database.pool.query(insert, ['2001:db8::1', 0, 0, context('phones')]);
    await database.pool.query(insert, ['2001:db8:1::', 2, 1, null]);
    await database.pool.query(insert, ['2001:db8::2', 0, 4, null]);
    assert.deepEqual(await counters(database, 'lease6_stat'), ['1 0 0 1', '1 0 4 1', '1 2 1 1']);
    assert.deepEqual(await counters(database, 'lease6_pool_stat'), ['1 3 0 0 1', '1 3 2 1 1']);
    assert.deepEqual(await counters(database, 'lease6_stat_by_client_class'), ['phones 0 1']);
    await database.pool.query('UPDATE lease6 SET lease_type = 2');
    assert.deepEqual(await counters(database, 'lease6_stat_by_client_class'), ['phones 0 0', 'phones 2 1']);
    assert.deepEqual(await counters(database, 'fleet_statistics_drift'), []);
  },
);

onEachEngine(
  'a session that keeps the counters itself is left alone, and a recount reports and repairs',
  async (database) => {
    await database.pool.query('INSERT INTO lease4 (address, subnet_id, pool_id, state) VALUES (1, 1, 3, 0)');
    const batch = await database.pool.getConnection();
    await batch.query('SET @fleet_statistics_off = 1');
    await batch.query('INSERT INTO lease4 (address, subnet_id, pool_id, state) VALUES (2, 7, 0, 0)');
    await batch.query('DELETE FROM lease4 WHERE address = 1');
    batch.destroy();
    const wrong = [
      'lease4_pool_stat 1,3,0 1 0',
      'lease4_pool_stat 7,0,0 0 1',
      'lease4_stat 1,0 1 0',
      'lease4_stat 7,0 0 1',
    ];
    assert.deepEqual(await counters(database, 'fleet_statistics_drift'), wrong);
    const [results] = (await database.pool.query('CALL fleet_recount_statistics()')) as unknown as [
      Record<string, unknown>[][],
    ];
    assert.deepEqual(
      results[0]!.map((row) => Object.values(row).join(' ')),
      wrong,
    );
    assert.deepEqual(await counters(database, 'fleet_statistics_drift'), []);
    assert.deepEqual(await counters(database, 'lease4_stat'), ['1 0 0', '7 0 1']);
    await database.pool.query('DELETE FROM lease4');
    await database.pool.query('UPDATE lease4_stat SET leases = 0');
  },
);

onEachEngine('a counter that is wrong already never falls below zero', async (database) => {
  await database.pool.query('INSERT INTO lease4 (address, subnet_id, state) VALUES (1, 1, 0)');
  await database.pool.query('UPDATE lease4_stat SET leases = 0');
  await database.pool.query('DELETE FROM lease4');
  assert.deepEqual(await counters(database, 'lease4_stat'), ['1 0 0']);
});

onEachEngine('a recount beside busy writers ends with the right counters', async (database) => {
  const write = async (writer: number): Promise<void> => {
    const connection = await database.pool.getConnection();
    for (let index = 0; index < 60; index += 1) {
      try {
        await connection.query('INSERT INTO lease4 (address, subnet_id, state) VALUES (?, ?, 0)', [
          writer * 1000 + index,
          index % 3,
        ]);
      } catch (error) {
        if ((error as { errno?: number }).errno !== 1213) throw error;
      }
    }
    connection.release();
  };
  const recount = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1)
      await database.pool.query('CALL fleet_recount_statistics()').catch((error: { errno?: number }) => {
        if (error.errno !== 1213) throw error as Error;
      });
  };
  await Promise.all([write(1), write(2), write(3), recount()]);
  assert.deepEqual(await counters(database, 'fleet_statistics_drift'), []);
});

onEachEngine('limits in the user context name the first one that is reached', async (database) => {
  await database.pool.query(
    'INSERT INTO lease4 (address, subnet_id, state, user_context) VALUES (1, 1, 0, ?)',
    [context('phones')],
  );
  const limits = (list: object[], subnet?: object): string =>
    JSON.stringify({ ISC: { limits: { 'client-classes': list, ...(subnet && { subnet }) } } });
  const check = async (text: string | null): Promise<unknown> =>
    database.one('SELECT checkLease4Limits(?)', [text]);
  assert.equal(
    await check(limits([{ name: 'phones', 'address-limit': 2 }], { id: 1, 'address-limit': 2 })),
    '',
  );
  assert.match(
    String(await check(limits([{ name: 'phones', 'address-limit': 1 }]))),
    /address limit 1 for client class "phones"/,
  );
  assert.match(
    String(await check(limits([], { id: 1, 'address-limit': 1 }))),
    /address limit 1 for subnet ID 1/,
  );
  assert.equal(await check(null), '');
  assert.equal(await check('{"ISC":'), '');
});

onEachEngine('leases travel through the dump and upload routines', async (database) => {
  await database.pool.query(
    "CALL lease4Upload('192.0.2.9', '01:02:03:04:05:06', '', 3600, 1800000000, 1, 1, 0, 'a&#x2cb.example', 0, '', 7)",
  );
  const [[lease]] = (await database.pool.query(
    'SELECT address, HEX(hwaddr) AS hwaddr, client_id, hostname FROM lease4',
  )) as unknown as [Record<string, unknown>[]];
  assert.deepEqual(
    { ...lease },
    { address: 3221225993, hwaddr: '010203040506', client_id: null, hostname: 'a,b.example' },
  );
  const [results] = (await database.pool.query('CALL lease4DumpData()')) as unknown as [
    Record<string, unknown>[][],
  ];
  assert.equal(
    Object.values(results[0]![0]!).join(','),
    '192.0.2.9,01:02:03:04:05:06,,3600,1800000000,1,1,0,a&#x2cb.example,0,,7',
  );
  assert.equal(await database.one("SELECT colonSeparatedHex('ABC')"), '0a:bc');
});
