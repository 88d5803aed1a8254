// The libraries that one configuration names: packets begin with a set and finish with it, whatever comes after.
import type { Clock } from '../engine/clock.ts';
import type { HookArguments, HookLimits, HookOutcome, HookPoint, HookScope } from '../engine/hooks.ts';
import type { RegisteredQueueTypes } from '../engine/queue-types.ts';
import type { RegisteredCallout } from './callout.ts';
import { CalloutCall } from './callout-call.ts';
import type { CalloutStatus } from './library.ts';
import type { ParkingLot, ParkingWait } from './parking-lot.ts';
import { isHookPoint, pointsTable } from './points-table.ts';

export interface LoadedLibrary {
  readonly name: string;
  /** Never rejects. */
  unload(): Promise<void>;
}

export interface LibrarySetDeps {
  readonly clock: Clock;
  readonly parking: ParkingLot;
}

/** What loading libraries came to. */
export interface LoadedLibraries {
  /** What the set was loaded from: equal texts mean that nothing has to be loaded. */
  readonly fingerprint: string;
  readonly libraries: readonly LoadedLibrary[];
  readonly callouts: ReadonlyMap<string, readonly RegisteredCallout[]>;
  readonly queueTypes: RegisteredQueueTypes;
}

export class LibrarySet implements LoadedLibraries {
  readonly fingerprint: string;
  readonly libraries: readonly LoadedLibrary[];
  readonly callouts: ReadonlyMap<string, readonly RegisteredCallout[]>;
  readonly queueTypes: RegisteredQueueTypes;
  readonly #deps: LibrarySetDeps;
  #scopes = 0;
  #retired: (() => void) | null = null;

  constructor(given: LoadedLibraries, deps: LibrarySetDeps) {
    this.fingerprint = given.fingerprint;
    this.libraries = given.libraries;
    this.callouts = given.callouts;
    this.queueTypes = given.queueTypes;
    this.#deps = deps;
  }

  /** Nobody waits at any point. */
  get isEmpty(): boolean {
    return this.callouts.size === 0;
  }

  begin(limits: HookLimits): LibraryScope {
    this.#scopes++;
    return new LibraryScope(this, limits, this.#deps, () => {
      if (--this.#scopes === 0) this.#retired?.();
    });
  }

  /** Unloads, last library first, once nothing uses the set any more. Call once. */
  async retire(): Promise<void> {
    if (this.#scopes > 0) await new Promise<void>((done) => (this.#retired = done));
    for (const library of [...this.libraries].reverse()) await library.unload();
  }
}

export class LibraryScope implements HookScope {
  readonly #set: LibrarySet;
  readonly #limits: HookLimits;
  readonly #deps: LibrarySetDeps;
  readonly #onEnd: () => void;
  /** By library: made when one asks for it. */
  readonly #memories = new Map<string, Map<string, unknown>>();

  constructor(set: LibrarySet, limits: HookLimits, deps: LibrarySetDeps, onEnd: () => void) {
    this.#set = set;
    this.#limits = limits;
    this.#deps = deps;
    this.#onEnd = onEnd;
  }

  has(point: string): boolean {
    return this.#set.callouts.has(point);
  }

  call<P extends HookPoint>(point: P, args: HookArguments[P]): Promise<HookOutcome> {
    return this.callAny(point, args);
  }

  end(): void {
    this.#onEnd();
  }

  /** Also for the points of commands, which the engine does not know. */
  async callAny(point: string, args: object): Promise<HookOutcome> {
    const allowed = isHookPoint(point) ? pointsTable[point].statuses : {};
    const waits: ParkingWait[] = [];
    let status: CalloutStatus = 'continue';
    try {
      for (const callout of this.#set.callouts.get(point) ?? []) {
        const call = new CalloutCall(point, status, () => this.#memoryOf(callout.library));
        const given = callout.call(args, call);
        const result = given instanceof Promise ? await given : given;
        if (result === undefined) continue;
        if (typeof result === 'object') {
          waits.push(this.#deps.parking.wait(callout, result.park));
          status = 'park';
        } else status = result;
      }
      if (status === 'drop' && allowed.drop !== undefined) return { status: 'drop', parked: false };
      const rest = status === 'skip' && allowed.skip !== undefined ? 'skip' : 'continue';
      if (waits.length === 0 || allowed.park === undefined) return { status: rest, parked: false };
      const outcome = await this.#deps.parking.park(point, this.#limits.parkedPacketLimit, waits);
      return { status: outcome === 'continue' ? rest : outcome, parked: true };
    } finally {
      for (const wait of waits) wait.cancel();
    }
  }

  #memoryOf(library: string): Map<string, unknown> {
    let memory = this.#memories.get(library);
    if (!memory) {
      memory = new Map<string, unknown>();
      this.#memories.set(library, memory);
    }
    return memory;
  }
}
