// When each packet of a steady rate is due. The schedule never waits for answers: a slow server meets the same load.

export class Pacer {
  readonly #interval: number;
  readonly #start: number;
  readonly #limit: number;
  #given = 0;

  /** `rate` per second (0 = never), `start` in milliseconds, at most `limit` in all. */
  constructor(rate: number, start: number, limit: number = Infinity) {
    this.#interval = rate > 0 ? 1000 / rate : Infinity;
    this.#start = start;
    this.#limit = limit;
  }

  get given(): number {
    return this.#given;
  }

  /** True when `limit` of them were taken. */
  get exhausted(): boolean {
    return this.#given >= this.#limit;
  }

  /** When the next one is due, Infinity when there is none. */
  next(): number {
    if (this.exhausted || this.#interval === Infinity) return Infinity;
    return this.#start + this.#given * this.#interval;
  }

  take(): void {
    this.#given++;
  }
}
