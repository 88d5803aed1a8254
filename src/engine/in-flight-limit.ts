// How many packets may be in process at once: as many as the stores answer quickly, found out while they answer.

export interface InFlightLimitOptions {
  readonly max: number;
}

/** Never fewer in process, however slow the answers. */
const least = 64;
const first = 512;
/** Milliseconds over which one decision is made, and answers that it needs. */
const windowMs = 100;
const windowAnswers = 16;
/** Milliseconds in process that are always acceptable. */
const acceptable = 20;
/**
 * Slow stores may take this much longer than they take when not pressed: a lookup that just misses a batch waits for that
 * one and for its own.
 */
const tolerated = 3;
/** The shortest time is remembered for one to two of these (milliseconds), so that it can also grow. */
const memory = 10_000;
/** While pressed all the time, this often half as many are let in for a moment: only so can the unpressed time be seen. */
const probeEvery = 5_000;
/** A decision changes the limit by no more than these factors. */
const growth = 1.5;
const shrinkage = 0.5;

/**
 * Packets in process beyond what a store works at wait inside the store, where nobody can drop them or prefer others.
 * By Little's law the time in process grows with their number once the store is at work all the time: so the number
 * shrinks when answers take longer than acceptable, and grows while the limit holds packets back and answers are quick.
 * A store that is slow by itself (80 ms a call, a database far away) keeps its many packets: what counts is how
 * much longer than the shortest time it takes.
 */
export class InFlightLimit {
  readonly #max: number;
  #limit: number;
  #isPressed = false;
  #windowStart = 0;
  #answers = 0;
  #totalMs = 0;
  #shortest = Infinity;
  #shortestBefore = Infinity;
  #memoryStart = 0;
  /** Since then every decision was made under pressure, without a probe. */
  #pressedSince = Infinity;
  /** A change shows only in answers to what started after it. */
  #settlesAt = 0;
  /** End of the probe under way; -Infinity: none. */
  #probeUntil = -Infinity;

  constructor(options: InFlightLimitOptions) {
    this.#max = options.max;
    this.#limit = Math.min(first, options.max);
  }

  /** Whether one more may start. A refusal is remembered: only a limit that is felt grows. */
  admits(inFlight: number, now: number): boolean {
    if (inFlight < this.#current(now)) return true;
    this.#isPressed = true;
    this.#pressedSince = Math.min(this.#pressedSince, now);
    return false;
  }

  /** An answer that took `tookMs` in process. */
  finished(tookMs: number, now: number): void {
    this.#answers++;
    this.#totalMs += tookMs;
    if (this.#answers < windowAnswers || now - this.#windowStart < windowMs) return;
    if (!this.#isPressed) this.#pressedSince = Infinity;
    this.#adjust(this.#totalMs / this.#answers, now);
    this.#windowStart = now;
    this.#answers = 0;
    this.#totalMs = 0;
    this.#isPressed = false;
  }

  get limit(): number {
    return this.#limit;
  }

  #current(now: number): number {
    if (now >= this.#probeUntil) return this.#limit;
    return Math.max(Math.min(least, this.#max), this.#limit >> 1);
  }

  #adjust(mean: number, now: number): void {
    if (now - this.#memoryStart >= memory) {
      this.#shortestBefore = this.#shortest;
      this.#shortest = Infinity;
      this.#memoryStart = now;
    }
    this.#shortest = Math.min(this.#shortest, mean);
    if (now < this.#probeUntil || now < this.#settlesAt) return;
    const target = Math.max(acceptable, tolerated * Math.min(this.#shortest, this.#shortestBefore));
    // Little: in a store that is at work all the time this many take `target`.
    const factor = Math.min(growth, Math.max(shrinkage, target / mean));
    if (factor < 1 || this.#isPressed) {
      const wanted = Math.round(this.#limit * factor);
      this.#limit = Math.min(this.#max, Math.max(least, wanted));
      this.#settlesAt = now + mean;
    }
    if (this.#isPressed && now - this.#pressedSince >= probeEvery) {
      this.#pressedSince = now;
      this.#probeUntil = now + mean + 2 * windowMs;
      this.#settlesAt = this.#probeUntil + 2 * mean;
    }
  }
}
