// Tables in which servers on one pool keep their offers apart. Nothing in them is worth a backup: all of it expires.

const options = 'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Times are UTC, by the database's clock. */
export const offerTables: readonly { readonly name: string; readonly create: string }[] = [
  {
    // One row per address lately offered: for whom it is set aside (a hash of the client), by which server, until when.
    // A row is written over by the next offer of its address, so there are never more rows than addresses in pools.
    name: 'fleet_offer',
    create: `CREATE TABLE IF NOT EXISTS fleet_offer (
      family TINYINT NOT NULL,
      address VARBINARY(16) NOT NULL,
      owner BINARY(16) NOT NULL,
      server VARCHAR(128) NOT NULL,
      expires DATETIME(3) NOT NULL,
      PRIMARY KEY (family, address)
    ) ${options}`,
  },
  {
    // Servers that offer addresses of a subnet. One that is alone there sets sole and keeps its offers in memory.
    name: 'fleet_offer_server',
    create: `CREATE TABLE IF NOT EXISTS fleet_offer_server (
      family TINYINT NOT NULL,
      subnet_id INT UNSIGNED NOT NULL,
      server VARCHAR(128) NOT NULL,
      sole TINYINT(1) NOT NULL,
      expires DATETIME(3) NOT NULL,
      PRIMARY KEY (family, subnet_id, server)
    ) ${options}`,
  },
];

/**
 * Blocks of 64 addresses (all but the last six bits of `first_address` alike), or of 64 delegated prefixes of one length,
 * of which only `server` may offer those without a lease, until when. `owner` tells its processes apart: one that was started anew does not know what it offered before.
 */
export const offerBlockTable = {
  name: 'fleet_offer_block',
  create: `CREATE TABLE IF NOT EXISTS fleet_offer_block (
      family TINYINT NOT NULL,
      first_address VARBINARY(16) NOT NULL,
      owner BINARY(16) NOT NULL,
      server VARCHAR(128) NOT NULL,
      expires DATETIME(3) NOT NULL,
      PRIMARY KEY (family, first_address)
    ) ${options}`,
} as const;
