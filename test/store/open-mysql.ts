// A database backend on a test database, as the contract and the race tests open it.
import { silentLogger } from '../../src/log.ts';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import type { LeaseSql } from '../../src/store/mysql/lease-sql.ts';
import {
  defaultLanes,
  openMysqlBackend,
  type MysqlBackend,
  type MysqlBackendOptions,
} from '../../src/store/mysql/mysql-backend.ts';
import type { Lease, Lease4 } from '../../src/store/lease.ts';
import type { TestDatabase } from '../support/database.ts';
import type { OpenedBackend } from './lease-store-contract.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

type Database = Pick<TestDatabase, 'address' | 'pool' | 'drop'>;
type Options<L extends Lease> = Partial<MysqlBackendOptions<L>> & { readonly clock?: () => number };
type Opened<L extends Lease> = OpenedBackend<L> & { readonly backend: MysqlBackend<L> };

export function openMysqlForContract<L extends Lease = Lease4>(
  database: Database,
  more: Options<L> = {},
  table: LeaseSql<L> = lease4Sql as unknown as LeaseSql<L>,
): Opened<L> {
  const { clock, ...options } = more;
  const backend = openMysqlBackend(
    { ...defaultLanes, table, address: database.address, ownStatistics: true, ...options },
    { logger: silentLogger, random: Math.random, ...(clock && { clock }) },
  );
  return {
    backend,
    async clear() {
      await database.pool.query(`DELETE FROM ${table.table}; DELETE FROM fleet_offer`);
    },
    checkStatistics: () => assertStatisticsEqualRecount(database.pool),
    close: () => database.drop(),
  };
}
