// Digests of configuration: the same text for the same meaning, whatever the order of keys.
import { createHash } from 'node:crypto';
import type { Json, JsonMap } from './written.ts';

/** SHA-256 (upper-case hex) of the canonical JSON: keys sorted, no blanks, no `metadata`. */
export function canonicalDigest(json: JsonMap): string {
  return createHash('sha256').update(canonicalText(json)).digest('hex').toUpperCase();
}

/**
 * Hash of a whole configuration: SHA-256 over one line per section, `name digest digest …`, where each object gives
 * the digest of its own canonical JSON. So a change of one object among thousands costs one small digest.
 */
export function configurationHash(sections: readonly (readonly [string, Iterable<string>])[]): string {
  const hash = createHash('sha256');
  for (const [name, digests] of sections) hash.update(`${name} ${[...digests].join(' ')}\n`);
  return hash.digest('hex').toUpperCase();
}

function canonicalText(json: Json | undefined, own = true): string {
  if (Array.isArray(json))
    return `[${(json as readonly Json[]).map((item) => canonicalText(item, own)).join(',')}]`;
  if (typeof json === 'string') return JSON.stringify(json);
  if (typeof json !== 'object' || json === null) return String(json ?? null);
  const map = json as JsonMap;
  // Loops and not chains of lists: this runs for every object of a full fetch.
  let text = '{';
  for (const key of Object.keys(map).sort()) {
    if (map[key] === undefined || (own && key === 'metadata')) continue;
    if (text.length > 1) text += ',';
    // Free data of the operator may use any key, `metadata` too.
    text += `${JSON.stringify(key)}:${canonicalText(map[key], own && key !== 'user-context')}`;
  }
  return `${text}}`;
}
