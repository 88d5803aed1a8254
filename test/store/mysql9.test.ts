// The lease store contract on a MySQL server that FLOTILLA_TEST_MYSQL_URL names; skipped without it.
import { test } from 'node:test';
import { parseDatabaseUrl } from '../../src/db/address.ts';
import { createTestDatabase } from '../support/database.ts';
import { leaseStoreContract } from './lease-store-contract.ts';
import { openMysqlForContract } from './open-mysql.ts';

const url = process.env['FLOTILLA_TEST_MYSQL_URL'];
if (url === undefined) {
  test('mysql 8 or 9', { skip: 'FLOTILLA_TEST_MYSQL_URL names no MySQL server' }, () => undefined);
} else {
  const server = parseDatabaseUrl(url);
  leaseStoreContract('mysql 8 or 9', async () => openMysqlForContract(await createTestDatabase({ server })));
}
