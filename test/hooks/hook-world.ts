// A world with hook libraries: real modules, loaded by the real loader, whose functions live in the test.
import { join } from 'node:path';
import type { Family } from '../../src/addr/family.ts';
import type { JsonMap } from '../../src/config/written.ts';
import type { HookArguments, HookPoint } from '../../src/engine/hooks.ts';
import type { ServerOptions } from '../../src/engine/server.ts';
import { prepareLibraries } from '../../src/bin/check-sections.ts';
import { checkConfig } from '../../src/config/load.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { HookLibraries } from '../../src/hooks/hook-libraries.ts';
import type {
  Callout,
  CalloutOptions,
  CalloutResult,
  HookHandle,
  HookLibrary,
} from '../../src/hooks/library.ts';
import { createCommandRegistry } from '../../src/control/registry.ts';
import { QueueTypes } from '../../src/engine/queue-types.ts';
import type { CommandRegistry } from '../../src/control/command.ts';
import { silentLogger } from '../../src/log.ts';
import type { HostStore } from '../../src/store/host-store.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { openMemoryStore } from '../engine/memory-store.ts';
import { plain } from '../engine/scenario.ts';
import { plain6 } from '../engine/scenario6.ts';
import { World } from '../engine/world.ts';

const kept = new Map<number, HookLibrary>();
Object.assign(globalThis, { inTestLibraries: kept });
let nextId = 0;

export const modulePath = join(import.meta.dirname, 'in-test-library.mjs');

/** An entry of `hooks-libraries` for functions of the test. */
export function entryFor(library: HookLibrary, parameters: JsonMap = {}): JsonMap {
  const id = nextId++;
  kept.set(id, library);
  return { library: modulePath, parameters: { id, ...parameters } };
}

/** A library with one callout per point. */
export type Callouts = { readonly [P in HookPoint]?: Callout<P> };

export function libraryOf(callouts: Callouts, options: CalloutOptions = {}): HookLibrary {
  return { load: (handle) => registerAll(handle, callouts, options) };
}

export function registerAll(handle: HookHandle, callouts: Callouts, options: CalloutOptions = {}): void {
  for (const [point, callout] of Object.entries(callouts))
    handle.register(point as HookPoint, callout as Callout<HookPoint>, options);
}

export interface HookWorld<F extends Family = 4> {
  readonly world: World<F>;
  readonly libraries: HookLibraries;
  readonly commands: CommandRegistry;
  /** Another list of libraries, as a reload would bring it. */
  use(...libraries: readonly HookLibrary[]): Promise<void>;
  /** Another configuration, checked and put in force with its libraries as the daemon does it; `first` runs in the same turn. */
  reconfigure(config: JsonMap, first?: () => void): Promise<void>;
  close(): Promise<void>;
}

interface Given<F extends Family> {
  readonly family?: F;
  /** That of callouts, when it is not the world's. */
  readonly clock?: Clock;
  readonly server?: ServerOptions;
  /** Instead of the reservations of the configuration. */
  readonly hosts?: HostStore;
}

const plainOf: { readonly [F in Family]: () => JsonMap } = { 4: plain, 6: plain6 };

export async function hookWorld<F extends Family = 4>(
  libraries: readonly HookLibrary[],
  wanted?: JsonMap,
  given: Given<F> = {},
): Promise<HookWorld<F>> {
  const family = given.family ?? (4 as F);
  const config = wanted ?? plainOf[family]();
  const fake = new FakeClock();
  const clock = given.clock ?? fake;
  const store = await openMemoryStore(fake, family);
  const commands = createCommandRegistry({ log: silentLogger });
  const queueTypes = new QueueTypes({ family });
  let hooks: HookLibraries | undefined;
  const world: World<F> = new World<F>(
    {
      family,
      config,
      ...(given.server && { server: given.server }),
      ...(given.hosts && { hosts: given.hosts }),
      queueTypes,
      hooks: (made) =>
        (hooks = new HookLibraries({
          family,
          clock,
          log: made.logger,
          statistics: made.statistics,
          networkState: made.networkState,
          commands,
          queueTypes,
          server: {
            snapshot: () => world.snapshot,
            leases: () => store.leases,
            duid: () => new Uint8Array(0),
          },
        })),
    },
    store,
    fake,
  );
  const use = async (...next: readonly HookLibrary[]): Promise<void> => {
    const written = { 'hooks-libraries': next.map((library) => entryFor(library)) };
    hooks!.use(await hooks!.prepare({ written, parts: { family }, directory: '/' }));
  };
  await use(...libraries);
  await world.server.start();
  return {
    world,
    libraries: hooks!,
    commands,
    use,
    async reconfigure(next, first) {
      const locate = () => ({ file: 'edge.json', line: 1, column: 1 });
      const { written, parts } = checkConfig({ [`Dhcp${family}`]: next }, family, locate);
      const set = await prepareLibraries({ written, parts, directory: '/' }, hooks!);
      first?.();
      hooks!.use(set, () => void world.reconfigure(next));
    },
    async close() {
      await world.server.stop();
      await hooks!.close();
      await store.leases.close();
    },
  };
}

/** Plays `play` in a world with these libraries and closes it. */
export async function withHooks<F extends Family = 4>(
  libraries: readonly HookLibrary[],
  play: (hooked: HookWorld<F>) => Promise<void>,
  config?: JsonMap,
  family?: F,
): Promise<void> {
  const hooked = await hookWorld<F>(libraries, config, family === undefined ? {} : { family });
  try {
    await play(hooked);
  } finally {
    await hooked.close();
  }
}

export const withHooks6 = (
  libraries: readonly HookLibrary[],
  play: (hooked: HookWorld<6>) => Promise<void>,
  config?: JsonMap,
): Promise<void> => withHooks(libraries, play, config, 6);

/** Every packet meets the same answer at this point. */
export const always = (point: HookPoint, result: CalloutResult): HookLibrary =>
  libraryOf({ [point]: () => result });

/** What one library saw: points in order, and the arguments of each call. */
export class Witness {
  readonly calls: { readonly point: HookPoint; readonly args: HookArguments[HookPoint] }[] = [];

  /** A library that answers nothing and remembers everything at these points. */
  library(points: readonly HookPoint[]): HookLibrary {
    return {
      load: (handle) => {
        for (const point of points) {
          handle.register(point, (args: HookArguments[HookPoint]) => {
            this.calls.push({ point, args });
          });
        }
      },
    };
  }

  get points(): readonly HookPoint[] {
    return this.calls.map(({ point }) => point);
  }

  argumentsAt<P extends HookPoint>(point: P): HookArguments[P] {
    const call = this.calls.find((one) => one.point === point);
    if (!call) throw new Error(`${point} was not called; called were ${this.points.join(', ')}`);
    return call.args as HookArguments[P];
  }
}

/** A promise and its key. */
export function latch<T>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}
