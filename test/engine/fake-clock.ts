// A clock that stands still until a test says that time passes.
import type { Clock } from '../../src/engine/clock.ts';

interface Alarm {
  readonly at: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  #alarms: Alarm[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): () => void {
    const alarm = { at: this.#now + milliseconds, action };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Jumps ahead, as for a machine that slept: what became due fires once, in order; the work it starts comes to rest. */
  async advance(milliseconds: number, idle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await rest();
    this.#now += milliseconds;
    for (;;) {
      const next = this.#alarms.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#alarms = this.#alarms.filter((other) => other !== next);
      next.action();
      await idle();
      await rest();
    }
  }
}

/** Enough turns of the event loop for store calls made of microtasks and immediates. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}
