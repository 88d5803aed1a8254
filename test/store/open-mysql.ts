// A database backend on a test database, as the contract and the race tests open it.
import { silentLogger } from '../../src/log.ts';
import { lease4Sql } from '../../src/store/mysql/lease4-rows.ts';
import {
  defaultLanes,
  openMysqlBackend,
  type MysqlBackend,
  type MysqlBackendOptions,
} from '../../src/store/mysql/mysql-backend.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { TestDatabase } from '../support/database.ts';
import type { OpenedBackend } from './lease-store-contract.ts';
import { assertStatisticsEqualRecount } from './statistics.ts';

export function openMysqlForContract(
  database: Pick<TestDatabase, 'address' | 'pool' | 'drop'>,
  more: Partial<MysqlBackendOptions<Lease4>> & { readonly clock?: () => number } = {},
): OpenedBackend & { readonly backend: MysqlBackend<Lease4> } {
  const { clock, ...options } = more;
  const backend = openMysqlBackend(
    { ...defaultLanes, table: lease4Sql, address: database.address, ownStatistics: true, ...options },
    { logger: silentLogger, random: Math.random, ...(clock && { clock }) },
  );
  return {
    backend,
    async clear() {
      await database.pool.query('DELETE FROM lease4; DELETE FROM fleet_offer');
    },
    checkStatistics: () => assertStatisticsEqualRecount(database.pool),
    close: () => database.drop(),
  };
}
