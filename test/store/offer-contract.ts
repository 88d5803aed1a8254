// What every lease store promises about addresses that were offered and not yet taken. Part of lease-store-contract.ts.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseFindings, LeaseStore } from '../../src/store/lease-store.ts';
import { client4, hostAddress } from './leases.ts';

export async function offersAreWithheld(store: LeaseStore<Lease4>): Promise<void> {
  const offer = (n: number, who: number, seconds = 10): Promise<LeaseFindings<Lease4>> =>
    store.find({
      client: client4(who),
      subnetIds: [1],
      addresses: [hostAddress(n)],
      hold: { address: hostAddress(n), subnetId: 1, seconds },
    });
  const range = [{ first: hostAddress(900), last: hostAddress(902) }];
  assert.equal((await offer(900, 901)).hold, 'held');
  assert.equal((await offer(900, 901)).hold, 'held', 'the same client may ask again');
  const other = await offer(900, 902);
  assert.deepEqual([other.hold, other.offered], ['taken', [hostAddress(900)]]);
  const seen = await store.find({ client: client4(901), subnetIds: [1], addresses: [hostAddress(900)] });
  assert.deepEqual([seen.hold, seen.offered], [undefined, []]);
  assert.deepEqual(await store.findFree(range, hostAddress(900), 1, client4(902)), [hostAddress(901)]);
  assert.deepEqual(await store.findFree(range, hostAddress(900), 1, client4(901)), [hostAddress(900)]);
  assert.deepEqual(
    (await store.counts()).filter(({ leases }) => leases > 0),
    [],
  );
  store.withdraw(hostAddress(900), client4(902));
  assert.equal((await offer(900, 902)).hold, 'taken', 'nobody withdraws what is not theirs');
  store.withdraw(hostAddress(900), client4(901));
  await store.find({ client: null, subnetIds: null, addresses: [] });
  assert.equal((await offer(900, 902)).hold, 'held');
  assert.equal((await offer(901, 903, 1)).hold, 'held');
  await sleep(1100);
  assert.equal((await offer(901, 904)).hold, 'held', 'offers end');
}
