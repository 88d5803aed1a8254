// Whether and how reservations of a database are cached: the parameters of libdhcp_host_cache.so.
import { libraryName } from '../config/not-in-force-rows.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError } from '../errors.ts';
import type { HostCacheOptions } from '../store/host-cache.ts';

/** Seconds between polls of the config backend, when nothing else is written. */
const pollDefault = 30;

/**
 * Null without the library: reservations are then looked up for every packet, and a change counts at once. With it a
 * change counts within one poll: changes in the config backend's own database are reported by the poll, and of others,
 * or while it is away, an entry is forgotten after the time of one poll. Throws CONFIG_INVALID.
 */
export function hostCacheSettings(globals: JsonMap): HostCacheOptions | null {
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
  };
}
