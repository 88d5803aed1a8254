// Reclamation when libraries are asked about each lease: listed, asked, then replaced one by one where unchanged.
import type { Logger } from '../log.ts';
import { reclaimDeletes, reclaimedRow } from '../store/judge.ts';
import { leaseState, type Lease } from '../store/lease.ts';
import type { LeaseStore, ReclaimOptions } from '../store/lease-store.ts';
import type { HookScope } from './hooks.ts';
import type { ReclaimCallouts } from './lease-reuse.ts';

/** One reclaim cycle: what was asked about once is not asked about again, whatever the answer was. */
export interface ReclaimCycle<L extends Lease> {
  /** As far as it may still be listed. */
  readonly seen: Set<L['address']>;
}

export interface ReclaimedChunk<L extends Lease> {
  /** As they were before they were reclaimed, by the server or (`skip` of an expire callout) by a library. */
  readonly rows: readonly L[];
  /** Nothing that was not asked about is left. */
  readonly complete: boolean;
}

export interface ReviewedReclaimDeps<L extends Lease> extends ReclaimCallouts<L> {
  readonly hooks: () => HookScope | null;
  readonly leases: LeaseStore<L>;
  readonly log: Logger;
}

/** One chunk of a cycle; null while no library waits for expired leases. */
export function reviewedReclaim<L extends Lease>(deps: ReviewedReclaimDeps<L>) {
  const { leases, log } = deps;

  const one = async (scope: HookScope, lease: L, remove: boolean): Promise<L | null> => {
    const isDeclined = lease.state === leaseState.declined;
    const { status } = await (isDeclined ? deps.recover(scope, lease) : deps.expire(scope, lease, remove));
    if (status === 'skip') {
      if (isDeclined) log.debug(`DHCPSRV_HOOK_LEASE${lease.family}_RECOVER_SKIP`, 'a lease stays declined');
      return isDeclined ? null : lease;
    }
    const by = remove || reclaimDeletes(lease) ? null : reclaimedRow(lease);
    const outcome = await leases.write({ verb: 'replace', address: lease.address, expected: lease, by });
    return outcome.result === 'done' ? lease : null;
  };

  return ({ limit, remove }: ReclaimOptions, cycle: ReclaimCycle<L>): Promise<ReclaimedChunk<L>> | null => {
    const scope = deps.hooks();
    if (!scope) return null;
    if (!deps.isAsked(scope)) {
      scope.end();
      return null;
    }
    return (async () => {
      try {
        // Leases that libraries kept come first again: they are passed over. Those that are not listed again are gone.
        const listed = await leases.expired(limit + cycle.seen.size);
        const kept = listed.filter(({ address }) => cycle.seen.has(address));
        const fresh = listed.filter(({ address }) => !cycle.seen.has(address)).slice(0, limit);
        cycle.seen.clear();
        for (const { address } of [...kept, ...fresh]) cycle.seen.add(address);
        const done = await Promise.all(fresh.map((lease) => one(scope, lease, remove)));
        return { rows: done.filter((lease) => lease !== null), complete: fresh.length < limit };
      } finally {
        scope.end();
      }
    })();
  };
}
