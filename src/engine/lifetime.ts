// How long a lease lives and when the client comes back: class and scope lifetimes, the client's wish, T1 and T2.
import type { ClientClass, Lifetime, ScopeParameters } from '../config/snapshot.ts';
import { infiniteLifetime, leaseState, type Lease } from '../store/lease.ts';

/** The first member class that defines it wins over the scope; the client's wish is kept within its bounds. */
export function chooseLifetime(
  scope: Lifetime,
  classes: readonly ClientClass[],
  wish: number | undefined,
  which: 'validLifetime' | 'preferredLifetime' = 'validLifetime',
): number {
  const own = classes.find((definition) => definition[which] !== null)?.[which];
  const { min, value, max } = own ? complete(own, scope) : scope;
  if (wish === undefined) return value;
  return Math.min(Math.max(wish, min), max);
}

/** A class that sets only the value allows nothing else; one that sets bounds alone takes the nearest one as value. */
function complete(own: Partial<Lifetime>, scope: Lifetime): Lifetime {
  const value = own.value ?? own.min ?? own.max ?? scope.value;
  return { min: own.min ?? value, value, max: own.max ?? value };
}

/** The lower bound alone, for pools that run short (`adaptive-lease-time-threshold`). */
export function shortestLifetime(scope: Lifetime, classes: readonly ClientClass[]): number {
  return chooseLifetime(scope, classes, 0);
}

export interface TeeTimes {
  /** Seconds; undefined: not sent. */
  readonly t1: number | undefined;
  readonly t2: number | undefined;
}

/** RFC 2131 §4.4.5. T2 only below the lifetime, T1 only below T2 (else below the lifetime). */
export function teeTimes(parameters: ScopeParameters, lifetime: number): TeeTimes {
  const { renewTimer, rebindTimer, calculateTeeTimes, t1Percent, t2Percent } = parameters;
  const wanted2 = rebindTimer ?? (calculateTeeTimes ? Math.round(lifetime * t2Percent) : 0);
  const t2 = wanted2 > 0 && wanted2 < lifetime ? wanted2 : undefined;
  const wanted1 = renewTimer ?? (calculateTeeTimes ? Math.round(lifetime * t1Percent) : 0);
  const t1 = wanted1 > 0 && wanted1 < (t2 ?? lifetime) ? wanted1 : undefined;
  return { t1, t2 };
}

/** Seconds until the lease ends. */
export function remaining(lease: Lease, now: number): number {
  if (lease.state !== leaseState.default) return 0;
  if (lease.validLifetime === infiniteLifetime) return infiniteLifetime;
  return Math.max(0, lease.cltt + lease.validLifetime - now);
}

/** RFC 8415 §14.2, §21.4: 0 leaves the time to the client. `preferred`: the shortest of the IA. */
export function teeTimes6(
  parameters: ScopeParameters,
  preferred: number,
): { readonly t1: number; readonly t2: number } {
  const { renewTimer, rebindTimer, calculateTeeTimes, t1Percent, t2Percent } = parameters;
  const part = (percent: number): number => {
    if (!calculateTeeTimes) return 0;
    return preferred === infiniteLifetime ? infiniteLifetime : Math.floor(preferred * percent);
  };
  const t2 = rebindTimer ?? part(t2Percent);
  const wanted1 = renewTimer ?? part(t1Percent);
  // Infinity stands for never: then both may have it.
  const t1 = wanted1 < t2 || wanted1 === infiniteLifetime ? wanted1 : 0;
  return { t1, t2 };
}
