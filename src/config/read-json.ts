// Typed reading of configuration JSON that has passed the schema.
import { FlotillaError } from '../errors.ts';
import { deepFreeze } from './frozen.ts';
import type { Json, JsonMap } from './written.ts';

export function stringAt(json: JsonMap, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(json: JsonMap, key: string): number | undefined {
  const value = json[key];
  return typeof value === 'number' ? value : undefined;
}

export function booleanAt(json: JsonMap, key: string): boolean | undefined {
  const value = json[key];
  return typeof value === 'boolean' ? value : undefined;
}

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function mapAt(json: JsonMap, key: string): JsonMap | undefined {
  const value = json[key];
  return isMap(value) ? value : undefined;
}

/** The maps in a list; an absent list is empty. */
export function mapsAt(json: JsonMap, key: string): readonly JsonMap[] {
  const value = json[key];
  return Array.isArray(value) ? (value as readonly JsonMap[]).filter(isMap) : nothing;
}

/** The strings in a list; an absent list is empty. */
export function stringsAt(json: JsonMap, key: string): readonly string[] {
  const value = json[key];
  if (!Array.isArray(value) || value.length === 0) return nothing;
  return Object.freeze((value as readonly Json[]).filter((item) => typeof item === 'string'));
}

/** `user-context`, with `comment` moved into it as Kea does. */
export function userContextOf(json: JsonMap): Readonly<Record<string, unknown>> | null {
  const context = mapAt(json, 'user-context');
  const comment = stringAt(json, 'comment');
  if (comment === undefined) return context ? deepFreeze(context) : null;
  return deepFreeze({ ...context, comment });
}

/** Database row of an object whose JSON came from a table: `metadata.row-id`, which config-get never shows. */
export function rowIdOf(json: JsonMap): number | null {
  return numberAt(mapAt(json, 'metadata') ?? {}, 'row-id') ?? null;
}

/** An object that contradicts itself or another one; `key` is relative to the object. */
export function invalid(message: string, key?: string): FlotillaError {
  return new FlotillaError('CONFIG_INVALID', message, key === undefined ? {} : { key });
}

const nothing: readonly never[] = Object.freeze([]);
