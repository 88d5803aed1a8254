// The lease store contract on one database server: both families, addresses and prefixes.
import type { TestDatabase } from '../support/database.ts';
import { leaseStoreContract } from './lease-store-contract.ts';
import { addresses6, leases4, prefixes6 } from './leases.ts';
import { openMysql6ForContract, openMysqlForContract } from './open-mysql.ts';
import { ownership4, ownership6 } from './ownership-contract.ts';

/** `create`: an empty database on that server. */
export function mysqlContract(name: string, create: () => Promise<TestDatabase>): void {
  leaseStoreContract(name, leases4, ownership4, async () => openMysqlForContract(await create()));
  leaseStoreContract(name, addresses6, ownership6(0), async () => openMysql6ForContract(await create()));
  leaseStoreContract(name, prefixes6, ownership6(2), async () => openMysql6ForContract(await create()));
}
