// Queries that wait for their answer, by transaction id: fixed arrays, no allocation per packet, dropped in order of sending.
import type { Binding } from './protocol.ts';

export const stages = ['first', 'second', 'renew', 'release'] as const;
export type Stage = (typeof stages)[number];

export interface Query {
  readonly stage: Stage;
  readonly client: number;
  /** Index of the server it went to. */
  readonly server: number;
  /** Milliseconds. */
  readonly sentAt: number;
  readonly binding: Binding | null;
}

export class InFlight {
  readonly #mask: number;
  /** Of transaction ids and sequence numbers. */
  readonly #xidMask: number;
  readonly #base: number;
  readonly #slots: (Query | undefined)[];
  readonly #sequences: Uint32Array;
  /** Every query in order of sending, to find those whose time is over. */
  readonly #order: { readonly sequence: number; readonly query: Query }[] = [];
  #oldest = 0;
  #next = 0;
  #open = 0;

  /**
   * `capacity` is a power of two, more than can be open at once; transaction ids are below `xids`, a power of two no less;
   * `base` is the first one.
   */
  constructor(capacity: number, xids: number, base: number) {
    this.#mask = capacity - 1;
    this.#xidMask = xids - 1;
    this.#base = base;
    this.#slots = new Array<Query | undefined>(capacity);
    this.#sequences = new Uint32Array(capacity);
  }

  get open(): number {
    return this.#open;
  }

  get capacity(): number {
    return this.#mask + 1;
  }

  /** Opens a transaction and returns its id. The caller keeps `open` below `capacity`. */
  add(query: Query): number {
    let sequence = this.#next;
    // A slot may still be held by a transaction that began long before its second query was sent.
    while (this.#slots[sequence & this.#mask] !== undefined) sequence = this.#wrapped(sequence + 1);
    this.#next = this.#wrapped(sequence + 1);
    this.#open++;
    this.#put(sequence, query);
    return this.#wrapped(this.#base + sequence);
  }

  /** The next query of a transaction that was just taken. */
  continue(xid: number, query: Query): void {
    this.#open++;
    this.#put(this.#wrapped(xid - this.#base), query);
  }

  /** The open query of this id, no longer open; undefined when there is none. */
  take(xid: number): Query | undefined {
    const sequence = this.#wrapped(xid - this.#base);
    const index = sequence & this.#mask;
    const query = this.#slots[index];
    if (query === undefined || this.#sequences[index] !== sequence) return undefined;
    this.#slots[index] = undefined;
    this.#open--;
    return query;
  }

  peek(xid: number): Query | undefined {
    const sequence = this.#wrapped(xid - this.#base);
    const index = sequence & this.#mask;
    return this.#sequences[index] === sequence ? this.#slots[index] : undefined;
  }

  /** Takes every query sent before `before`. */
  expire(before: number, onExpired: (query: Query) => void): void {
    for (; this.#oldest < this.#order.length; this.#oldest++) {
      const { sequence, query } = this.#order[this.#oldest]!;
      const index = sequence & this.#mask;
      if (this.#slots[index] !== query) continue;
      if (query.sentAt >= before) break;
      this.#slots[index] = undefined;
      this.#open--;
      onExpired(query);
    }
    if (this.#oldest > 4096 && this.#oldest * 2 > this.#order.length) {
      this.#order.splice(0, this.#oldest);
      this.#oldest = 0;
    }
  }

  #wrapped(number: number): number {
    return (number & this.#xidMask) >>> 0;
  }

  #put(sequence: number, query: Query): void {
    this.#slots[sequence & this.#mask] = query;
    this.#sequences[sequence & this.#mask] = sequence;
    this.#order.push({ sequence, query });
  }
}
