// The lease store contract on the database backend: both families, addresses and prefixes.
import { createTestDatabase } from '../support/database.ts';
import { mysqlContract } from './mysql-contract.ts';

mysqlContract('mysql', createTestDatabase);
