// Lists judged entry by entry: a bad entry is set aside with its reason, its last good version takes its place.
import { isDeepStrictEqual } from 'node:util';
import type { ScopeName } from '../../schemas/key-row.ts';
import type { Family } from '../addr/family.ts';
import { FlotillaError } from '../errors.ts';
import { checkObject } from './object-check.ts';
import type { Rejection, WrittenObject } from './parts.ts';
import { rowIdOf } from './read-json.ts';
import type { JsonMap } from './written.ts';

/** A list inside an object: the pools, prefix pools, options or reservations of a subnet, the options of a class. */
export interface ListToResolve<T> {
  readonly owner: WrittenObject;
  readonly family: Family;
  /** Where the map that holds the list stands inside the owner; without it, the owner itself is that map. */
  readonly holderPath?: () => readonly (string | number)[];
  /** Key of the list, e.g. `pools`. */
  readonly listKey: string;
  readonly objectType: Rejection['objectType'];
  /** Its schema. A file was held against it as a whole when it was read; rows are held against it here. */
  readonly scope: ScopeName;
  readonly list: readonly JsonMap[];
  /** The same list as it is in force now, for last good versions. */
  readonly previous: readonly JsonMap[];
  /** Equal for two versions of the same entry. */
  identityOf(json: JsonMap): string;
  /** As an operator names it. */
  nameOf(json: JsonMap): string;
  resolve(json: JsonMap): T;
  /** Judges a value against those admitted before it: a reason to refuse it, or undefined (it is in). */
  admit?(value: T): string | undefined;
}

export interface ResolvedList<T> {
  readonly values: readonly T[];
  /** What is in force, as written; the very input list when every entry is good. */
  readonly inForce: readonly JsonMap[];
  readonly rejections: readonly Rejection[];
}

/**
 * Entries that conflict: the one in force before wins, else the earlier one. Resolvers throw FlotillaError; anything
 * else is a bug and goes through.
 */
export function resolveList<T>(input: ListToResolve<T>): ResolvedList<T> {
  const { list, previous } = input;
  if (list.length === 0) return empty;
  const before = new Map(previous.map((json) => [input.identityOf(json), json]));
  const lastGoodOf = (json: JsonMap): JsonMap | undefined => before.get(input.identityOf(json));

  const accepted: ({ value: T; json: JsonMap } | undefined)[] = list.map(() => undefined);
  const reasons: ({ reason: string; key: string | undefined } | undefined)[] = list.map(() => undefined);
  const admit = (index: number, json: JsonMap): boolean => {
    try {
      if (input.owner.origin.kind === 'database') checkObject(input.scope, json, input.family);
      const value = input.resolve(json);
      const reason = input.admit?.(value);
      if (reason === undefined) {
        accepted[index] = { value, json };
        return true;
      }
      reasons[index] ??= { reason, key: undefined };
    } catch (error) {
      if (!(error instanceof FlotillaError)) throw error;
      reasons[index] ??= { reason: error.message, key: error.location.key };
    }
    return false;
  };

  const unchanged = list.map((json) => {
    const last = lastGoodOf(json);
    return last !== undefined && (last === json || isDeepStrictEqual(last, json));
  });
  for (const wasInForce of [true, false]) {
    list.forEach((json, index) => {
      if (unchanged[index] === wasInForce) admit(index, json);
    });
  }

  const rejections: Rejection[] = [];
  list.forEach((json, index) => {
    const bad = reasons[index];
    if (!bad) return;
    const last = lastGoodOf(json);
    const lastGoodKept = last !== undefined && !unchanged[index] && admit(index, last);
    const holder = input.holderPath?.() ?? [];
    const path = [...holder, input.listKey, index, ...(bad.key === undefined ? [] : [bad.key])];
    rejections.push({
      objectType: input.objectType,
      objectKey: input.nameOf(json),
      origin: originOf(input.owner, json, path),
      reason: bad.reason,
      lastGoodKept,
    });
  });

  const good = accepted.filter((entry) => entry !== undefined);
  return {
    values: Object.freeze(good.map(({ value }) => value)),
    inForce: rejections.length === 0 ? list : Object.freeze(good.map(({ json }) => json)),
    rejections,
  };
}

/** The most exact origin there is: the row of the entry itself, its place in the file, else that of the owner. */
export function originOf(
  owner: WrittenObject,
  json: JsonMap,
  path: readonly (string | number)[],
): WrittenObject['origin'] {
  if (owner.origin.kind === 'file') return owner.locate?.(path) ?? owner.origin;
  const rowId = rowIdOf(json);
  return rowId === null ? owner.origin : { kind: 'database', rowId };
}

const empty = Object.freeze({
  values: Object.freeze([]),
  inForce: Object.freeze([]),
  rejections: Object.freeze([]),
});
