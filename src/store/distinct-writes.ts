// Which writes may travel together: no two of one batch touch the same address or the same client.
import { addressKey } from '../addr/address-key.ts';
import type { Address } from '../addr/family.ts';
import type { Lease } from './lease.ts';
import { ownerKeys } from './lease-owner.ts';
import type { LeaseWrite } from './lease-store.ts';

export type WriteKey = string | number | bigint;

/** {@link addressKey} of addresses, owners as text: what a write must not share with another write under way. */
export function writeKeys(write: LeaseWrite): WriteKey[] {
  const keys: WriteKey[] = [
    addressKey<Address>(write.verb === 'claim' || write.verb === 'put' ? write.lease.address : write.address),
  ];
  if (write.verb === 'claim' && write.alsoRemove !== undefined)
    keys.push(addressKey<Address>(write.alsoRemove));
  const owner = write.verb === 'put' ? write.lease : write.verb === 'replace' ? write.expected : write.client;
  if (owner) keys.push(...ownerKeys(owner));
  return keys;
}

/**
 * Takes from the front of `queue`, in order, up to `limit` items that share no key with each other nor with `inFlight`.
 * An item that stays behind holds back every later one that shares a key with it: order per address and client is kept.
 */
export function takeDistinct<T extends { readonly keys: readonly WriteKey[] }>(
  queue: readonly T[],
  inFlight: ReadonlySet<WriteKey>,
  limit: number,
): { taken: T[]; left: T[] } {
  const taken: T[] = [];
  const left: T[] = [];
  const claimed = new Set<WriteKey>();
  for (let i = 0; i < queue.length; i++) {
    if (taken.length === limit) {
      for (; i < queue.length; i++) left.push(queue[i]!);
      break;
    }
    const item = queue[i]!;
    const free = item.keys.every((key) => !inFlight.has(key) && !claimed.has(key));
    for (const key of item.keys) claimed.add(key);
    (free ? taken : left).push(item);
  }
  return { taken, left };
}

/** Cuts a list into runs of distinct writes, in an order that keeps the order per address and client. */
export function distinctRuns<L extends Lease>(writes: readonly LeaseWrite<L>[]): number[][] {
  const none = new Set<WriteKey>();
  let queue = writes.map((write, index) => ({ index, keys: writeKeys(write) }));
  const runs: number[][] = [];
  while (queue.length > 0) {
    const { taken, left } = takeDistinct(queue, none, queue.length);
    runs.push(taken.map((item) => item.index));
    queue = left;
  }
  return runs;
}
