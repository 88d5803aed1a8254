// Lifetimes in a file inherit key by key; rows of the central configuration inherit the three together. Both as in Kea.
import { numberAt } from './read-json.ts';
import type { JsonMap } from './written.ts';

/**
 * A scope of a file that sets some of `valid-lifetime`, `min-valid-lifetime`, `max-valid-lifetime` (or preferred-) gets
 * the missing ones from the scopes around it, innermost first. One that sets none stays as it is.
 */
export function withDerivedLifetimes(json: JsonMap, around: readonly JsonMap[]): JsonMap {
  return kinds.reduce((done, kind) => derived(done, kind, around), json);
}

function derived(json: JsonMap, kind: (typeof kinds)[number], around: readonly JsonMap[]): JsonMap {
  const key = `${kind}-lifetime`;
  const keys = [key, `min-${key}`, `max-${key}`];
  const missing = keys.filter((name) => json[name] === undefined);
  if (missing.length === 0 || missing.length === keys.length) return json;

  const found: Record<string, number> = {};
  for (const name of missing) {
    const outer = around.find((scope) => scope[name] !== undefined);
    if (outer) found[name] = numberAt(outer, name)!;
  }
  const filled = { ...json, ...found };
  if (kind === 'preferred' || filled[key] !== undefined) return filled;
  // The built-in lifetime is the outermost value; it gives way to bounds that somebody wrote.
  const min = numberAt(filled, `min-${key}`) ?? 0;
  const max = numberAt(filled, `max-${key}`) ?? 0xffffffff;
  return { ...filled, [key]: Math.max(min, Math.min(max, builtInValidLifetime)) };
}

/** Seconds. */
export const builtInValidLifetime = 7200;
const kinds = ['valid', 'preferred'] as const;
