// When to poll next: never two edges in step, and patient with a database that is away.

/** Seconds. */
const longestRetry = 30;
/** How far a wait may fall short of its nominal length, as a fraction: edges started together drift apart. */
const spread = 0.2;

/** Milliseconds until the next regular poll: up to a fifth earlier than asked, never later. */
export function pollDelay(fetchWaitTime: number, random: () => number): number {
  return fetchWaitTime * 1000 * (1 - spread * random());
}

/**
 * Milliseconds until the next try after `failures` failed ones: doubling from one second, for ever; no longer than the
 * regular wait, and no longer than half a minute, so that a database that comes back is noticed.
 */
export function retryDelay(failures: number, fetchWaitTime: number, random: () => number): number {
  const ceiling = fetchWaitTime > 0 ? Math.min(longestRetry, fetchWaitTime) : longestRetry;
  const seconds = Math.min(ceiling, 2 ** Math.min(failures - 1, 10));
  return seconds * 1000 * (1 - 0.5 * random());
}
