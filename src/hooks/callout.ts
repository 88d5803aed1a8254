// One registered callout: at most so many calls at once, each within its time, and no error of it gets out.
import type { Clock } from '../engine/clock.ts';
import type { StatisticCounter } from '../engine/statistics.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { CalloutOptions, CalloutResult } from './library.ts';

export type AnyCallout = (args: never, context: never) => unknown;

export interface CalloutDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly calls: StatisticCounter;
  readonly errors: StatisticCounter;
  readonly timeouts: StatisticCounter;
}

/** What a call is given besides the arguments. */
export interface Call {
  readonly context: object;
  abort(): void;
}

/** Milliseconds between log lines about one callout; the statistics count every error. */
const complaintInterval = 10_000;

export const defaultCalloutOptions: Required<CalloutOptions> = {
  timeout: 10_000,
  concurrency: 0,
  parkTimeout: 60_000,
};

export class RegisteredCallout {
  readonly library: string;
  readonly point: string;
  readonly options: Required<CalloutOptions>;
  readonly #callout: (args: object, context: object) => unknown;
  readonly #deps: CalloutDeps;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #lastComplaint = -Infinity;

  constructor(
    at: { readonly library: string; readonly point: string; readonly options: CalloutOptions },
    callout: AnyCallout,
    deps: CalloutDeps,
  ) {
    this.library = at.library;
    this.point = at.point;
    this.options = { ...defaultCalloutOptions, ...at.options };
    this.#callout = callout as (args: object, context: object) => unknown;
    this.#deps = deps;
  }

  /** Never throws or rejects: a callout that failed or ran out of time has answered nothing. */
  call(args: object, call: Call): CalloutResult | Promise<CalloutResult> {
    const { concurrency, timeout } = this.options;
    if (concurrency === 0 || this.#running < concurrency) return this.#start(args, call, timeout);
    const since = this.#deps.clock.now();
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.delete(start);
        this.#late(call, 'while it waited for its turn');
        resolve(undefined);
      };
      const cancel = this.#limit(timeout, giveUp);
      const start = (): void => {
        this.#waiting.delete(start);
        cancel();
        const left = timeout - (this.#deps.clock.now() - since);
        if (timeout === 0) resolve(this.#start(args, call, 0));
        else if (left > 0) resolve(this.#start(args, call, left));
        else giveUp();
      };
      this.#waiting.add(start);
    });
  }

  /** Counts an error and says it, but not again at once. */
  complain(what: string): void {
    this.#deps.errors.add();
    this.#say('HOOKS_CALLOUT_ERROR', what);
  }

  countTimeout(what: string): void {
    this.#deps.timeouts.add();
    this.#say('HOOKS_CALLOUT_ERROR', what);
  }

  #start(args: object, call: Call, timeout: number): CalloutResult | Promise<CalloutResult> {
    this.#running++;
    this.#deps.calls.add();
    let given: unknown;
    try {
      given = this.#callout(args, call.context);
    } catch (error) {
      return this.#failed(error);
    }
    if (!isThenable(given)) {
      this.#finish();
      return this.#checked(given);
    }
    // Also of a foreign thenable nothing gets out.
    const promise = Promise.resolve(given);
    return new Promise((resolve) => {
      let isOpen = true;
      const close = (): boolean => {
        const was = isOpen;
        isOpen = false;
        cancel();
        return was;
      };
      const cancel = this.#limit(timeout, () => {
        if (!close()) return;
        this.#late(call, 'before it answered');
        // It may go on for ever: calls that never settle must not keep the library from being asked at all.
        this.#finish();
        resolve(undefined);
      });
      promise.then(
        (result) => {
          if (!close()) return;
          this.#finish();
          resolve(this.#checked(result));
        },
        (error: unknown) => {
          if (close()) resolve(this.#failed(error));
        },
      );
    });
  }

  #failed(error: unknown): undefined {
    this.#deps.errors.add();
    this.#say('HOOKS_CALLOUT_EXCEPTION', messageOf(error));
    this.#finish();
  }

  #late(call: Call, when: string): void {
    this.countTimeout(`its ${this.options.timeout} ms passed ${when}`);
    call.abort();
  }

  /** The next one begins in a turn of its own, so that a long line of short calls never nests. */
  #finish(): void {
    this.#running--;
    if (this.#waiting.size > 0) queueMicrotask(() => this.#admit());
  }

  #admit(): void {
    for (const start of this.#waiting) {
      if (this.#running >= this.options.concurrency) return;
      start();
    }
  }

  #checked(result: unknown): CalloutResult {
    if (result === undefined || statuses.has(result)) return result as CalloutResult;
    if (typeof result === 'object' && result !== null && 'park' in result && isThenable(result.park))
      return result as CalloutResult;
    this.complain('it answered neither a status nor { park: promise }');
    return undefined;
  }

  #limit(milliseconds: number, action: () => void): () => void {
    return milliseconds === 0 ? nothing : this.#deps.clock.after(milliseconds, action);
  }

  #say(id: string, what: string): void {
    const now = this.#deps.clock.now();
    if (now - this.#lastComplaint < complaintInterval) return;
    this.#lastComplaint = now;
    this.#deps.log.error(id, `callout of ${this.library} at ${this.point}: ${what}`, {
      library: this.library,
      point: this.point,
    });
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

const statuses: ReadonlySet<unknown> = new Set(['continue', 'skip', 'drop']);
const nothing = (): void => undefined;
