// An expired lease in the way of a new one: the libraries hear of it as of any reclaimed lease.
import { isExpired, leaseState, type Lease } from '../store/lease.ts';
import type { Logger } from '../log.ts';
import type { HookOutcome, HookScope } from './hooks.ts';

/** How the hook points of reclamation are called for one family. */
export interface ReclaimCallouts<L extends Lease> {
  isAsked(scope: HookScope): boolean;
  expire(scope: HookScope, lease: L, remove: boolean): Promise<HookOutcome>;
  /** A declined lease whose probation ended. */
  recover(scope: HookScope, lease: L): Promise<HookOutcome>;
}

/** An expired row is about to be overwritten by a claim. False: the callout keeps the address as it is. */
export async function reclaimForReuse<L extends Lease>(
  hooks: HookScope,
  callouts: ReclaimCallouts<L>,
  row: L | null | undefined,
  { now, log }: { readonly now: number; readonly log: Logger },
): Promise<boolean> {
  if (!row || !isExpired(row, now) || !callouts.isAsked(hooks)) return true;
  if (row.state === leaseState.default) {
    await callouts.expire(hooks, row, false);
    return true;
  }
  if (row.state !== leaseState.declined) return true;
  const { status } = await callouts.recover(hooks, row);
  if (status !== 'skip') return true;
  log.debug(`DHCPSRV_HOOK_LEASE${row.family}_RECOVER_SKIP`, 'a lease stays declined');
  return false;
}
