// The hook points of reclamation, of DHCPv6.
import type { Lease6 } from '../../store/lease.ts';
import { offeredLease } from '../hook-values.ts';
import type { ReclaimCallouts } from '../lease-reuse.ts';

export const reclaimCallouts6: ReclaimCallouts<Lease6> = {
  isAsked: (scope) => scope.has('lease6_expire') || scope.has('lease6_recover'),
  expire: (scope, lease6, remove) =>
    scope.call('lease6_expire', { lease6: offeredLease(lease6), remove_lease: remove }),
  recover: (scope, lease6) => scope.call('lease6_recover', { lease6: offeredLease(lease6) }),
};
