// Leases of a server without a database: in memory, every change appended to Kea's lease file before it is answered.
import { setImmediate } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import { distinctRuns } from '../distinct-writes.ts';
import { judgeWrite, reclaimDeletes, reclaimedRow } from '../judge.ts';
import { ownerKeys, ownerName } from '../lease-owner.ts';
import { type Lease } from '../lease.ts';
import type { LeaseBackend, LeaseFindings, LeaseQuery, LeaseWrite, WriteOutcome } from '../lease-store.ts';
import { createOfferMemory } from '../offer-memory.ts';
import { openLeaseFile, type LeaseFile } from './lease-file.ts';
import { rowDecoder, type LeaseRows } from './lease-rows.ts';
import { createLeaseTable } from './lease-table.ts';

export interface MemfileOptions<L extends Lease> {
  readonly rows: LeaseRows<L>;
  /** Lease file; null = `persist` is false, nothing is written. */
  readonly path: string | null;
  /** Seconds between clean-ups of the file; 0 = never. */
  readonly lfcInterval: number;
  /** More bad rows than this refuse the file; 0 = any number is tolerated. */
  readonly maxRowErrors: number;
  /** Every batch waits for one fdatasync, unless this is false: then an answer may outrun the disk (`sync-writes`). */
  readonly sync?: boolean;
}

export interface MemfileDeps {
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export interface MemfileBackend<L extends Lease> extends LeaseBackend<L> {
  /** Rewrites the file without the rows that later ones replaced. Serving goes on meanwhile. */
  cleanUp(): Promise<void>;
}

/** Addresses looked at before others have a turn. */
const pageSlice = 2_000;

/** Reads and cleans the file, then serves. Rejects with LEASE_FILE. */
export async function openMemfileBackend<L extends Lease>(
  options: MemfileOptions<L>,
  deps: MemfileDeps,
): Promise<MemfileBackend<L>> {
  const table = createLeaseTable<L>(options.rows);
  const file: LeaseFile<L> | null =
    options.path === null
      ? null
      : await openLeaseFile<L>(table, { ...options, path: options.path, sync: options.sync ?? true }, deps);
  const { rows } = options;
  const decode = rowDecoder(rows);
  const now = (): number => Math.floor(deps.clock() / 1000);
  const offers = createOfferMemory({ offerHold: 10_000, offerLimit: 262_144 }, deps);
  let closed = false;

  // One change at a time: the rows of a batch are judged against memory that the file already holds.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  /** Changes memory and file together; memory goes back when the file refuses. The addresses are distinct. */
  const apply = async (changes: readonly (readonly [L['address'], L | null])[]): Promise<void> => {
    // A lease that has no text throws here, before anything has changed.
    const encoded = changes.map(([address, lease]) => ({
      address,
      lease,
      row: lease && rows.encode(lease),
      before: table.textOf(address),
    }));
    const lines: string[] = [];
    for (const { address, lease, row } of encoded) {
      if (lease && row !== null) {
        table.set(lease, row);
        lines.push(row);
      } else {
        const old = table.get(address);
        if (old) lines.push(rows.encodeGone(old));
        table.delete(address);
      }
    }
    if (!file || lines.length === 0) return;
    try {
      await file.append(lines.join('\n') + '\n');
    } catch (error) {
      for (const { address, before } of encoded) {
        if (before === null) table.delete(address);
        else table.set(decode(before), before);
      }
      throw error;
    }
  };

  /** Throws when the lease has no text. */
  const encodeLeaseOf = (write: LeaseWrite<L>): void => {
    const lease = 'lease' in write ? write.lease : write.verb === 'replace' ? write.by : null;
    if (lease) rows.encode(lease);
  };

  const writeRun = async (writes: readonly LeaseWrite<L>[]): Promise<WriteOutcome<L>[]> => {
    const time = now();
    const changes: [L['address'], L | null][] = [];
    const outcomes = writes.map((write) => {
      const address = 'lease' in write ? write.lease.address : write.address;
      const also = write.verb === 'claim' ? write.alsoRemove : undefined;
      const other = also === undefined ? null : table.get(also);
      const outcome = judgeWrite(write, table.get(address), other, time);
      if (outcome.result === 'done') {
        changes.push([address, outcome.after]);
        if (outcome.removed) changes.push([outcome.removed.address, null]);
      }
      return outcome;
    });
    if (changes.length > 0) await apply(changes);
    return outcomes;
  };

  const timer =
    file && options.lfcInterval > 0
      ? setInterval(() => {
          file.cleanUp().catch((error: unknown) => {
            deps.logger.error('DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL', 'lease file clean-up failed', {
              error: String(error),
            });
          });
        }, options.lfcInterval * 1000)
      : null;
  timer?.unref();

  return {
    backend: 'memfile',
    findAll: (queries) => {
      const time = now();
      return Promise.resolve(
        queries.map((query) => ({
          ...offersFor(query),
          own: ownLeases(query),
          held: query.addresses.map((address) => table.get(address)).filter((lease) => lease !== null),
          now: time,
        })),
      );
    },
    writeAll: (writes) =>
      inTurn(async () => {
        const outcomes: WriteOutcome<L>[] = new Array<WriteOutcome<L>>(writes.length);
        const runs = distinctRuns(writes);
        // What fails in a later run would leave the runs before it done.
        if (runs.length > 1) for (const write of writes) encodeLeaseOf(write);
        for (const run of runs) {
          const results = await writeRun(run.map((index) => writes[index]!));
          for (const [i, index] of run.entries()) outcomes[index] = results[i]!;
        }
        return outcomes;
      }),
    reclaim: ({ limit, remove }) =>
      inTurn(async () => {
        const leases = table.expired(now(), limit === 0 ? Infinity : limit);
        await apply(
          leases.map((lease) => [
            lease.address,
            remove || reclaimDeletes(lease) ? null : reclaimedRow(lease),
          ]),
        );
        return leases;
      }),
    expired: (limit) => Promise.resolve(table.expired(now(), limit)),
    flushReclaimed: (holdSeconds) =>
      inTurn(async () => {
        const old = table.reclaimed(now() - holdSeconds);
        await apply(old.map((lease) => [lease.address, null]));
        return old.length;
      }),
    ofClients: (identifiers) => table.ofClients(identifiers),
    page: async (after, limit, subnetIds) => ({ leases: await pageOf(after, limit, subnetIds) }),
    findFree(ranges, start, limit, client) {
      const owner = client && ownerName(client);
      const isOffered = (address: L['address']): boolean =>
        owner !== undefined && offers.isHeldByOther(address, owner);
      return Promise.resolve(table.free(ranges, start, limit, now(), isOffered));
    },
    counts: () => Promise.resolve(table.counts()),
    // Nobody else offers anything.
    isAlone: () => true,
    takeReserved: () => null,
    withdraw: (address, client) => offers.release(address, ownerName(client)),
    cleanUp: () => file?.cleanUp() ?? Promise.resolve(),
    async close() {
      if (closed) return;
      closed = true;
      if (timer) clearInterval(timer);
      await turn;
      await file?.close();
    },
  };

  /** Nobody else offers these addresses: what this process remembers is all there is. */
  function offersFor({ client, addresses, hold }: LeaseQuery<L>): Pick<LeaseFindings<L>, 'hold' | 'offered'> {
    const owner = client ? ownerName(client) : '';
    const held = hold && offers.hold(hold.address, owner, hold.seconds * 1000);
    const offered = addresses.filter((address) => offers.isHeldByOther(address, owner));
    return { offered, ...(held !== undefined && { hold: held ? 'held' : 'taken' }) };
  }

  function ownLeases(query: LeaseQuery<L>): L[] {
    if (!query.client) return [];
    const leases = table.byOwnerKeys(ownerKeys(query.client));
    const { subnetIds } = query;
    return subnetIds ? leases.filter((lease) => subnetIds.includes(lease.subnetId)) : leases;
  }

  /** A slice at a time: the leases of few subnets may be far apart, and packets go between. */
  async function pageOf(
    after: L['address'] | null,
    limit: number,
    subnetIds: readonly number[] | null,
  ): Promise<L[]> {
    const page: L[] = [];
    for (let from = after; ;) {
      const wanted = subnetIds ? pageSlice : Math.min(pageSlice, limit - page.length);
      const addresses = table.addressesAfter(from, wanted);
      for (const address of addresses) {
        if (page.length === limit) return page;
        if (!subnetIds || subnetIds.includes(table.subnetIdOf(address)!)) page.push(table.get(address)!);
      }
      if (addresses.length < wanted || page.length === limit) return page;
      from = addresses.at(-1)!;
      await setImmediate();
    }
  }
}
