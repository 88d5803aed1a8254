// When a client that hears nothing asks again: each protocol says after how long, some of it by chance.
import type { PerfProtocol } from './protocol.ts';

/** Those due within one bucket leave together. */
const bucketMilliseconds = 10;

interface Waiting<Q> {
  readonly query: Q;
  readonly xid: number;
  /** How often it was sent again. */
  readonly count: number;
  /** Milliseconds waited the last time. */
  readonly before: number;
}

export interface RetransmissionsDeps<Q> {
  readonly patience: PerfProtocol['patience'];
  readonly isFirst: (query: Q) => boolean;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

export class Retransmissions<Q> {
  readonly #deps: RetransmissionsDeps<Q>;
  readonly #buckets = new Map<number, Waiting<Q>[]>();
  /** Every bucket before this one was emptied. */
  #next: number;

  /** `start` and all other times in milliseconds. */
  constructor(start: number, deps: RetransmissionsDeps<Q>) {
    this.#next = Math.floor(start / bucketMilliseconds);
    this.#deps = deps;
  }

  /** A query that was sent just now, for the first time. */
  add(now: number, xid: number, query: Q): void {
    this.#put(now, { query, xid, count: 0, before: 0 });
  }

  /** `again` sends a query again, or answers false when nobody waits for its answer any more. */
  due(now: number, again: (xid: number, query: Q) => boolean): void {
    for (const last = Math.floor(now / bucketMilliseconds); this.#next < last; this.#next++) {
      const bucket = this.#buckets.get(this.#next);
      if (bucket === undefined) continue;
      this.#buckets.delete(this.#next);
      for (const waiting of bucket)
        if (again(waiting.xid, waiting.query)) this.#put(now, { ...waiting, count: waiting.count + 1 });
    }
  }

  #put(now: number, { query, xid, count, before }: Waiting<Q>): void {
    const { patience, isFirst, random } = this.#deps;
    const delay = patience({ isFirst: isFirst(query), count, before }, 2 * random() - 1);
    const waiting = { query, xid, count, before: delay };
    const index = Math.floor((now + delay) / bucketMilliseconds);
    const bucket = this.#buckets.get(index);
    if (bucket) bucket.push(waiting);
    else this.#buckets.set(index, [waiting]);
  }
}
