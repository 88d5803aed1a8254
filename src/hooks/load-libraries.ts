// Imports the modules, lets each register its callouts and queue types, and makes a set of them. Half a set is never left behind.
import { pathToFileURL } from 'node:url';
import type { Family } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import { formatIpv4, parseIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../addr/ipv6.ts';
import type { Clock } from '../engine/clock.ts';
import type { QueueTypes } from '../engine/queue-types.ts';
import type { Statistics } from '../engine/statistics.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { RegisteredCallout, type AnyCallout } from './callout.ts';
import type {
  CalloutContext,
  CalloutOptions,
  CommandArguments,
  HookHandle,
  HookLibrary,
  HookServer,
} from './library.ts';
import type { LibraryEntry } from './library-entries.ts';
import { fingerprintOf } from './library-entries.ts';
import { LibraryQueueTypes } from './library-queue-types.ts';
import { LibrarySet, type LoadedLibrary } from './library-set.ts';
import type { ParkingLot } from './parking-lot.ts';
import { isHookPoint } from './points-table.ts';

export interface LoadDeps {
  readonly family: Family;
  readonly clock: Clock;
  readonly log: Logger;
  readonly statistics: Statistics;
  readonly parking: ParkingLot;
  readonly server: HookServer;
  readonly queueTypes: QueueTypes;
  /** A number that was not given before: each load gets modules of its own, so old and new ones never share state. */
  readonly generation: () => number;
}

/** Milliseconds for one `load` or `unload`. */
const patience = 30_000;

/** Throws CONFIG_INVALID with the place in the file; then nothing stays loaded. */
export async function loadLibraries(entries: readonly LibraryEntry[], deps: LoadDeps): Promise<LibrarySet> {
  const fingerprint = fingerprintOf(entries);
  const libraries: LoadedLibrary[] = [];
  const registered: Registered = {
    callouts: new Map<string, RegisteredCallout[]>(),
    queueTypes: new LibraryQueueTypes({ standard: deps.queueTypes.standard }),
  };
  try {
    for (const entry of entries) libraries.push(await loadOne(entry, registered, deps));
  } catch (error) {
    for (const library of libraries.reverse()) await library.unload();
    throw error;
  }
  const { callouts, queueTypes } = registered;
  return new LibrarySet({ fingerprint, libraries, callouts, queueTypes: queueTypes.factories }, deps);
}

/** What the libraries of one configuration registered so far. */
interface Registered {
  readonly callouts: Map<string, RegisteredCallout[]>;
  readonly queueTypes: LibraryQueueTypes;
}

/** What a library counts about itself. */
export const libraryStatistics = ['calls', 'errors', 'timeouts'] as const;
export const libraryStatistic = (library: string, what: (typeof libraryStatistics)[number]): string =>
  `flotilla-hook-${library}-${what}`;

async function loadOne(
  entry: LibraryEntry,
  { callouts, queueTypes }: Registered,
  deps: LoadDeps,
): Promise<LoadedLibrary> {
  const { log, clock } = deps;
  const { name } = entry;
  log.info('HOOKS_LIBRARY_LOADING', `loading hook library ${entry.path}`, { library: name });
  const module = entry.builtIn ? entry.builtIn() : await importLibrary(entry, deps.generation());
  let isLoading = true;
  const mustLoad = (what: string): void => {
    if (!isLoading) throw new Error(`${name}: ${what} are registered while load() runs, not later`);
  };
  const handle = makeHandle(entry, deps, {
    callout(point, callout, options) {
      mustLoad('callouts');
      const list = callouts.get(point) ?? [];
      callouts.set(point, [...list, makeCallout(name, point, callout, options, deps)]);
    },
    registerQueueType(type, factory) {
      mustLoad('queue types');
      queueTypes.register(name, type, factory);
    },
    unregisterQueueType(type) {
      const was = queueTypes.unregister(name, type);
      if (was) deps.queueTypes.changed();
      return was;
    },
  });
  let isLoaded = false;
  const unload = async (): Promise<void> => {
    try {
      await within(
        clock,
        begin(() => module.unload?.()),
        'unload() did not end',
      );
      if (isLoaded) log.info('HOOKS_LIBRARY_UNLOADED', `hook library ${name} is unloaded`, { library: name });
    } catch (error) {
      log.error('HOOKS_UNLOAD_EXCEPTION', `unload() of ${name}: ${messageOf(error)}`, { library: name });
    }
  };
  const loading = begin(() => module.load(handle));
  let hasEnded = false;
  const ended = loading.then(
    () => void (hasEnded = true),
    () => void (hasEnded = true),
  );
  try {
    await within(clock, loading, 'load() did not end');
  } catch (error) {
    isLoading = false;
    // What load began, timers and connections, stays otherwise; what runs late may still begin something.
    if (hasEnded) await unload();
    else void ended.then(unload);
    throw located(entry, error);
  }
  isLoading = false;
  isLoaded = true;
  log.info('HOOKS_LIBRARY_LOADED', `hook library ${name} is loaded`, { library: name });
  return { name, unload };
}

/** A throw becomes a rejection. */
const begin = async (work: () => void | Promise<void>): Promise<void> => work();

async function importLibrary(entry: LibraryEntry, generation: number): Promise<HookLibrary> {
  const url = `${pathToFileURL(entry.path).href}?load=${generation}`;
  let module: Partial<HookLibrary>;
  try {
    module = (await import(url)) as Partial<HookLibrary>;
  } catch (error) {
    throw invalid(entry, ['library'], `the hook library cannot be imported: ${messageOf(error)}`);
  }
  if (typeof module.load !== 'function')
    throw invalid(entry, ['library'], 'the module exports no function load');
  if (module.unload !== undefined && typeof module.unload !== 'function')
    throw invalid(entry, ['library'], 'what the module exports as unload is no function');
  return module as HookLibrary;
}

function makeCallout(
  library: string,
  point: string,
  callout: AnyCallout,
  options: CalloutOptions,
  { clock, log, statistics }: LoadDeps,
): RegisteredCallout {
  if (!isHookPoint(point) && point !== 'command_processed' && !/^\$[a-z][a-z0-9_]*$/.test(point))
    throw new Error(`there is no hook point '${point}'`);
  if (point === '$list_commands') throw new Error('list-commands is answered by the server itself');
  if (typeof callout !== 'function') throw new Error(`the callout at ${point} is no function`);
  for (const key of ['timeout', 'concurrency', 'parkTimeout'] as const) {
    const value = options[key] ?? 0;
    if (!Number.isInteger(value) || value < 0)
      throw new Error(`${key} of the callout at ${point} must be a whole number from 0`);
  }
  const counter = (what: (typeof libraryStatistics)[number]) =>
    statistics.counter(libraryStatistic(library, what));
  return new RegisteredCallout({ library, point, options }, callout, {
    clock,
    log,
    calls: counter('calls'),
    errors: counter('errors'),
    timeouts: counter('timeouts'),
  });
}

function makeHandle(
  entry: LibraryEntry,
  deps: LoadDeps,
  add: Pick<HookHandle, 'registerQueueType' | 'unregisterQueueType'> & {
    callout(point: string, callout: AnyCallout, options: CalloutOptions): void;
  },
): HookHandle {
  return {
    name: entry.name,
    family: deps.family,
    parameters: entry.parameters,
    register: (point: string, callout: AnyCallout, options: CalloutOptions = {}) =>
      add.callout(point, callout, options),
    registerCommand(name, handler, options = {}) {
      const callout = async (args: CommandArguments, context: CalloutContext): Promise<void> => {
        try {
          args.response = await handler(args.command.arguments, args.command, context);
        } catch (error) {
          args.response = { result: 1, text: messageOf(error) };
        }
      };
      add.callout(`$${name.replaceAll('-', '_')}`, callout, options);
    },
    registerQueueType: add.registerQueueType,
    unregisterQueueType: add.unregisterQueueType,
    parameterError: (message, ...path) => invalid(entry, ['parameters', ...path], message),
    log: deps.log,
    count: (statistic, n = 1) => deps.statistics.add(statistic, n),
    server: deps.server,
    text: {
      address: (address) => (typeof address === 'number' ? formatIpv4(address) : formatIpv6(address)),
      parseAddress: deps.family === 4 ? parseIpv4 : parseIpv6,
      hex: formatHex,
    },
  };
}

/** What `load` threw: an error about a parameter stands where it says, any other at the library's entry. */
function located(entry: LibraryEntry, error: unknown): FlotillaError {
  if (error instanceof FlotillaError && error.location.key !== undefined) return error;
  return invalid(entry, ['library'], `${entry.name} refused to load: ${messageOf(error)}`);
}

const invalid = (entry: LibraryEntry, path: readonly (string | number)[], message: string): FlotillaError =>
  new FlotillaError('CONFIG_INVALID', message, entry.locate(path));

async function within<T>(clock: Clock, work: Promise<T>, text: string): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(patience, () => reject(new Error(`${text} within ${patience / 1000} seconds`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
