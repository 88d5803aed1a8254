// Tells a burst, which is worked off, from an overload, which is not (after CoDel, RFC 8289): how long packets may wait.

export interface StandingDelayOptions {
  /** Milliseconds that a packet may wait in a burst. */
  readonly patience: number;
  /** Milliseconds that a packet may wait once the queue no longer empties. */
  readonly underLoad: number;
}

/** Milliseconds of waiting that are no sign of overload. */
const unremarkable = 50;
/** Milliseconds of remarkable waiting, without a pause, that are one. */
const interval = 500;
/** Milliseconds over which arrivals are counted, at least. */
const turn = 250;

export class StandingDelay {
  readonly #options: StandingDelayOptions;
  /** When waiting became remarkable; null while it is not. */
  #since: number | null = null;
  /** Packets that came since the last turn, and between the two turns before; one is made every {@link turn}. */
  #arrivals = 0;
  #arrivalsBefore = 0;
  #turnedAt = -Infinity;

  constructor(options: StandingDelayOptions) {
    this.#options = options;
  }

  /** A packet was taken after having waited so long; 0 for an empty queue. */
  note(waited: number, now: number): void {
    if (waited <= unremarkable) this.#since = null;
    else this.#since ??= now;
  }

  /** A packet came. */
  arrived(now: number): void {
    this.#turn(now);
    this.#arrivals++;
  }

  /**
   * `waiting`: packets in the queue. When most of them are of one great burst (everybody after a power cut) and few came
   * since, late answers take nothing from anybody, and are still in time for those who wait.
   */
  limit(now: number, waiting: number): number {
    const { patience, underLoad } = this.#options;
    if (this.#since === null || now - this.#since < interval) return patience;
    this.#turn(now);
    return (this.#arrivals + this.#arrivalsBefore) * 2 >= waiting ? underLoad : patience;
  }

  #turn(now: number): void {
    const passed = now - this.#turnedAt;
    if (passed < turn) return;
    this.#arrivalsBefore = passed < 2 * turn ? this.#arrivals : 0;
    this.#arrivals = 0;
    this.#turnedAt = now;
  }
}
