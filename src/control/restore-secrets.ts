// Secrets come back unharmed when a configuration that config-get redacted is sent in again.
import { isSecretKey, redactedMark } from '../config/redact.ts';
import type { Json, JsonMap } from '../config/written.ts';

/**
 * Puts the secrets of `current` back where `config` has the mark at the same place: list members are matched by
 * `name` or `type` and `host` when they have them, else by position.
 */
export function restoreSecrets(config: JsonMap, current: JsonMap): JsonMap {
  return restored(config, current) as JsonMap;
}

function restored(value: Json | undefined, current: Json | undefined): Json | undefined {
  if (isList(value)) {
    const members = isList(current) ? current : [];
    return value.map((each, i) => {
      const twin =
        isMap(each) && identityOf(each) !== ''
          ? members.find((other) => isMap(other) && identityOf(other) === identityOf(each))
          : members[i];
      return restored(each, twin) ?? null;
    });
  }
  if (!isMap(value)) return value;
  const old: JsonMap = isMap(current) ? current : {};
  return mapValues(value, (each, key) =>
    isSecretKey(key) && each === redactedMark && typeof old[key] === 'string'
      ? old[key]
      : restored(each, old[key]),
  );
}

function identityOf(map: JsonMap): string {
  return ['name', 'type', 'host', 'url']
    .map((key) => map[key])
    .filter((part) => typeof part === 'string')
    .join('\n');
}

function mapValues(
  map: JsonMap,
  change: (value: Json | undefined, key: string) => Json | undefined,
): JsonMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
