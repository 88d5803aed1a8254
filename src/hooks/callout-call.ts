// One call of one callout: the context it sees, and the signal that its time is up.
import type { Call } from './callout.ts';
import type { CalloutContext, CalloutStatus } from './library.ts';

export class CalloutCall implements Call, CalloutContext {
  readonly point: string;
  readonly status: CalloutStatus;
  readonly #memory: () => Map<string, unknown>;
  #controller: AbortController | null = null;
  #isAborted = false;

  constructor(point: string, status: CalloutStatus, memory: () => Map<string, unknown>) {
    this.point = point;
    this.status = status;
    this.#memory = memory;
  }

  get context(): CalloutContext {
    return this;
  }

  get packet(): Map<string, unknown> {
    return this.#memory();
  }

  /** Made only for callouts that ask for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isAborted) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }
}
