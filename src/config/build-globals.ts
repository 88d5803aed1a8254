// The global scope of a build: a bad global parameter is set aside alone, like any other bad object.
import { isDeepStrictEqual } from 'node:util';
import { FlotillaError } from '../errors.ts';
import { deepFreeze } from './frozen.ts';
import { resolveGlobals } from './globals.ts';
import { canonicalDigest } from './hash.ts';
import { globalParameters } from './parameters.ts';
import type { ConfigParts, Rejection } from './parts.ts';
import { checkGlobals } from './object-check.ts';
import type { GlobalParameters, ScopeParameters } from './snapshot.ts';
import type { Json, JsonMap } from './written.ts';

export interface BuiltGlobals {
  readonly written: JsonMap;
  readonly inForce: JsonMap;
  readonly values: GlobalParameters;
  readonly parameters: ScopeParameters;
  readonly rejections: readonly Rejection[];
  readonly digest: string;
}

/** `before`: the last build. Equal values are shared with it, so that nothing below is resolved anew. */
export function buildGlobals(
  parts: ConfigParts,
  before: { readonly built: BuiltGlobals; readonly inForce: JsonMap } | undefined,
): BuiltGlobals {
  const { globals: written, family } = parts;
  if (before && (before.built.written === written || isDeepStrictEqual(before.built.written, written)))
    return before.built;

  const rejections: Rejection[] = [];
  let inForce: JsonMap = written;
  const setAside = (key: string, reason: string): void => {
    const lastGood = before?.inForce[key];
    const kept = lastGood !== undefined && !isDeepStrictEqual(lastGood, inForce[key]);
    inForce = replaced(inForce, key, kept ? lastGood : undefined);
    const origin = parts.originOfGlobal?.([key]) ?? { kind: 'database', rowId: 0 };
    rejections.push({ objectType: 'global', objectKey: key, origin, reason, lastGoodKept: kept });
  };

  for (const { key, message } of checkGlobals(written, family)) setAside(key, message);
  const [values, parameters] = resolveWith(
    () => [resolveGlobals(inForce, family), globalParameters(inForce, family)] as const,
    (key, reason) => {
      if (inForce[key] === undefined) return false;
      setAside(key, reason);
      return true;
    },
  );
  return {
    written,
    inForce: deepFreeze(inForce),
    values: before && isDeepStrictEqual(before.built.values, values) ? before.built.values : values,
    parameters:
      before && isDeepStrictEqual(before.built.parameters, parameters) ? before.built.parameters : parameters,
    rejections,
    digest: canonicalDigest(inForce),
  };
}

/** Sets aside one key after the other until the rest agrees; ends because each round has one key less to blame. */
function resolveWith<T>(resolve: () => T, setAside: (key: string, reason: string) => boolean): T {
  for (;;) {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof FlotillaError)) throw error;
      if (!setAside(error.location.key ?? '', error.message)) throw error;
    }
  }
}

function replaced(json: JsonMap, key: string, value: Json | undefined): JsonMap {
  const { [key]: _, ...rest } = json;
  return value === undefined ? rest : { ...rest, [key]: value };
}
