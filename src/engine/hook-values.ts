// What callouts assigned, looked at before it goes on: a value that no store can write would fail a batch of other clients.
import type { LeaseCommon } from '../store/lease.ts';

/** As a store would read it back; undefined: it is no JSON map (a bigint inside, a circle, a list). */
export function contextGiven(value: unknown): LeaseCommon['userContext'] | undefined {
  if (value === null) return null;
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    const isMap = typeof copy === 'object' && copy !== null && !Array.isArray(copy);
    return isMap ? (copy as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export const isBytesOrNull = (value: unknown): value is Uint8Array | null =>
  value === null || value instanceof Uint8Array;

/** What a callout may change, inside the context too: the stored row that it came from must not change with it. */
export const offeredLease = <L extends LeaseCommon>(lease: L): L => ({
  ...lease,
  userContext: structuredClone(lease.userContext),
});
