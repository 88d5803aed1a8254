// Which leases expired, oldest first: a binary heap whose stale entries are dropped when they surface.
import { infiniteLifetime, type Lease } from '../lease.ts';

export interface ExpiryHeap<L extends Lease> {
  push(lease: L): void;
  /** Leases that expired before `now`, oldest first. They stay in the heap until their row changes. */
  expired(now: number, limit: number): L[];
}

/** `current`: the row of an address now; an entry counts only while it is that very row. */
export function createExpiryHeap<L extends Lease>(
  current: (address: L['address']) => L | undefined,
): ExpiryHeap<L> {
  let heap: L[] = [];
  let compactAt = 1024;
  const expiry = (lease: L): number => lease.cltt + lease.validLifetime;

  const up = (start: number): void => {
    const lease = heap[start]!;
    const when = expiry(lease);
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (expiry(heap[parent]!) <= when) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = lease;
  };

  const down = (start: number): void => {
    const lease = heap[start]!;
    const when = expiry(lease);
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && expiry(heap[child + 1]!) < expiry(heap[child]!)) child++;
      if (expiry(heap[child]!) >= when) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = lease;
  };

  const pop = (): L => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      down(0);
    }
    return top;
  };

  const push = (lease: L): void => {
    if (lease.validLifetime === infiniteLifetime) return;
    if (heap.length >= compactAt) {
      // Renewals leave one stale entry each: without this the heap would grow with every packet.
      heap = heap.filter((entry) => current(entry.address) === entry);
      for (let i = (heap.length >> 1) - 1; i >= 0; i--) down(i);
      compactAt = Math.max(1024, heap.length * 2);
    }
    heap.push(lease);
    up(heap.length - 1);
  };

  return {
    push,
    expired(now, limit) {
      const found: L[] = [];
      while (heap.length > 0 && found.length < limit && expiry(heap[0]!) < now) {
        const lease = pop();
        if (current(lease.address) === lease) found.push(lease);
      }
      for (const lease of found) push(lease);
      return found;
    },
  };
}
