// The schema that the migrations make is the contract's, object by object, and everything else is named fleet_*.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { contractTables } from '../../migrations/contract.ts';
import { detach } from '../../migrations/detach.ts';
import { migrationSource } from '../../migrations/index.ts';
import { connectionOptions } from '../../src/db/connect.ts';
import { openKnex } from '../../src/db/knex.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { migrationTable } from '../../src/db/schema-names.ts';
import { dumpContract } from './contract-dump.ts';
import { onEachEngine, type SchemaDatabase } from './engines.ts';

const golden = readFileSync(join(import.meta.dirname, 'contract-v30.golden.tsv'), 'utf8')
  .trim()
  .split('\n')
  .sort();

async function detachFrom(database: SchemaDatabase): Promise<void> {
  const knex = openKnex(database.address);
  try {
    await detach(knex);
  } finally {
    await knex.destroy();
  }
}

onEachEngine('the dumped schema equals the golden contract of schema 30.0', async (database) => {
  assert.equal(contractTables.length, 59);
  assert.deepEqual(await dumpContract(database), golden);
});

onEachEngine(
  'every required modification_ts is the present time when a statement leaves it out',
  async (database) => {
    const without = await database.rows(
      `SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE()
     AND column_name = 'modification_ts' AND is_nullable = 'NO' AND column_default IS NULL`,
    );
    assert.deepEqual(without, []);
  },
);

onEachEngine(
  'a detached database holds plain contract objects and nothing of ours, and its rows',
  async (database) => {
    await database.pool.query(
      "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')",
    );
    await detachFrom(database);
    assert.deepEqual(await dumpContract(database), golden);
    const bodies = await database.rows(
      `SELECT trigger_name AS name FROM information_schema.triggers
       WHERE trigger_schema = DATABASE() AND (trigger_name LIKE 'fleet%' OR action_statement LIKE '%fleet%')
     UNION ALL SELECT routine_name FROM information_schema.routines
       WHERE routine_schema = DATABASE() AND (routine_name LIKE 'fleet%' OR routine_definition LIKE '%fleet%')
     UNION ALL SELECT table_name FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_name LIKE 'fleet%'`,
    );
    assert.deepEqual(bodies, []);
    assert.equal(await database.one('SELECT COUNT(*) FROM dhcp4_subnet'), 1);

    // The classic way still works and audits; without a revision the contract refuses, as Kea's own does.
    const connection = await mysql.createConnection(connectionOptions(database.address));
    await assert.rejects(connection.query('UPDATE dhcp4_subnet SET valid_lifetime = 1'), /revision_id/);
    await connection.query("CALL createAuditRevisionDHCP4(NOW(), 'all', 'by hand', 0)");
    await connection.query('UPDATE dhcp4_subnet SET valid_lifetime = 2');
    await connection.end();
    assert.equal(
      await database.one(
        "SELECT COUNT(*) FROM dhcp4_audit a JOIN dhcp4_audit_revision r ON r.id = a.revision_id WHERE r.log_message = 'by hand'",
      ),
      1,
    );
  },
);

onEachEngine('a database without our objects is adopted with its rows untouched', async (database) => {
  await database.pool.query("INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24')");
  await database.pool.query('INSERT INTO lease4 (address, subnet_id, state) VALUES (3221225985, 1, 0)');
  await detachFrom(database);
  // As Kea's own script leaves it: no default, and triggers of other text.
  await database.pool.query('ALTER TABLE dhcp4_subnet MODIFY COLUMN modification_ts TIMESTAMP NOT NULL');
  await database.pool.query('ALTER TABLE dhcp4_subnet ALTER COLUMN modification_ts DROP DEFAULT');
  await database.pool.query('DROP TRIGGER lease4_ADEL');
  const before = await database.rows('SELECT * FROM dhcp4_subnet');
  const audits = await database.one('SELECT COUNT(*) FROM dhcp4_audit');

  await migrateToLatest(database.address, migrationSource);

  assert.deepEqual(await database.rows('SELECT * FROM dhcp4_subnet'), before);
  assert.equal(await database.one('SELECT COUNT(*) FROM dhcp4_audit'), audits);
  assert.deepEqual(await dumpContract(database), golden);
  await database.pool.query(
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (2, '198.51.100.0/24')",
  );
  await database.pool.query('DELETE FROM lease4');
  assert.equal(await database.one('SELECT leases FROM lease4_stat WHERE subnet_id = 1 AND state = 0'), 0);
  assert.equal(await database.one("SELECT filled FROM fleet_table WHERE table_name = 'dhcp4_subnet'"), 1);
});

onEachEngine(
  'migrations that were interrupted anywhere go on and end in the same schema',
  async (database) => {
    await database.pool.query(`DELETE FROM ${migrationTable} WHERE name > '0001_contract_tables'`);
    await database.pool.query('DROP TRIGGER fleet_dhcp4_subnet_AINS');
    await database.pool.query('DROP PROCEDURE createAuditEntryDHCP6');
    await database.pool.query('DROP TABLE fleet_rename');
    const epoch = await database.rows('SELECT scope, epoch, token FROM fleet_epoch ORDER BY scope');
    await migrateToLatest(database.address, migrationSource);
    assert.deepEqual(await dumpContract(database), golden);
    assert.equal(
      await database.one(
        "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name = 'fleet_dhcp4_subnet_AINS'",
      ),
      1,
    );
    assert.deepEqual(
      await database.rows('SELECT scope, epoch, token FROM fleet_epoch ORDER BY scope'),
      epoch,
    );
    await database.pool.query(
      "INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (1, '2001:db8::/64')",
    );
  },
);
