// Packets that callouts hold back: how many at each point, and for how long at most.
import type { Clock } from '../engine/clock.ts';
import type { Statistics } from '../engine/statistics.ts';
import { messageOf } from '../errors.ts';
import type { RegisteredCallout } from './callout.ts';

export interface ParkingLotDeps {
  readonly clock: Clock;
  readonly statistics: Statistics;
}

/** Packets that are parked now. */
export const parkedStatistic = 'flotilla-hook-parked';
/** Packets that found their point full. */
export const overflowStatistic = 'flotilla-hook-parking-full';

/** A callout's promise that is waited for. */
export interface ParkingWait {
  /** There when the promise is, or when its callout's limit passed; never rejects. */
  readonly verdict: Promise<'continue' | 'drop'>;
  /** The packet is not held after all: no timer stays, and what the promise becomes concerns nobody. */
  cancel(): void;
}

export class ParkingLot {
  readonly #deps: ParkingLotDeps;
  readonly #parked = new Map<string, number>();
  readonly #settlements = new Set<(verdict: 'drop') => void>();
  #isClosed = false;

  constructor(deps: ParkingLotDeps) {
    this.#deps = deps;
    for (const name of [parkedStatistic, overflowStatistic]) deps.statistics.counter(name);
  }

  /** Call at once when a callout gave a promise: it may reject before the packet is parked. */
  wait(by: RegisteredCallout, until: PromiseLike<unknown>): ParkingWait {
    const { parkTimeout } = by.options;
    let isOpen = true;
    let settle: (verdict: 'continue' | 'drop') => void = () => undefined;
    const verdict = new Promise<'continue' | 'drop'>((resolve) => {
      const stopTimer =
        parkTimeout === 0
          ? () => undefined
          : this.#deps.clock.after(parkTimeout, () => {
              by.countTimeout(`a packet stayed parked for ${parkTimeout} ms: dropped`);
              settle('drop');
            });
      settle = (given) => {
        if (!isOpen) return;
        isOpen = false;
        stopTimer();
        this.#settlements.delete(settle);
        resolve(given);
      };
    });
    this.#settlements.add(settle);
    void Promise.resolve(until).then(
      (given) => settle(given === 'drop' ? 'drop' : 'continue'),
      (error: unknown) => {
        if (isOpen) by.complain(`a parked packet is dropped: ${messageOf(error)}`);
        settle('drop');
      },
    );
    if (this.#isClosed) settle('drop');
    return { verdict, cancel: () => settle('drop') };
  }

  /** Drops what is parked, and whatever comes to be parked until it opens again. */
  close(): void {
    this.#isClosed = true;
    for (const settle of this.#settlements) settle('drop');
  }

  open(): void {
    this.#isClosed = false;
  }

  /** Holds a packet until all of `waits` are there. `limit`: packets at this point; 0 = any number. */
  async park(
    point: string,
    limit: number,
    waits: readonly ParkingWait[],
  ): Promise<'continue' | 'drop' | 'overflow'> {
    const parked = this.#parked.get(point) ?? 0;
    if (limit > 0 && parked >= limit) {
      this.#deps.statistics.add(overflowStatistic, 1);
      return 'overflow';
    }
    this.#change(point, 1);
    try {
      const verdicts = await Promise.all(waits.map(({ verdict }) => verdict));
      return verdicts.includes('drop') ? 'drop' : 'continue';
    } finally {
      this.#change(point, -1);
    }
  }

  #change(point: string, by: 1 | -1): void {
    this.#parked.set(point, (this.#parked.get(point) ?? 0) + by);
    this.#deps.statistics.add(parkedStatistic, by);
  }
}
