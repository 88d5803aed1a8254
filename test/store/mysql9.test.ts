// The lease store contract on a MySQL server that FLOTILLA_TEST_MYSQL_URL names; skipped without it.
import { test } from 'node:test';
import { parseDatabaseUrl } from '../../src/db/address.ts';
import { createTestDatabase } from '../support/database.ts';
import { mysqlContract } from './mysql-contract.ts';

const url = process.env['FLOTILLA_TEST_MYSQL_URL'];
if (url === undefined) {
  test('mysql 8 or 9', { skip: 'FLOTILLA_TEST_MYSQL_URL names no MySQL server' }, () => undefined);
} else {
  const server = parseDatabaseUrl(url);
  mysqlContract('mysql 8 or 9', () => createTestDatabase({ server }));
}
