// Which errors pass by themselves, and the pauses between attempts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlotillaError } from '../../src/errors.ts';
import { backoff, kindOfDatabaseError, withRetry } from '../../src/db/retry.ts';
import { openPool } from '../../src/db/connect.ts';
import { createTestDatabase } from '../support/database.ts';

const numbered = (errno: number): Error => Object.assign(new Error('refused'), { errno });
const coded = (code: string, syscall?: string): Error => Object.assign(new Error('gone'), { code, syscall });

const kinds = [
  [1020, 'transaction'],
  [1205, 'transaction'],
  [1213, 'transaction'],
  [1040, 'busy'],
  [1461, 'busy'],
  [2013, 'connection'],
  [1062, 'permanent'],
  [1146, 'permanent'],
] as const;
for (const [errno, kind] of kinds) {
  test(`error ${errno} is of kind ${kind}`, () => {
    assert.equal(kindOfDatabaseError(numbered(errno)), kind);
  });
}

test('errors of the socket are of kind connection, those of a missing file are not', () => {
  assert.equal(kindOfDatabaseError(coded('PROTOCOL_CONNECTION_LOST')), 'connection');
  assert.equal(kindOfDatabaseError(coded('ECONNREFUSED', 'connect')), 'connection');
  assert.equal(kindOfDatabaseError(coded('ENOENT', 'connect')), 'connection');
  assert.equal(kindOfDatabaseError(coded('ENOENT', 'open')), 'permanent');
  assert.equal(kindOfDatabaseError('a text'), 'permanent');
});

test('a wrapped error is recognised by its cause', () => {
  const wrapped = new FlotillaError('DATABASE_QUERY', 'the batch failed', {}, { cause: numbered(1213) });
  assert.equal(kindOfDatabaseError(wrapped), 'transaction');
});

test('work is tried again after errors that pass, with growing pauses, until it succeeds', async () => {
  const pauses: number[] = [];
  const result = await withRetry(
    async (attempt) => {
      if (attempt < 4) throw numbered(1213);
      return attempt;
    },
    { firstDelay: 10, longestDelay: 25 },
    { random: () => 0.999999, sleep: async (milliseconds) => void pauses.push(Math.round(milliseconds)) },
  );
  assert.equal(result, 4);
  assert.deepEqual(pauses, [10, 20, 25]);
});

test('work is given up after the last attempt with its own error', async () => {
  let tries = 0;
  await assert.rejects(
    withRetry(
      async () => {
        tries++;
        throw numbered(1205);
      },
      { attempts: 3 },
      { sleep: async () => undefined },
    ),
    /refused/,
  );
  assert.equal(tries, 3);
});

test('an error that stays is not tried again, and a lost connection only on request', async () => {
  for (const error of [numbered(1062), coded('ECONNRESET')]) {
    let tries = 0;
    await assert.rejects(
      withRetry(async () => {
        tries++;
        throw error;
      }),
    );
    assert.equal(tries, 1);
  }
  const again = await withRetry(
    async (attempt) => (attempt === 1 ? Promise.reject(coded('ECONNRESET')) : attempt),
    { kinds: ['transaction', 'connection'] },
    { sleep: async () => undefined },
  );
  assert.equal(again, 2);
});

test('a pause is never below half of the bound nor above it', () => {
  assert.equal(
    backoff(1, 100, 1000, () => 0),
    50,
  );
  assert.ok(backoff(60, 100, 1000, () => 0.999) <= 1000);
});

test('a real deadlock and a killed connection are recognised', async (t) => {
  const database = await createTestDatabase({ empty: true });
  t.after(() => database.drop());
  await database.pool.query(
    'CREATE TABLE pair (id INT PRIMARY KEY, n INT); INSERT INTO pair VALUES (1, 0), (2, 0)',
  );
  const one = await database.pool.getConnection();
  const two = await database.pool.getConnection();
  await one.query('START TRANSACTION; UPDATE pair SET n = 1 WHERE id = 1');
  await two.query('START TRANSACTION; UPDATE pair SET n = 2 WHERE id = 2');
  const outcomes = await Promise.allSettled([
    one.query('UPDATE pair SET n = 1 WHERE id = 2'),
    two.query('UPDATE pair SET n = 2 WHERE id = 1'),
  ]);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(failed.length, 1);
  assert.equal(kindOfDatabaseError(failed[0]!.reason), 'transaction');
  await one.query('ROLLBACK');
  await two.query('ROLLBACK');
  one.release();
  two.release();

  const pool = openPool(database.address, 1);
  const victim = await pool.getConnection();
  await database.pool.query(`KILL ${victim.threadId}`);
  await assert.rejects(victim.query('SELECT 1'), (error) => kindOfDatabaseError(error) === 'connection');
  victim.release();
  await pool.query('SELECT 1');
  await pool.end();
});
