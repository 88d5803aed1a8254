// When a client that hears nothing asks again: after 4 s, 8 s, 16 s … at most 64 s, each a second more or less by chance.

/** Milliseconds. RFC 2131 §4.1. */
const firstDelay = 4_000;
const longestDelay = 64_000;
const jitter = 1_000;
/** Those due within one bucket leave together. */
const bucketMilliseconds = 10;

interface Waiting<Q> {
  readonly query: Q;
  readonly xid: number;
  /** How often it was sent again. */
  readonly count: number;
}

export class Retransmissions<Q> {
  readonly #random: () => number;
  readonly #buckets = new Map<number, Waiting<Q>[]>();
  /** Every bucket before this one was emptied. */
  #next: number;

  /** `random`: 0 ≤ x < 1; `start` and all other times in milliseconds. */
  constructor(start: number, random: () => number) {
    this.#next = Math.floor(start / bucketMilliseconds);
    this.#random = random;
  }

  /** A query that was sent just now, for the first time. */
  add(now: number, xid: number, query: Q): void {
    this.#put(now, { query, xid, count: 0 });
  }

  /** `again` sends a query again, or answers false when nobody waits for its answer any more. */
  due(now: number, again: (xid: number, query: Q) => boolean): void {
    for (const last = Math.floor(now / bucketMilliseconds); this.#next < last; this.#next++) {
      const bucket = this.#buckets.get(this.#next);
      if (bucket === undefined) continue;
      this.#buckets.delete(this.#next);
      for (const { query, xid, count } of bucket)
        if (again(xid, query)) this.#put(now, { query, xid, count: count + 1 });
    }
  }

  #put(now: number, waiting: Waiting<Q>): void {
    const delay = Math.min(longestDelay, firstDelay * 2 ** waiting.count) + (2 * this.#random() - 1) * jitter;
    const index = Math.floor((now + delay) / bucketMilliseconds);
    const bucket = this.#buckets.get(index);
    if (bucket) bucket.push(waiting);
    else this.#buckets.set(index, [waiting]);
  }
}
