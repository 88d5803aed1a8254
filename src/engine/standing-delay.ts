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
/** Milliseconds over which arrivals and what is taken are counted, at least. */
const turn = 250;

/** Packets of one turn. */
interface Traffic {
  readonly arrived: number;
  readonly taken: number;
}
const noTraffic: Traffic = { arrived: 0, taken: 0 };

export class StandingDelay {
  readonly #options: StandingDelayOptions;
  /** When waiting became remarkable; null while it is not. */
  #since: number | null = null;
  /** Since the last turn, and between the two turns before; one is made every {@link turn}. */
  #now = { arrived: 0, taken: 0 };
  #before = noTraffic;
  #turnedAt = -Infinity;

  constructor(options: StandingDelayOptions) {
    this.#options = options;
  }

  /** A packet was taken after having waited so long. */
  taken(waited: number, now: number): void {
    this.#turn(now);
    this.#now.taken++;
    if (waited <= unremarkable) this.#since = null;
    else this.#since ??= now;
  }

  /** None waits. */
  emptied(): void {
    this.#since = null;
  }

  /** A packet came. */
  arrived(now: number): void {
    this.#turn(now);
    this.#now.arrived++;
  }

  /**
   * Milliseconds that a packet may have waited. While fewer come than half of what is taken, those that wait are of one
   * great burst (everybody after a power cut) that is worked off: late answers take nothing from anybody, and are still in
   * time for those who wait. When as many come as are taken, as after a stall under load, nobody would ever be in time again.
   */
  limit(now: number): number {
    const { patience, underLoad } = this.#options;
    if (this.#since === null || now - this.#since < interval) return patience;
    this.#turn(now);
    const arrived = this.#now.arrived + this.#before.arrived;
    const taken = this.#now.taken + this.#before.taken;
    return arrived * 2 > taken ? underLoad : patience;
  }

  #turn(now: number): void {
    const passed = now - this.#turnedAt;
    if (passed < turn) return;
    this.#before = passed < 2 * turn ? this.#now : noTraffic;
    this.#now = { arrived: 0, taken: 0 };
    this.#turnedAt = now;
  }
}
