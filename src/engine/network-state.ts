// Whether the daemon answers clients: a set of origins that switched it off; it serves only while the set is empty.
import { systemClock, type Clock } from './clock.ts';

/** Kea's origin numbers. A command or a lost database touches only its own origin. */
export const networkStateOrigin = {
  userCommand: 1,
  haLocal: 1000,
  haRemote: 2000,
  leaseDatabase: 3001,
  hostDatabase: 3011,
  configBackend: 3021,
} as const;

export class NetworkState {
  readonly #clock: Clock;
  /** Origin → cancels its automatic enabling. */
  readonly #disabled = new Map<number, (() => void) | null>();

  constructor(_options: Record<string, never> = {}, deps: { readonly clock?: Clock } = {}) {
    this.#clock = deps.clock ?? systemClock;
  }

  get isEnabled(): boolean {
    return this.#disabled.size === 0;
  }

  /** Origins that hold the service off, ascending. */
  origins(): readonly number[] {
    return [...this.#disabled.keys()].sort((a, b) => a - b);
  }

  /** Stops answering for this origin; with `maxPeriodSeconds` it enables itself again after that time. */
  disable(originId: number, maxPeriodSeconds?: number): void {
    this.#disabled.get(originId)?.();
    const cancel =
      maxPeriodSeconds === undefined
        ? null
        : this.#clock.after(maxPeriodSeconds * 1000, () => this.#disabled.delete(originId));
    this.#disabled.set(originId, cancel);
  }

  /** Withdraws this origin's objection; other origins still hold. */
  enable(originId: number): void {
    this.#disabled.get(originId)?.();
    this.#disabled.delete(originId);
  }

  /** Cancels every pending timer (shutdown). */
  close(): void {
    for (const cancel of this.#disabled.values()) cancel?.();
  }
}
