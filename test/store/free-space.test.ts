// Free addresses and prefixes of DHCPv6 pools of any size: exact, and no dearer where nearly all is taken.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import type { Lease6 } from '../../src/store/lease.ts';
import type { AddressRange } from '../../src/store/lease-store.ts';
import { findFree } from '../../src/store/mysql/find-free.ts';
import type { Lanes, PacketResult } from '../../src/store/mysql/lanes.ts';
import type { MysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import type { OfferLedger } from '../../src/store/mysql/offer-ledger.ts';
import { offerAddress } from '../../src/store/mysql/offer-sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { client6, prefixes6 } from './leases.ts';
import { openMysqlForContract } from './open-mysql.ts';

let database: TestDatabase;
let backend: MysqlBackend<Lease6>;
before(async () => {
  database = await createTestDatabase();
  backend = openMysqlForContract(database, {}, prefixes6.table).backend;
});
beforeEach(() => database.pool.query('DELETE FROM lease6; DELETE FROM fleet_offer'));
after(async () => {
  await backend.close();
  await database.drop();
});

async function take(addresses: readonly bigint[]): Promise<void> {
  const rows = addresses.map(
    (address) => `(${offerAddress(address)}, X'00030001', 3600, NOW() + INTERVAL 1 HOUR, 1, 2, 1, 56, 0)`,
  );
  for (let i = 0; i < rows.length; i += 2_000)
    await database.pool.query(
      'INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, lease_type, iaid, prefix_len, state) ' +
        `VALUES ${rows.slice(i, i + 2_000).join(',')}`,
    );
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test('a pool of 65,536 prefixes with 64 free costs a round trip more than an empty one, and reads no more than it needs', async () => {
  const pool = [prefixes6.range(0, 65_535)];
  const search = async (): Promise<[number, number[]]> => {
    const packets = backend.packets;
    const free = await backend.findFree(pool, prefixes6.address(30_000), 16);
    return [backend.packets - packets, free.map(prefixes6.numberOf)];
  };
  assert.deepEqual(await search(), [1, numbers(16).map((i) => 30_000 + i)]);
  await take(
    numbers(65_536)
      .filter((n) => n % 1_024 !== 512)
      .map(prefixes6.address),
  );
  assert.deepEqual(await search(), [2, numbers(16).map((i) => 30_208 + 1_024 * i)]);

  let looked = 0;
  const packet: Lanes['packet'] = async (sql) => {
    looked += Number(/CAST\((\d+) AS SIGNED\)/.exec(sql)![1]);
    const [rows] = await database.pool.query({ sql, rowsAsArray: true });
    return rows as PacketResult;
  };
  const deps = { lanes: { packet } as Lanes, ledger: { writesDown: false } as OfferLedger };
  for (const start of [0, 20_000, 50_000, 60_000, 65_000, 65_535].map(prefixes6.address)) {
    looked = 0;
    const free = await findFree(prefixes6.table, { ranges: pool, start, limit: 16, client: null }, deps);
    assert.equal(free.length, 16);
    assert.ok(looked <= 20_480, `${looked} prefixes looked at for 16 free ones in each 16,384`);
  }
});

test('in a pool that can never be full the first free addresses are found behind all that are taken', async () => {
  const first = parseIpv6('2001:db8::');
  await take(numbers(9_000).map((i) => first + BigInt(i)));
  const packets = backend.packets;
  const free = await backend.findFree([{ first, last: first + 2n ** 80n - 1n }], first, 3);
  assert.deepEqual(free.map(formatIpv6), ['2001:db8::2328', '2001:db8::2329', '2001:db8::232a']);
  assert.equal(backend.packets - packets, 2);
});

test('a lease of longer prefixes takes the prefix it is in', async () => {
  await take([prefixes6.address(3) + 2n ** 64n, prefixes6.address(5)]);
  const free = await backend.findFree([prefixes6.range(2, 6)], prefixes6.address(2), 9);
  assert.deepEqual(free.map(prefixes6.numberOf), [2, 4, 6]);
});

test('what is taken, offered or not is told apart for prefixes of every length, on both sides of a multiple of 2^64', async () => {
  const units = 48;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 33, max: 128 }),
      fc.integer({ min: 0, max: units }),
      fc.uniqueArray(fc.nat(units - 1)),
      fc.uniqueArray(fc.nat(units - 1)),
      fc.nat(units - 1),
      fc.integer({ min: 1, max: units + 5 }),
      async (delegatedLength, before, taken, offered, start, limit) => {
        await database.pool.query('DELETE FROM lease6; DELETE FROM fleet_offer');
        const unit = 1n << BigInt(128 - delegatedLength);
        // The 2^64 of the middle, or one of 2^96 where units are larger.
        const middle = parseIpv6(delegatedLength > 64 ? '2001:db8:0:1::' : '2001:db8::');
        const first = middle - BigInt(before) * unit;
        const at = (n: number): bigint => first + BigInt(n) * unit;
        await take(taken.map(at));
        if (offered.length > 0)
          await database.pool.query(
            `INSERT INTO fleet_offer VALUES ${offered.map((n) => `(6, ${offerAddress(at(n))}, REPEAT('x', 16), 'other', UTC_TIMESTAMP(3) + INTERVAL 1 MINUTE)`).join(',')}`,
          );
        const range: AddressRange<Lease6> = {
          first,
          last: at(units) - 1n,
          ...(delegatedLength < 128 && { delegatedLength }),
        };
        // A server that writes its offers down sees those of others.
        const other = client6(1);
        await backend.findAll([
          {
            client: other,
            subnetIds: [],
            addresses: [],
            hold: { address: 1n, subnetId: 1, seconds: 0.001 },
          },
        ]);
        const order = numbers(units).map((i) => (start + i) % units);
        const free = (busy: readonly number[]): bigint[] =>
          order
            .filter((n) => !busy.includes(n))
            .slice(0, limit)
            .map(at);
        assert.deepEqual(await backend.findFree([range], at(start), limit), free(taken));
        assert.deepEqual(
          await backend.findFree([range], at(start), limit, other),
          free([...taken, ...offered]),
        );
      },
    ),
    { numRuns: 60 },
  );
});
