// Which leases expire first: a binary heap of slot numbers that knows where each one lies, so that nothing stale stays in it.

export interface ExpiryHeap {
  /** `slot` is new, or its expiry changed. */
  set(slot: number): void;
  delete(slot: number): void;
  /** Slots that expired before `now`, oldest first. They stay in the heap. */
  expired(now: number, limit: number): number[];
}

const nowhere = -1;

/** `expiryOf`: seconds since the epoch; it must not change while the slot is in the heap, but by `set`. */
export function createExpiryHeap(expiryOf: (slot: number) => number): ExpiryHeap {
  let heap = new Uint32Array(1024);
  let size = 0;
  /** Slot → index in the heap. */
  let places = new Int32Array(1024).fill(nowhere);

  const put = (index: number, slot: number): void => {
    heap[index] = slot;
    places[slot] = index;
  };

  const up = (from: number, slot: number): void => {
    const when = expiryOf(slot);
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (expiryOf(heap[parent]!) <= when) break;
      put(index, heap[parent]!);
      index = parent;
    }
    put(index, slot);
  };

  const down = (from: number, slot: number): void => {
    const when = expiryOf(slot);
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && expiryOf(heap[child + 1]!) < expiryOf(heap[child]!)) child++;
      if (expiryOf(heap[child]!) >= when) break;
      put(index, heap[child]!);
      index = child;
    }
    put(index, slot);
  };

  /** To where it belongs, from an index where everything above and below is in order. */
  const settle = (index: number, slot: number): void => {
    const parent = heap[(index - 1) >> 1];
    if (index > 0 && expiryOf(parent!) > expiryOf(slot)) up(index, slot);
    else down(index, slot);
  };

  const set = (slot: number): void => {
    if (slot >= places.length) places = grown(places, slot + 1).fill(nowhere, places.length);
    const index = places[slot]!;
    if (index !== nowhere) return settle(index, slot);
    if (size === heap.length) heap = grown(heap, size + 1);
    up(size++, slot);
  };

  const remove = (slot: number): void => {
    const index = places[slot] ?? nowhere;
    if (index === nowhere) return;
    places[slot] = nowhere;
    const last = heap[--size]!;
    if (last !== slot) settle(index, last);
  };

  return {
    set,
    delete: remove,
    expired(now, limit) {
      const found: number[] = [];
      while (size > 0 && found.length < limit && expiryOf(heap[0]!) < now) {
        found.push(heap[0]!);
        remove(heap[0]!);
      }
      for (const slot of found) set(slot);
      return found;
    },
  };
}

/** A copy with room for `length` and as much again as there was. */
export function grown<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  array: T,
  length: number,
): T {
  const copy = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2));
  copy.set(array);
  return copy;
}
