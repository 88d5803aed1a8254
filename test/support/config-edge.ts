// An edge's config backend under test: polls only when told to, and shows what it has in force.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Applied,
  ConfigBackend,
  ConfigBackendDeps,
  ConfigBackendOptions,
} from '../../src/backend/config-backend.ts';
import type { Position } from '../../src/backend/fetched.ts';
import { createConfigBackend } from '../../src/backend/poller.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import type { DatabaseAddress } from '../../src/db/address.ts';
import type { Logger } from '../../src/log.ts';

export interface ConfigEdge {
  readonly backend: ConfigBackend;
  /** What was applied last. */
  inForce(): ConfigParts;
  /** JSON of the subnet in force, or undefined. */
  subnet(id: number): Readonly<Record<string, unknown>> | undefined;
  /** Everything applied, oldest first. */
  readonly applied: readonly { readonly parts: ConfigParts; readonly at: Position }[];
  /** Log identifiers, oldest first. */
  readonly logged: readonly string[];
  readonly stateDirectory: string;
  /** Fires what waits on the clock, in order of time, as if `milliseconds` had passed. */
  advance(milliseconds: number): void;
  /** Milliseconds until the next thing that waits on the clock. */
  nextTimer(): number | undefined;
  stop(): Promise<void>;
}

export interface EdgeSetup extends Partial<Omit<ConfigBackendOptions, 'address'>> {
  readonly deps?: Partial<ConfigBackendDeps>;
  /** Keep the state of an edge that ran before. */
  readonly stateDirectory?: string;
}

/** Not started yet. The default `apply` takes everything as it is. */
export function createConfigEdge(address: DatabaseAddress, setup: EdgeSetup = {}): ConfigEdge {
  const { deps = {}, ...options } = setup;
  const stateDirectory = setup.stateDirectory ?? mkdtempSync(join(tmpdir(), 'flotilla-edge-'));
  const applied: { parts: ConfigParts; at: Position }[] = [];
  const logged: string[] = [];
  const clock = createHeldClock();
  const apply =
    deps.apply ??
    (async (parts: ConfigParts): Promise<Applied> => ({ hash: 'HASH', rejections: [], inForce: parts }));
  const backend = createConfigBackend(
    {
      family: 4,
      address,
      serverTag: '',
      fetchWaitTime: 30,
      instance: 'edge-1',
      comparisonMinute: null,
      ...options,
      stateDirectory,
    },
    {
      log: recordingLogger(logged),
      clock,
      random: () => 0.5,
      ...deps,
      async apply(parts, at) {
        const result = await apply(parts, at);
        applied.push({ parts, at });
        return result;
      },
    },
  );
  const inForce = (): ConfigParts => {
    const last = applied.at(-1);
    if (last === undefined) throw new Error('nothing was applied yet');
    return last.parts;
  };
  return {
    backend,
    inForce,
    subnet: (id) => inForce().subnets.find(({ json }) => json.id === id)?.json,
    applied,
    logged,
    stateDirectory,
    advance: (milliseconds) => clock.advance(milliseconds),
    nextTimer: () => clock.next(),
    async stop() {
      await backend.stop();
      if (setup.stateDirectory === undefined) rmSync(stateDirectory, { recursive: true, force: true });
    },
  };
}

/** Wall time that stands still; timers fire only by `advance`. */
function createHeldClock() {
  const timers = new Map<number, { at: number; action: () => void }>();
  let now = Date.now();
  let nextId = 0;
  const due = () => [...timers].sort(([, a], [, b]) => a.at - b.at)[0];
  return {
    now: () => now,
    after(milliseconds: number, action: () => void): () => void {
      const id = nextId++;
      timers.set(id, { at: now + milliseconds, action });
      return () => timers.delete(id);
    },
    advance(milliseconds: number): void {
      const end = now + milliseconds;
      for (let timer = due(); timer !== undefined && timer[1].at <= end; timer = due()) {
        timers.delete(timer[0]);
        now = timer[1].at;
        timer[1].action();
      }
      now = end;
    },
    next(): number | undefined {
      const timer = due();
      return timer === undefined ? undefined : timer[1].at - now;
    },
  };
}

function recordingLogger(logged: string[]): Logger {
  const write = (id: string): void => void logged.push(id);
  return { error: write, warn: write, info: write, debug: write, debugEnabled: false };
}
