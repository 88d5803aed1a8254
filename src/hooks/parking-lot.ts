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

export class ParkingLot {
  readonly #deps: ParkingLotDeps;
  readonly #parked = new Map<string, number>();
  readonly #settlements = new Set<(verdict: 'drop') => void>();
  #isClosed = false;

  constructor(deps: ParkingLotDeps) {
    this.#deps = deps;
    for (const name of [parkedStatistic, overflowStatistic]) deps.statistics.counter(name);
  }

  /** Resolves when the promise is there or its callout's limit passed; never rejects. */
  wait(by: RegisteredCallout, until: PromiseLike<unknown>): Promise<'continue' | 'drop'> {
    return new Promise((resolve) => {
      const { parkTimeout } = by.options;
      const cancel =
        parkTimeout === 0
          ? () => undefined
          : this.#deps.clock.after(parkTimeout, () => {
              if (isOpen) by.countTimeout(`a packet stayed parked for ${parkTimeout} ms: dropped`);
              settle('drop');
            });
      let isOpen = true;
      const settle = (verdict: 'continue' | 'drop'): void => {
        isOpen = false;
        cancel();
        this.#settlements.delete(settle);
        resolve(verdict);
      };
      if (this.#isClosed) return settle('drop');
      this.#settlements.add(settle);
      void Promise.resolve(until).then(
        (verdict) => settle(verdict === 'drop' ? 'drop' : 'continue'),
        (error: unknown) => {
          if (isOpen) by.complain(`a parked packet is dropped: ${messageOf(error)}`);
          settle('drop');
        },
      );
    });
  }

  /** Drops what is parked, and whatever comes to be parked from now on. */
  close(): void {
    this.#isClosed = true;
    for (const settle of this.#settlements) settle('drop');
  }

  /** Holds a packet until all of `waits` are there. `limit`: packets at this point; 0 = any number. */
  async park(
    point: string,
    limit: number,
    waits: readonly Promise<'continue' | 'drop'>[],
  ): Promise<'continue' | 'drop' | 'overflow'> {
    const parked = this.#parked.get(point) ?? 0;
    if (limit > 0 && parked >= limit) {
      this.#deps.statistics.add(overflowStatistic, 1);
      return 'overflow';
    }
    this.#change(point, 1);
    try {
      const verdicts = await Promise.all(waits);
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
