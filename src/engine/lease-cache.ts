// The lease cache: a renewal that changes nothing, early in the lease, is answered without a write.
import type { ScopeParameters } from '../config/snapshot.ts';
import { infiniteLifetime, type Lease } from '../store/lease.ts';

/**
 * Seconds that are left of a lease that may be reused as it stands (`cache-threshold`, `cache-max-age`);
 * null when the database has to be written. The caller knows that nothing in the lease changed.
 */
export function reusableLifetime(lease: Lease, parameters: ScopeParameters, now: number): number | null {
  if (parameters.cacheThreshold <= 0) return null;
  if (lease.validLifetime === infiniteLifetime) return infiniteLifetime;
  const age = now - lease.cltt;
  if (age < 0 || age >= lease.validLifetime) return null;
  if (
    parameters.cacheMaxAge !== undefined &&
    (parameters.cacheMaxAge === 0 || age > parameters.cacheMaxAge)
  ) {
    return null;
  }
  if (age > parameters.cacheThreshold * lease.validLifetime) return null;
  return lease.validLifetime - age;
}
