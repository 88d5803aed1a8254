// Single lookups in, lists to the backend: what waits while a lane is busy goes together.
import { FlotillaError } from '../errors.ts';

export interface FindBatcher<Q, R> {
  find(query: Q): Promise<R>;
  /** Answers what was accepted, then refuses more. */
  close(): Promise<void>;
}

export interface FindBatcherOptions {
  readonly lanes: number;
  readonly maxBatch: number;
  readonly maxWaiting: number;
}

interface Waiting<Q, R> {
  readonly query: Q;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** `run` answers in order, one result per query. When it rejects, everybody of that batch is told. */
export function createFindBatcher<Q, R>(
  run: (queries: readonly Q[]) => Promise<readonly R[]>,
  options: FindBatcherOptions,
): FindBatcher<Q, R> {
  let waiting: Waiting<Q, R>[] = [];
  let busy = 0;
  let scheduled = false;
  let closing: Promise<void> | null = null;
  let drained: (() => void) | null = null;

  const lane = async (batch: readonly Waiting<Q, R>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ query }) => query));
      for (const [i, item] of batch.entries()) item.resolve(results[i]!);
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  };

  const dispatch = (): void => {
    scheduled = false;
    while (waiting.length > 0 && busy < options.lanes) {
      const batch = waiting.slice(0, options.maxBatch);
      waiting = waiting.slice(options.maxBatch);
      busy++;
      void lane(batch).then(() => {
        busy--;
        dispatch();
      });
    }
    if (busy === 0 && waiting.length === 0) drained?.();
  };

  return {
    find(query) {
      if (closing) return Promise.reject(new FlotillaError('STORE_CLOSED', 'the store is closed'));
      if (waiting.length >= options.maxWaiting)
        return Promise.reject(new FlotillaError('STORE_BUSY', `${waiting.length} lookups already wait`));
      return new Promise((resolve, reject) => {
        waiting.push({ query, resolve, reject });
        if (!scheduled && busy < options.lanes) {
          scheduled = true;
          setImmediate(dispatch);
        }
      });
    },
    close: () =>
      (closing ??= new Promise((resolve) => {
        drained = resolve;
        dispatch();
      })),
  };
}
