// Runs a batch and gives everybody their own result: a bad item never fails its neighbours.
import { FlotillaError, type ErrorCode } from '../errors.ts';

export interface BatchItem<Q, R> {
  readonly query: Q;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** So many parts are tried one after the other: where each trial waits for a locked row, few waits matter, not few trials. */
const parts = 8;

/** Every item would fare the same. */
const everybodys: ReadonlySet<ErrorCode> = new Set([
  'DATABASE_UNREACHABLE',
  'DATABASE_SCHEMA',
  'DATABASE_PRIVILEGE',
  'LEASE_FILE',
  'STORE_CLOSED',
]);

/**
 * `run` answers in order, one result per query. When it rejects, the batch is taken apart until the items that fail are
 * alone, unless the error is everybody's. Never rejects.
 */
export async function settleBatch<Q, R>(
  batch: readonly BatchItem<Q, R>[],
  run: (queries: Q[]) => Promise<readonly R[]>,
): Promise<void> {
  let results: readonly R[];
  try {
    results = await run(batch.map((item) => item.query));
  } catch (error) {
    if (batch.length === 1 || (error instanceof FlotillaError && everybodys.has(error.code))) {
      for (const item of batch) item.reject(error);
      return;
    }
    const size = Math.ceil(batch.length / parts);
    for (let at = 0; at < batch.length; at += size) await settleBatch(batch.slice(at, at + size), run);
    return;
  }
  for (let i = 0; i < batch.length; i++) batch[i]!.resolve(results[i]!);
}
