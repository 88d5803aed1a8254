// The lease store contract on one database server: both families, addresses and prefixes.
import type { Lease } from '../../src/store/lease.ts';
import type { TestDatabase } from '../support/database.ts';
import { leaseStoreContract } from './lease-store-contract.ts';
import { addresses6, leases4, prefixes6, type LeaseMaker } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';
import { ownership4, ownership6, type Ownership } from './ownership-contract.ts';

/** `create`: an empty database on that server. */
export function mysqlContract(name: string, create: () => Promise<TestDatabase>): void {
  const run = <L extends Lease>(make: LeaseMaker<L>, ownership: Ownership<L>): void =>
    leaseStoreContract(name, make, ownership, async () =>
      openMysqlForContract(await create(), {}, make.table),
    );
  run(leases4, ownership4);
  run(addresses6, ownership6(0));
  run(prefixes6, ownership6(2));
}
