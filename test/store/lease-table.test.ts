// The table of leases in memory against a plain list, whatever comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { infiniteLifetime, isExpired, type Lease, type LeaseState } from '../../src/store/lease.ts';
import { ownerKeys } from '../../src/store/lease-owner.ts';
import { lease4Rows, lease6Rows, type LeaseRows } from '../../src/store/memfile/lease-rows.ts';
import { createLeaseTable } from '../../src/store/memfile/lease-table.ts';
import { addresses6, leases4, prefixes6, type LeaseMaker } from './leases.ts';

const now = 1_800_000_000;
const place = fc.integer({ min: 0, max: 31 });
const lease = fc.record({
  place,
  client: fc.integer({ min: 0, max: 5 }),
  hasSecondName: fc.boolean(),
  age: fc.integer({ min: 0, max: 50 }),
  validLifetime: fc.constantFrom(0, 10, 20, infiniteLifetime),
  state: fc.constantFrom<LeaseState>(0, 1, 2, 3),
  subnetId: fc.constantFrom(1, 2),
});
const change = fc.oneof({ arbitrary: lease, weight: 3 }, place);

/** `secondName`: another identifier of the same client, or another association of it. */
function finds<L extends Lease>(
  make: LeaseMaker<L>,
  rows: LeaseRows<L>,
  secondName: (client: number) => Partial<L>,
): void {
  test(`${make.kind}: a table finds by address, owner, expiry and state what a list finds`, () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const table = createLeaseTable(rows);
        const list = new Map<number, L>();
        for (const one of changes) {
          if (typeof one === 'number') {
            table.delete(make.address(one));
            list.delete(one);
            continue;
          }
          const { place, client, hasSecondName, age, ...more } = one;
          const row: L = {
            ...make.lease(place, { ...more, cltt: now - age }, client),
            ...(hasSecondName && secondName(client)),
          };
          table.set(row, rows.encode(row));
          list.set(place, row);
        }
        const all = [...list.values()];
        const byAddress = (leases: readonly L[]): L[] =>
          [...leases].sort((a, b) => (a.address < b.address ? -1 : 1));
        const expiryOf = ({ cltt, validLifetime }: L): number => cltt + validLifetime;

        assert.equal(table.size, all.length);
        assert.deepEqual(
          table.addressesAfter(null, Infinity).map((address) => table.get(address)),
          byAddress(all),
        );
        for (const { address, subnetId } of all) assert.equal(table.subnetIdOf(address), subnetId);
        const texts = byAddress(all).map((one) => rows.encode(one));
        assert.deepEqual([...table.texts()].sort(), texts.sort());
        for (const owner of all) {
          const keys = ownerKeys(owner);
          const expected = all.filter((other) => ownerKeys(other).some((key) => keys.includes(key)));
          assert.deepEqual(byAddress(table.byOwnerKeys(keys)), byAddress(expected));
        }
        const due = all.filter((one) => one.state !== 2 && isExpired(one, now));
        const expired = table.expired(now, Infinity);
        assert.deepEqual(byAddress(expired), byAddress(due));
        const order = expired.map(expiryOf);
        assert.deepEqual(
          order,
          [...order].sort((a, b) => a - b),
        );
        assert.deepEqual(table.expired(now, 2).map(expiryOf), order.slice(0, 2));
        const old = all.filter((one) => one.state === 2 && isExpired(one, now - 5));
        assert.deepEqual(byAddress(table.reclaimed(now - 5)), byAddress(old));
        const claimable = (n: number): boolean => {
          const row = list.get(n);
          return !row || row.state === 2 || row.state === 3 || isExpired(row, now);
        };
        const free = Array.from({ length: 32 }, (_, n) => n).filter(claimable);
        assert.deepEqual(
          table.free([make.range(0, 31)], make.address(0), 32, now, () => false),
          free.map(make.address),
        );
        const counted = table.counts().reduce((sum, { leases }) => sum + leases, 0);
        assert.equal(counted, all.length);
      }),
    );
  });
}

finds(leases4, lease4Rows, (client) => ({ clientId: Uint8Array.of(1, client) }));
finds(addresses6, lease6Rows, () => ({ iaid: 4_000_000_000 }));
finds(prefixes6, lease6Rows, () => ({ iaid: 4_000_000_000 }));
