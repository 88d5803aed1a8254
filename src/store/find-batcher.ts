// Single lookups in, lists to the backend: what waits while a lane is busy goes together.
import { FlotillaError } from '../errors.ts';
import { settleBatch, type BatchItem } from './settle-batch.ts';

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

/** `run` as of {@link settleBatch}. */
export function createFindBatcher<Q, R>(
  run: (queries: readonly Q[]) => Promise<readonly R[]>,
  options: FindBatcherOptions,
): FindBatcher<Q, R> {
  let waiting: BatchItem<Q, R>[] = [];
  let busy = 0;
  let scheduled = false;
  let closing: Promise<void> | null = null;
  let drained: (() => void) | null = null;

  const dispatch = (): void => {
    scheduled = false;
    while (waiting.length > 0 && busy < options.lanes) {
      const batch = waiting.slice(0, options.maxBatch);
      waiting = waiting.slice(options.maxBatch);
      busy++;
      void settleBatch(batch, run).then(() => {
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
