// The lease store contract on the database backend: MariaDB, and MySQL where FLOTILLA_TEST_MYSQL_URL names a server.
import { createTestDatabase } from '../support/database.ts';
import { leaseStoreContract } from './lease-store-contract.ts';
import { openMysqlForContract } from './open-mysql.ts';

leaseStoreContract('mysql', async () => openMysqlForContract(await createTestDatabase()));
