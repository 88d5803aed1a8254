// The periodic work on leases: reclaiming what expired, flushing what was kept long enough, recounting use.
import type { Family } from '../addr/family.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore, ReclaimOptions } from '../store/lease-store.ts';
import type { Clock } from './clock.ts';
import type { LeaseUsage } from './lease-usage.ts';
import type { NetworkState } from './network-state.ts';
import type { ReclaimCycle, ReclaimedChunk } from './reviewed-reclaim.ts';

export interface LeaseTimersOptions {
  readonly family: Family;
  /** Seconds between recounts of assigned addresses; 0 = only at new snapshots. */
  readonly recountSeconds: number;
}

export interface LeaseTimersDeps<L extends Lease> {
  readonly snapshot: () => Snapshot;
  readonly leases: LeaseStore<L>;
  readonly usage: LeaseUsage;
  readonly networkState: NetworkState;
  readonly clock: Clock;
  /** 0 ≤ x < 1: servers that share a store do not recount at the same moment. */
  readonly random: () => number;
  readonly log: Logger;
  /** One more chunk of the cycle, with libraries asked about each lease; null: the store reclaims without asking. */
  readonly reclaim?: (options: ReclaimOptions, cycle: ReclaimCycle<L>) => Promise<ReclaimedChunk<L>> | null;
}

/** Rows per statement: small enough that the time limit of a cycle is noticed. */
const chunk = 100;

/** Each timer is set again only after its work ended, so cycles never overlap. */
export class LeaseTimers<L extends Lease> {
  readonly #options: LeaseTimersOptions;
  readonly #deps: LeaseTimersDeps<L>;
  readonly #cancels = new Map<string, () => void>();
  readonly #running = new Set<Promise<void>>();
  #incompleteCycles = 0;
  #stopped = false;

  constructor(options: LeaseTimersOptions, deps: LeaseTimersDeps<L>) {
    this.#options = options;
    this.#deps = deps;
  }

  get #idPrefix(): string {
    return `ALLOC_ENGINE_V${this.#options.family}`;
  }

  start(): void {
    const expired = (): Snapshot['globals']['expiredLeases'] => this.#deps.snapshot().globals.expiredLeases;
    this.#arm(
      'reclaim',
      () => expired().reclaimTimerWaitTime,
      () => this.reclaim(),
    );
    this.#arm(
      'flush',
      () => expired().flushReclaimedTimerWaitTime,
      () => this.flush(),
    );
    this.#arm(
      'recount',
      () => this.#options.recountSeconds * (0.75 + this.#deps.random() / 2),
      () => this.recount(),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    await this.idle();
  }

  /** Resolves when no timer's work is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** One reclaim cycle, within `max-reclaim-leases` and `max-reclaim-time`. */
  async reclaim(): Promise<void> {
    const { leases, usage, clock, log, networkState } = this.#deps;
    if (!networkState.isEnabled) {
      log.debug(
        `DHCP${this.#options.family}_RECLAIM_EXPIRED_LEASES_SKIPPED`,
        'no leases are reclaimed while the service is off',
      );
      return;
    }
    const settings = this.#deps.snapshot().globals.expiredLeases;
    const started = clock.now();
    let reclaimed = 0;
    let complete = false;
    const cycle: ReclaimCycle<L> = { seen: new Set() };
    try {
      while (!complete) {
        const left = settings.maxReclaimLeases === 0 ? chunk : settings.maxReclaimLeases - reclaimed;
        const late = settings.maxReclaimTime > 0 && clock.now() - started >= settings.maxReclaimTime;
        if (left <= 0 || (late && reclaimed + cycle.seen.size > 0)) break;
        const limit = Math.min(left, chunk);
        const remove = settings.flushReclaimedTimerWaitTime === 0;
        const reviewed = await this.#deps.reclaim?.({ limit, remove }, cycle);
        const rows = reviewed?.rows ?? (await leases.reclaim({ limit, remove }));
        for (const row of rows) usage.reclaimed(row);
        reclaimed += rows.length;
        complete = reviewed?.complete ?? rows.length < limit;
      }
    } catch (error) {
      log.error(`${this.#idPrefix}_LEASES_RECLAMATION_FAILED`, messageOf(error));
      return;
    }
    if (reclaimed > 0) {
      log.debug(`${this.#idPrefix}_LEASES_RECLAMATION_COMPLETE`, `reclaimed ${reclaimed} leases`, {
        reclaimed,
      });
    }
    this.#incompleteCycles = complete ? 0 : this.#incompleteCycles + 1;
    if (settings.unwarnedReclaimCycles > 0 && this.#incompleteCycles > settings.unwarnedReclaimCycles) {
      log.warn(
        `${this.#idPrefix}_LEASES_RECLAMATION_SLOW`,
        `expired leases were left over for ${this.#incompleteCycles} cycles`,
      );
      this.#incompleteCycles = 0;
    }
  }

  /** Deletes reclaimed leases that were kept for their clients longer than `hold-reclaimed-time`. */
  async flush(): Promise<void> {
    const { leases, log } = this.#deps;
    try {
      const deleted = await leases.flushReclaimed(
        this.#deps.snapshot().globals.expiredLeases.holdReclaimedTime,
      );
      if (deleted > 0) {
        log.debug(
          `${this.#idPrefix}_RECLAIMED_LEASES_DELETE_COMPLETE`,
          `deleted ${deleted} reclaimed leases`,
          {
            deleted,
          },
        );
      }
    } catch (error) {
      log.error(`${this.#idPrefix}_RECLAIMED_LEASES_DELETE_FAILED`, messageOf(error));
    }
  }

  /** Reads assigned and declined addresses back from the store, other servers' included. */
  recount(): Promise<void> {
    const running = this.#recount().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async #recount(): Promise<void> {
    try {
      this.#deps.usage.recount(await this.#deps.leases.counts());
    } catch (error) {
      this.#deps.log.warn('FLOTILLA_LEASE_RECOUNT_FAILED', messageOf(error));
    }
  }

  #arm(name: string, seconds: () => number, work: () => Promise<void>): void {
    if (this.#stopped) return;
    const wait = seconds();
    // Switched off: looks again whether a new configuration switched it on.
    const cancel = this.#deps.clock.after((wait > 0 ? wait : 10) * 1000, () => {
      const running = (seconds() > 0 ? work() : Promise.resolve()).then(() => {
        this.#running.delete(running);
        this.#arm(name, seconds, work);
      });
      this.#running.add(running);
    });
    this.#cancels.set(name, cancel);
  }
}
