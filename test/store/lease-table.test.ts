// The table of leases in memory against a plain list, whatever comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isExpired, infiniteLifetime, type Lease4, type LeaseState } from '../../src/store/lease.ts';
import { ownerKeys } from '../../src/store/lease-owner.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { createLeaseTable } from '../../src/store/memfile/lease-table.ts';
import { lease4 } from './leases.ts';

const now = 1_800_000_000;
const lease = fc.record({
  address: fc.integer({ min: 0xf000_0000, max: 0xf000_001f }),
  client: fc.integer({ min: 0, max: 5 }),
  hasClientId: fc.boolean(),
  age: fc.integer({ min: 0, max: 50 }),
  validLifetime: fc.constantFrom(0, 10, 20, infiniteLifetime),
  state: fc.constantFrom<LeaseState>(0, 1, 2, 3),
  subnetId: fc.constantFrom(1, 2),
});
const change = fc.oneof({ arbitrary: lease, weight: 3 }, fc.integer({ min: 0xf000_0000, max: 0xf000_001f }));

test('a table finds by address, owner, expiry and state what a list finds', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const table = createLeaseTable(lease4Rows);
      const list = new Map<number, Lease4>();
      for (const one of changes) {
        if (typeof one === 'number') {
          table.delete(one);
          list.delete(one);
          continue;
        }
        const { address, client, hasClientId, age, validLifetime, state, subnetId } = one;
        const hwaddr = Uint8Array.of(2, 0, 0, 0, 0, client);
        const row: Lease4 = {
          ...lease4(0, { address, hwaddr, validLifetime, state, subnetId, cltt: now - age }),
          clientId: hasClientId ? Uint8Array.of(1, client) : null,
        };
        table.set(row, lease4Rows.encode(row));
        list.set(address, row);
      }
      const all = [...list.values()];
      const byAddress = (leases: readonly Lease4[]) => [...leases].sort((a, b) => a.address - b.address);
      const expiryOf = ({ cltt, validLifetime }: Lease4): number => cltt + validLifetime;

      assert.equal(table.size, all.length);
      assert.deepEqual(
        table.sortedAddresses().map((address) => table.get(address)),
        byAddress(all),
      );
      for (const { address, subnetId } of all) assert.equal(table.subnetIdOf(address), subnetId);
      const rows = byAddress(all).map((one) => lease4Rows.encode(one));
      assert.deepEqual([...table.texts()].sort(), rows.sort());
      for (const { hwaddr, clientId } of all) {
        const keys = ownerKeys({ family: 4, hwaddr, clientId });
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
      const counted = table.counts().reduce((sum, { leases }) => sum + leases, 0);
      assert.equal(counted, all.length);
    }),
  );
});
