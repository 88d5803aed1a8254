// Tells a burst, which is worked off, from an overload, which is not (after CoDel, RFC 8289): how long packets may wait.

export interface StandingDelayOptions {
  /** Milliseconds that a packet may wait in a burst. */
  readonly patience: number;
  /** Milliseconds that a packet may wait once the queue no longer empties. */
  readonly underLoad: number;
}

/** Milliseconds of waiting that are no sign of overload. */
const unremarkable = 100;
/** Milliseconds of remarkable waiting, without a pause, that are one. */
const interval = 500;

export class StandingDelay {
  readonly #options: StandingDelayOptions;
  /** When waiting became remarkable; null while it is not. */
  #since: number | null = null;

  constructor(options: StandingDelayOptions) {
    this.#options = options;
  }

  /** A packet was taken after having waited so long; 0 for an empty queue. */
  note(waited: number, now: number): void {
    if (waited <= unremarkable) this.#since = null;
    else this.#since ??= now;
  }

  limit(now: number): number {
    const isOverload = this.#since !== null && now - this.#since >= interval;
    return isOverload ? this.#options.underLoad : this.#options.patience;
  }
}
