// Databases that were away when they were checked: asked again until one has our schema, and no service while one has another.
import { describeDatabase, type DatabaseAddress } from '../db/address.ts';
import type { Family } from '../addr/family.ts';
import type { Clock } from '../engine/clock.ts';
import { networkStateOrigin, type NetworkState } from '../engine/network-state.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { checkDatabase, distinctDatabases } from './check-database.ts';

export interface SchemaWatchDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly networkState: NetworkState;
}

interface Watched {
  readonly address: DatabaseAddress;
  /** It answered, with another schema than ours. */
  isRefused: boolean;
  cancel: () => void;
}

/** Milliseconds between two questions. */
const pause = 5_000;
const origin = networkStateOrigin.leaseDatabase;

export class SchemaWatch {
  readonly #family: Family;
  readonly #deps: SchemaWatchDeps;
  /** By description: however often a database is checked, it is asked again once per pause. */
  readonly #watched = new Map<string, Watched>();

  constructor(options: { readonly family: Family }, deps: SchemaWatchDeps) {
    this.#family = options.family;
    this.#deps = deps;
  }

  /** Throws DATABASE_SCHEMA when one has a foreign schema; one that is away is watched. */
  async check(addresses: readonly DatabaseAddress[]): Promise<void> {
    for (const address of distinctDatabases(addresses)) {
      const result = await checkDatabase(address);
      if (result.state === 'ok') this.#release(address);
      else {
        this.#deps.log.warn(
          'DATABASE_MYSQL_START_AWAY',
          `${describeDatabase(address)} is away: ${result.reason}`,
        );
        this.#watch(address);
      }
    }
  }

  /** Only these are in use now. */
  retain(addresses: readonly DatabaseAddress[]): void {
    const kept = new Set(addresses.map(describeDatabase));
    for (const [name, { address }] of this.#watched) if (!kept.has(name)) this.#release(address);
  }

  close(): void {
    this.retain([]);
  }

  #watch(address: DatabaseAddress): void {
    const name = describeDatabase(address);
    if (this.#watched.has(name)) return;
    const watched: Watched = { address, isRefused: false, cancel: () => undefined };
    this.#watched.set(name, watched);
    this.#askLater(watched);
  }

  #askLater(watched: Watched): void {
    watched.cancel = this.#deps.clock.after(pause, () => void this.#ask(watched));
  }

  async #ask(watched: Watched): Promise<void> {
    const { address } = watched;
    try {
      const { state } = await checkDatabase(address);
      if (!this.#isWatched(watched)) return;
      if (state === 'ok') return this.#release(address);
    } catch (error) {
      if (!this.#isWatched(watched)) return;
      this.#refuse(watched, error);
    }
    this.#askLater(watched);
  }

  #isWatched(watched: Watched): boolean {
    return this.#watched.get(describeDatabase(watched.address)) === watched;
  }

  #refuse(watched: Watched, error: unknown): void {
    if (watched.isRefused) return;
    watched.isRefused = true;
    this.#deps.networkState.disable(origin);
    this.#deps.log.error(
      `DHCP${this.#family}_DATABASE_REFUSED`,
      `service disabled until it is repaired: ${messageOf(error)}`,
    );
  }

  /** It has our schema, or is no longer in use. */
  #release(address: DatabaseAddress): void {
    const name = describeDatabase(address);
    const watched = this.#watched.get(name);
    if (!watched) return;
    watched.cancel();
    this.#watched.delete(name);
    if (!watched.isRefused || [...this.#watched.values()].some(({ isRefused }) => isRefused)) return;
    this.#deps.networkState.enable(origin);
    this.#deps.log.info(
      'FLOTILLA_DATABASE_ACCEPTED',
      `service enabled again: ${name} is no longer refused, or no longer in use`,
    );
  }
}
