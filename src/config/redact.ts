// Configuration without its secrets, for config-get, logs and error texts.
import type { Json } from './written.ts';

/** Every value of a key that ends in `password` or `secret`, at any depth, becomes `*****`. The input is not touched. */
export function redact<T extends Json>(written: T): T {
  return hidden(written) as T;
}

function hidden(json: Json): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map(hidden);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, Json>>).map(([key, value]) => [
      key,
      secretKey.test(key) ? '*****' : hidden(value),
    ]),
  );
}

/** `password-file` and `secret-file` name files; those are no secret. */
const secretKey = /(^|[-_])(password|secret|passphrase)$/i;
