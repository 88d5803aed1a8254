// Group commit: the engine's single lookups and writes that are waiting travel to the backend together.
import { FlotillaError } from '../errors.ts';
import { takeDistinct, writeKeys } from './distinct-writes.ts';
import type { Lease } from './lease.ts';
import type {
  LeaseBackend,
  LeaseFindings,
  LeaseQuery,
  LeaseStore,
  LeaseWrite,
  WriteOutcome,
} from './lease-store.ts';
import { settleBatch, type BatchItem } from './settle-batch.ts';

export interface BatchingOptions {
  /** Batches under way at once, at most. */
  readonly lanes: number;
  /** Items per batch, at most. */
  readonly maxBatch: number;
  /** Items waiting at once, at most; beyond that callers get STORE_BUSY. */
  readonly maxWaiting: number;
}

export const defaultBatching: BatchingOptions = { lanes: 2, maxBatch: 512, maxWaiting: 20_000 };

/** So many calls wait for no more. */
const gatherItems = 64;
/** Milliseconds that fewer wait while a batch of the same kind is under way, */
const gatherMilliseconds = 2;
/** and from the start of a batch of so many calls to the start of the next: */
const busyItems = 8;
/** as long as four batches took lately, within these. */
const [shortestMilliseconds, longestMilliseconds] = [5, 15];
/** How much the latest batch says of how long one takes. */
const latestWeighs = 0.25;

interface Item<Q, R> extends BatchItem<Q, R> {
  readonly order: number;
  /** Milliseconds: since when it waits. */
  readonly since: number;
  /** Writes only: see {@link writeKeys}. */
  readonly keys: readonly (string | number | bigint)[];
}

/**
 * A store made of single calls over a backend that takes lists.
 *
 * A batch is whatever gathered while the lanes were busy; a lone call leaves at the end of the current turn of the
 * event loop. While a batch of the same kind is under way, or one of many calls has just left, a few calls wait for more,
 * the longer the slower the database answers: a busy server sends fewer and larger batches, which cost it and the database
 * less, most of all where several servers keep the database busy.
 *
 * Order: a write is never in the same batch as, nor in a batch started before the end of, an earlier write of the same
 * address or the same client. A failed batch is taken apart, so a bad item fails alone ({@link settleBatch}).
 */
export function createBatchingLeaseStore<L extends Lease>(
  backend: LeaseBackend<L>,
  options: Partial<BatchingOptions> = {},
): LeaseStore<L> {
  const { lanes, maxBatch, maxWaiting } = { ...defaultBatching, ...options };
  let finds: Item<LeaseQuery<L>, LeaseFindings<L>>[] = [];
  let writes: Item<LeaseWrite<L>, WriteOutcome<L>>[] = [];
  const keysInFlight = new Set<string | number | bigint>();
  let order = 0;
  let busyLanes = 0;
  const kinds = {
    finds: { underWay: 0, leftAt: -Infinity, size: 0, takes: 0 },
    writes: { underWay: 0, leftAt: -Infinity, size: 0, takes: 0 },
  };
  let gathering: NodeJS.Timeout | null = null;
  let scheduled = false;
  let closing: Promise<void> | null = null;
  let drained: (() => void) | null = null;

  const schedule = (): void => {
    if (scheduled || busyLanes >= lanes) return;
    scheduled = true;
    // setImmediate, not a microtask: all packets that one poll of the sockets delivered join the same batch.
    setImmediate(() => {
      scheduled = false;
      dispatch();
    });
  };

  const dispatch = (): void => {
    while (busyLanes < lanes) {
      const findFirst = (finds[0]?.order ?? Infinity) < (writes[0]?.order ?? Infinity);
      if (!(findFirst ? startFinds() || startWrites() : startWrites() || startFinds())) break;
    }
    if (busyLanes === 0 && finds.length === 0 && writes.length === 0) drained?.();
  };

  /** Whether so few calls should wait for more. */
  const gathers = (waiting: readonly { readonly since: number }[], kind: keyof typeof kinds): boolean => {
    if (waiting.length >= gatherItems || closing) return false;
    const { underWay, leftAt, size, takes } = kinds[kind];
    const apart = Math.min(Math.max(4 * takes, shortestMilliseconds), longestMilliseconds);
    const until = Math.max(
      underWay > 0 ? waiting[0]!.since + gatherMilliseconds : 0,
      size >= busyItems ? leftAt + apart : 0,
    );
    const left = until - performance.now();
    if (left <= 0) return false;
    gathering ??= setTimeout(() => {
      gathering = null;
      dispatch();
    }, left);
    return true;
  };

  const startFinds = (): boolean => {
    if (finds.length === 0 || gathers(finds, 'finds')) return false;
    const batch = finds.length <= maxBatch ? finds : finds.slice(0, maxBatch);
    finds = finds.length <= maxBatch ? [] : finds.slice(maxBatch);
    runLane(
      'finds',
      batch.length,
      settleBatch(batch, (queries) => backend.findAll(queries)),
    );
    return true;
  };

  const startWrites = (): boolean => {
    if (writes.length === 0 || gathers(writes, 'writes')) return false;
    const { taken, left } = takeDistinct(writes, keysInFlight, maxBatch);
    if (taken.length === 0) return false;
    writes = left;
    for (const item of taken) for (const key of item.keys) keysInFlight.add(key);
    const done = settleBatch(taken, (list) => backend.writeAll(list)).finally(() => {
      for (const item of taken) for (const key of item.keys) keysInFlight.delete(key);
    });
    runLane('writes', taken.length, done);
    return true;
  };

  const runLane = (kind: keyof typeof kinds, size: number, work: Promise<void>): void => {
    const state = kinds[kind];
    busyLanes++;
    state.underWay++;
    const leftAt = performance.now();
    state.leftAt = leftAt;
    state.size = size;
    void work.finally(() => {
      state.takes += latestWeighs * (performance.now() - leftAt - state.takes);
      busyLanes--;
      state.underWay--;
      dispatch();
    });
  };

  const refusal = (): FlotillaError | null => {
    if (closing) return new FlotillaError('STORE_CLOSED', 'the lease store is closed');
    if (finds.length + writes.length >= maxWaiting) {
      return new FlotillaError('STORE_BUSY', `${maxWaiting} lookups and writes already wait for the leases`);
    }
    return null;
  };

  const enqueue = <Q, R>(queue: Item<Q, R>[], query: Q, keys: Item<Q, R>['keys']): Promise<R> => {
    const refused = refusal();
    if (refused) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      queue.push({ query, order: order++, since: performance.now(), keys, resolve, reject });
      schedule();
    });
  };

  return {
    backend: backend.backend,
    find: (query) => enqueue(finds, query, []),
    write: (write) => enqueue(writes, write, writeKeys(write)),
    reclaim: (reclaimOptions) => backend.reclaim(reclaimOptions),
    expired: (limit) => backend.expired(limit),
    flushReclaimed: (holdSeconds) => backend.flushReclaimed(holdSeconds),
    ofClients: (identifiers) => backend.ofClients(identifiers),
    page: (after, limit, subnetIds) => backend.page(after, limit, subnetIds),
    findFree: (ranges, start, limit, client) => backend.findFree(ranges, start, limit, client),
    counts: () => backend.counts(),
    isAlone: (subnetId) => backend.isAlone(subnetId),
    takeReserved: (subnetId, ranges) => backend.takeReserved(subnetId, ranges),
    withdraw: (address, client) => backend.withdraw(address, client),
    close: () =>
      (closing ??= new Promise<void>((resolve) => {
        drained = resolve;
        dispatch();
      }).then(() => backend.close())),
  };
}
