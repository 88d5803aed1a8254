// Configuration without its secrets, for config-get, logs and error texts.
import type { Json } from './written.ts';

/** What stands in place of a secret; the same mark as in Kea's log. */
export const redactedMark = '*****';

/** `password-file` and `secret-file` name files; those are no secret. */
export function isSecretKey(key: string): boolean {
  return /(^|[-_])(password|secret|passphrase)$/i.test(key);
}

/** Every value of a key that ends in `password` or `secret`, at any depth, becomes the mark. The input is not touched. */
export function redact<T extends Json>(written: T): T {
  return hidden(written) as T;
}

function hidden(json: Json): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map(hidden);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, Json>>).map(([key, value]) => [
      key,
      isSecretKey(key) ? redactedMark : hidden(value),
    ]),
  );
}
