// The hook points of reclamation, of DHCPv4.
import type { Lease4 } from '../../store/lease.ts';
import { offeredLease } from '../hook-values.ts';
import type { ReclaimCallouts } from '../lease-reuse.ts';

export const reclaimCallouts4: ReclaimCallouts<Lease4> = {
  isAsked: (scope) => scope.has('lease4_expire') || scope.has('lease4_recover'),
  expire: (scope, lease4, remove) =>
    scope.call('lease4_expire', { lease4: offeredLease(lease4), remove_lease: remove }),
  recover: (scope, lease4) => scope.call('lease4_recover', { lease4: offeredLease(lease4) }),
};
