// What every lease store promises about addresses that were offered and not yet taken. Part of lease-store-contract.ts.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../src/store/lease.ts';
import type { LeaseFindings, LeaseStore } from '../../src/store/lease-store.ts';
import type { LeaseMaker } from './leases.ts';

export async function offersAreWithheld<L extends Lease>(
  store: LeaseStore<L>,
  make: LeaseMaker<L>,
): Promise<void> {
  const { client, address } = make;
  const offer = (n: number, who: number, seconds = 10): Promise<LeaseFindings<L>> =>
    store.find({
      client: client(who),
      subnetIds: [1],
      addresses: [address(n)],
      hold: { address: address(n), subnetId: 1, seconds },
    });
  const range = [make.range(900, 902)];
  assert.equal((await offer(900, 901)).hold, 'held');
  assert.equal((await offer(900, 901)).hold, 'held', 'the same client may ask again');
  const other = await offer(900, 902);
  assert.deepEqual([other.hold, other.offered], ['taken', [address(900)]]);
  const seen = await store.find({ client: client(901), subnetIds: [1], addresses: [address(900)] });
  assert.deepEqual([seen.hold, seen.offered], [undefined, []]);
  assert.deepEqual(await store.findFree(range, address(900), 1, client(902)), [address(901)]);
  assert.deepEqual(await store.findFree(range, address(900), 1, client(901)), [address(900)]);
  assert.deepEqual(
    (await store.counts()).filter(({ leases }) => leases > 0),
    [],
  );
  store.withdraw(address(900), client(902));
  assert.equal((await offer(900, 902)).hold, 'taken', 'nobody withdraws what is not theirs');
  store.withdraw(address(900), client(901));
  await store.find({ client: null, subnetIds: null, addresses: [] });
  assert.equal((await offer(900, 902)).hold, 'held');
  assert.equal((await offer(901, 903, 1)).hold, 'held');
  await sleep(1100);
  assert.equal((await offer(901, 904)).hold, 'held', 'offers end');
}
