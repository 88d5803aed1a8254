// A pool of 65,536 with 64 free costs a new client the round trips of an empty one, and its share of a search now and then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nearFull } from '../../bench/near-full.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test('new clients of a nearly full pool, on servers that write their offers down', async () => {
  const clients = 60;
  const row = (free: number) => nearFull({ address: database.address, free, clients, rate: 0, shared: true });
  const empty = await row(65_536);
  const full = await row(64);
  assert.equal(empty.bound, clients);
  assert.equal(full.bound, clients);
  assert.ok(empty.packets <= 3.5, `${empty.packets} round trips in an empty pool`);
  assert.ok(full.packets <= 3, `${full.packets} round trips in a nearly full pool`);
});
