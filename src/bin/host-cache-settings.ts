// Whether and how reservations of a database are cached: the parameters of libdhcp_host_cache.so.
import { libraryName } from '../config/not-in-force-rows.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError } from '../errors.ts';
import type { HostCacheOptions } from '../store/host-cache.ts';

/** Seconds between polls of the config backend, when nothing else is written. */
const pollDefault = 30;

export interface HostCacheSettings {
  readonly maximum: number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Milliseconds between polls of the config backend; null: it does not poll. */
  readonly poll: number | null;
}

/**
 * Null without the library: reservations are then looked up for every packet, and a change counts at once. Throws
 * CONFIG_INVALID.
 */
export function hostCacheSettings(globals: JsonMap): HostCacheSettings | null {
  const libraries = (globals['hooks-libraries'] ?? []) as readonly JsonMap[];
  const index = libraries.findIndex(
    ({ library }) => libraryName(library as string) === 'libdhcp_host_cache.so',
  );
  if (index < 0) return null;
  const parameters = (libraries[index]!['parameters'] ?? {}) as JsonMap;
  const natural = (key: string, least: number, fallback: number): number => {
    const value = parameters[key] ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw new FlotillaError('CONFIG_INVALID', `${key} must be a whole number, at least ${least}`, {
      key: `hooks-libraries[${index}].parameters.${key}`,
    });
  };
  const control = (globals['config-control'] ?? {}) as JsonMap;
  const poll = (control['config-fetch-wait-time'] as number | undefined) ?? pollDefault;
  return {
    maximum: natural('maximum', 0, 0),
    lifetime: natural('lifetime', 1, poll === 0 ? pollDefault : poll) * 1000,
    poll: poll === 0 ? null : poll * 1000,
  };
}

/**
 * The cache of one database. A change counts within one poll: that of the config backend's own database is reported by
 * the poll; of any other, an entry is forgotten after the time of a poll, however long its lifetime.
 */
export function hostCacheOptions(
  { maximum, lifetime, poll }: HostCacheSettings,
  { isPolled }: { readonly isPolled: boolean },
): HostCacheOptions {
  const isReported = isPolled && poll !== null;
  return { maximum, lifetime: isReported ? lifetime : Math.min(lifetime, poll ?? pollDefault * 1000) };
}
