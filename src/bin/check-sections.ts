// Judges what the configuration's build leaves to others, before it comes into force: they say what is wrong, this says where.
import type { ConfigParts } from '../config/parts.ts';
import type { JsonMap } from '../config/written.ts';
import { QueueTypes } from '../engine/queue-types.ts';
import { FlotillaError } from '../errors.ts';
import type { HookLibraries } from '../hooks/hook-libraries.ts';
import type { EntrySource } from '../hooks/library-entries.ts';
import type { LibrarySet } from '../hooks/library-set.ts';
import { hostCacheSettings } from './host-cache-settings.ts';

/** The packet queue, whose type a hook library may have registered, and the host cache. Throws CONFIG_INVALID with the place. */
export function checkSections(parts: ConfigParts, queueTypes: QueueTypes): void {
  try {
    queueTypes.check(parts.globals['dhcp-queue-control'] as JsonMap | undefined);
    hostCacheSettings(parts.globals);
  } catch (error) {
    throw located(error, parts);
  }
}

/**
 * The libraries of a configuration, loaded and not in force yet; their queue types are known to the check of its sections.
 * Throws CONFIG_INVALID with the place; then what was loaded is unloaded again.
 */
export async function prepareLibraries(
  source: EntrySource & { readonly parts: ConfigParts },
  hooks: HookLibraries,
): Promise<LibrarySet> {
  const libraries = await hooks.prepare(source);
  try {
    const { family } = source.parts;
    checkSections(source.parts, new QueueTypes({ family, registered: libraries.queueTypes }));
    return libraries;
  } catch (error) {
    await hooks.discard(libraries);
    throw error;
  }
}

function located(error: unknown, parts: ConfigParts): unknown {
  if (!(error instanceof FlotillaError) || error.location.key === undefined) return error;
  const { key } = error.location;
  const path = key.split(/[.[\]]+/).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const origin = parts.originOfGlobal?.(path);
  if (origin?.kind !== 'file') return error;
  const { file, line, column } = origin;
  const place = { file, line, column, key: `Dhcp${parts.family}.${key}` };
  return new FlotillaError(error.code, error.message, place, { cause: error });
}
