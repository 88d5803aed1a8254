// Judges what the configuration's build leaves to others, before it comes into force: they say what is wrong, this says where.
import type { ConfigParts } from '../config/parts.ts';
import type { JsonMap } from '../config/written.ts';
import type { QueueTypes } from '../engine/queue-types.ts';
import { FlotillaError } from '../errors.ts';
import { hostCacheSettings } from './host-cache-settings.ts';

/** The packet queue and the host cache. Throws CONFIG_INVALID with the file and place. */
export function checkSections(parts: ConfigParts, queueTypes: QueueTypes): void {
  try {
    queueTypes.check(parts.globals['dhcp-queue-control'] as JsonMap | undefined);
    hostCacheSettings(parts.globals);
  } catch (error) {
    throw located(error, parts);
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
