// The libraries of one server: loads a new set beside the old, swaps them between packets, unloads the old when unused.
import type { Family } from '../addr/family.ts';
import type { Clock } from '../engine/clock.ts';
import type { EngineHooks, HookArguments, HookLimits, HookPoint, HookScope } from '../engine/hooks.ts';
import type { NetworkState } from '../engine/network-state.ts';
import type { QueueTypes } from '../engine/queue-types.ts';
import type { Statistics } from '../engine/statistics.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { libraryEntries, fingerprintOf, type EntrySource } from './library-entries.ts';
import type { CommandArguments, HookCommand, HookCommandAnswer, HookServer } from './library.ts';
import { LibrarySet } from './library-set.ts';
import { libraryStatistic, libraryStatistics, loadLibraries } from './load-libraries.ts';
import { ParkingLot } from './parking-lot.ts';

/** Where libraries put their commands: the registry of the control channels. */
export interface CommandSeats {
  register(
    name: string,
    handler: (args: unknown, request: HookCommand) => Promise<HookCommandAnswer>,
  ): () => void;
}

export interface HookLibrariesDeps {
  readonly family: Family;
  readonly clock: Clock;
  readonly log: Logger;
  readonly statistics: Statistics;
  readonly networkState: NetworkState;
  readonly commands: CommandSeats;
  /** Where their queue types count. */
  readonly queueTypes: QueueTypes;
  readonly server: HookServer;
}

/** Management commands and the daemon's own events park nothing. */
const unlimited: HookLimits = { parkedPacketLimit: 0 };

export class HookLibraries implements EngineHooks {
  readonly #deps: HookLibrariesDeps;
  readonly #parking: ParkingLot;
  #set: LibrarySet;
  #unseat: (() => void)[] = [];
  #generation = 0;
  /** Sets on their way out. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(deps: HookLibrariesDeps) {
    this.#deps = deps;
    this.#parking = new ParkingLot(deps);
    this.#set = this.#emptySet();
  }

  begin(limits: HookLimits): HookScope | null {
    return this.#set.isEmpty ? null : this.#set.begin(limits);
  }

  /**
   * The set that this configuration asks for: the one in force when nothing changed, else a new one, loaded and not in
   * force yet. Throws CONFIG_INVALID with the place in the file.
   */
  async prepare(source: EntrySource): Promise<LibrarySet> {
    const entries = libraryEntries(source);
    if (fingerprintOf(entries) === this.#set.fingerprint) return this.#set;
    try {
      return await loadLibraries(entries, {
        ...this.#deps,
        parking: this.#parking,
        generation: () => ++this.#generation,
      });
    } catch (error) {
      this.#forget(entries);
      throw error;
    }
  }

  /** The dhcp4_srv_configured or dhcp6_srv_configured callouts of a prepared set. Throws CONFIG_INVALID when one refuses. */
  async configured(
    set: LibrarySet,
    json: HookArguments['dhcp4_srv_configured']['json_config'],
    snapshot: Snapshot,
  ) {
    if (set.isEmpty) return;
    const scope = set.begin(unlimited);
    try {
      const { family, networkState: network_state } = this.#deps;
      const args = { network_state, json_config: json, server_config: snapshot, error: '' };
      const { status } = await scope.call(`dhcp${family}_srv_configured`, args);
      if (status !== 'drop') return;
      const reason = typeof args.error === 'string' && args.error !== '' ? args.error : 'unknown error';
      throw new FlotillaError('CONFIG_INVALID', `a hook library refused the configuration: ${reason}`);
    } finally {
      scope.end();
    }
  }

  /** A prepared set that is not wanted after all. */
  async discard(set: LibrarySet): Promise<void> {
    if (set === this.#set) return;
    await set.retire();
    this.#forget(set.libraries);
  }

  /**
   * From the next packet on these libraries are met. The old ones go when their last packet is done. `configure` puts the
   * configuration in force that the set was prepared for: its queue may be of a type of the new set, and no queue of an
   * old library may be left when that is unloaded.
   */
  use(set: LibrarySet, configure: () => void = () => undefined): void {
    const old = this.#set;
    if (set === old) {
      configure();
      return;
    }
    const seats = this.#seat(set);
    this.#set = set;
    for (const leave of this.#unseat) leave();
    this.#unseat = seats;
    this.#deps.queueTypes.use(set.queueTypes);
    try {
      configure();
    } finally {
      this.#deps.queueTypes.changed();
      const gone = this.#retire(old);
      this.#leaving.add(gone);
      void gone.finally(() => this.#leaving.delete(gone));
    }
  }

  /** One event of the daemon itself. */
  async announce<P extends HookPoint>(point: P, args: HookArguments[P]): Promise<void> {
    const scope = this.begin(unlimited);
    if (!scope) return;
    try {
      await scope.call(point, args);
    } finally {
      scope.end();
    }
  }

  /** What the command_processed callouts make of a response. */
  async processed(name: string, given: unknown, response: HookCommandAnswer): Promise<HookCommandAnswer> {
    if (!this.#set.callouts.has('command_processed')) return response;
    const scope = this.#set.begin(unlimited);
    try {
      const args = { name, arguments: given ?? null, response };
      await scope.callAny('command_processed', args);
      return isAnswer(args.response) ? args.response : response;
    } finally {
      scope.end();
    }
  }

  /** The server ends: nothing stays parked. */
  unpark(): void {
    this.#parking.close();
  }

  /** A reload opens the service anew: it must not wait for what is parked, so until `work` is done nothing is. */
  async unparked<T>(work: () => Promise<T>): Promise<T> {
    this.#parking.close();
    try {
      return await work();
    } finally {
      this.#parking.open();
    }
  }

  /** Unloads everything, once nothing is in process. */
  async close(): Promise<void> {
    this.use(this.#emptySet());
    await Promise.all(this.#leaving);
  }

  #emptySet(): LibrarySet {
    const none = new Map<string, never>();
    const given = { fingerprint: fingerprintOf([]), libraries: [], callouts: none, queueTypes: none };
    return new LibrarySet(given, { clock: this.#deps.clock, parking: this.#parking });
  }

  /** Puts the set's commands on the registry. */
  #seat(set: LibrarySet): (() => void)[] {
    const points = [...set.callouts.keys()].filter((point) => point.startsWith('$'));
    return points.map((point) =>
      this.#deps.commands.register(point.slice(1).replaceAll('_', '-'), async (_args, command) => {
        const scope = set.begin(unlimited);
        try {
          const args: CommandArguments = { command, response: undefined };
          await scope.callAny(point, args);
          if (isAnswer(args.response)) return args.response;
          return { result: 1, text: `no hook library answered '${command.command}'` };
        } finally {
          scope.end();
        }
      }),
    );
  }

  async #retire(old: LibrarySet): Promise<void> {
    try {
      await old.retire();
    } catch (error) {
      this.#deps.log.error('HOOKS_UNLOAD_EXCEPTION', messageOf(error));
    }
    this.#forget(old.libraries);
  }

  /** Statistics of libraries that are not in force. */
  #forget(libraries: readonly { readonly name: string }[]): void {
    const kept = new Set(this.#set.libraries.map(({ name }) => name));
    for (const { name } of libraries) {
      if (kept.has(name)) continue;
      for (const what of libraryStatistics) this.#deps.statistics.remove(libraryStatistic(name, what));
    }
  }
}

const isAnswer = (value: unknown): value is HookCommandAnswer =>
  typeof value === 'object' && value !== null && 'result' in value && Number.isInteger(value.result);
