// Our own tables: the epoch and change log, the edges' reports, and two small tables of bookkeeping.

/**
 * utf8mb4 by name: row images must hold any text even in an adopted database with another default. The binary collation
 * compares with every other one, where two others would refuse.
 */
const options = 'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Names are fixed: the backend and the console read these. All times are UTC. */
export const fleetTables: readonly { readonly name: string; readonly create: string }[] = [
  {
    // One row per scope; its lock is what makes the order of epochs the order of commits.
    name: 'fleet_epoch',
    create: `CREATE TABLE IF NOT EXISTS fleet_epoch (
      scope VARCHAR(16) NOT NULL,
      epoch BIGINT UNSIGNED NOT NULL,
      token CHAR(16) NOT NULL,
      changed_at DATETIME(6) NOT NULL,
      PRIMARY KEY (scope)
    ) ${options}`,
  },
  {
    // One row per changed row. A changed primary key is recorded as the delete of the old and the insert of the new key.
    // table_name '*' with operation 'truncate' says that everything may differ.
    name: 'fleet_change',
    create: `CREATE TABLE IF NOT EXISTS fleet_change (
      scope VARCHAR(16) NOT NULL,
      epoch BIGINT UNSIGNED NOT NULL,
      token CHAR(16) NOT NULL,
      changed_at DATETIME(6) NOT NULL,
      db_user VARCHAR(288) NOT NULL,
      actor VARCHAR(255) NULL DEFAULT NULL,
      table_name VARCHAR(64) NOT NULL,
      row_key VARCHAR(255) NOT NULL,
      operation VARCHAR(8) NOT NULL,
      cause VARCHAR(255) NULL DEFAULT NULL,
      before_image LONGTEXT NULL DEFAULT NULL,
      after_image LONGTEXT NULL DEFAULT NULL,
      PRIMARY KEY (scope, epoch),
      KEY fleet_change_by_row (table_name, row_key)
    ) ${options}`,
  },
  {
    // What each edge says about itself.
    name: 'fleet_server',
    create: `CREATE TABLE IF NOT EXISTS fleet_server (
      instance VARCHAR(128) NOT NULL,
      family TINYINT NOT NULL,
      tag VARCHAR(64) NOT NULL,
      version VARCHAR(32) NOT NULL,
      address VARCHAR(64) NOT NULL,
      state VARCHAR(32) NOT NULL,
      applied_epoch BIGINT UNSIGNED NULL DEFAULT NULL,
      applied_token CHAR(16) NULL DEFAULT NULL,
      config_hash VARCHAR(64) NULL DEFAULT NULL,
      clock_skew_ms BIGINT NULL DEFAULT NULL,
      started_at DATETIME(6) NOT NULL,
      last_contact DATETIME(6) NOT NULL,
      last_error TEXT NULL DEFAULT NULL,
      PRIMARY KEY (instance, family)
    ) ${options}`,
  },
  {
    // Objects that an edge could not apply, and why.
    name: 'fleet_rejection',
    create: `CREATE TABLE IF NOT EXISTS fleet_rejection (
      instance VARCHAR(128) NOT NULL,
      family TINYINT NOT NULL,
      object_type VARCHAR(32) NOT NULL,
      object_key VARCHAR(255) NOT NULL,
      reason TEXT NOT NULL,
      epoch BIGINT UNSIGNED NOT NULL,
      last_good_kept TINYINT(1) NOT NULL,
      first_seen DATETIME(6) NOT NULL,
      last_seen DATETIME(6) NOT NULL,
      PRIMARY KEY (instance, family, object_type, object_key)
    ) ${options}`,
  },
  {
    // Whether a configuration table has rows: a table with none that should have some was truncated.
    name: 'fleet_table',
    create: `CREATE TABLE IF NOT EXISTS fleet_table (
      table_name VARCHAR(64) NOT NULL,
      filled TINYINT(1) NOT NULL,
      PRIMARY KEY (table_name)
    ) ${options}`,
  },
  {
    // Subnets that lose their shared network's name for the moment of its renaming. Empty between statements.
    name: 'fleet_rename',
    create: `CREATE TABLE IF NOT EXISTS fleet_rename (
      family TINYINT NOT NULL,
      network_id BIGINT UNSIGNED NOT NULL,
      subnet_id INT UNSIGNED NOT NULL,
      PRIMARY KEY (family, network_id, subnet_id)
    ) ${options}`,
  },
];
