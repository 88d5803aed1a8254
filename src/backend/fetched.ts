// What an edge knows of the central configuration, and how a newer fetch keeps the identity of what did not change.
import { isDeepStrictEqual } from 'node:util';
import type { Family } from '../addr/family.ts';
import type { ConfigParts, Rejection, WrittenObject } from '../config/parts.ts';

/** A place in the change log. The random token tells this log from one that was restored or failed over. */
export interface Position {
  readonly epoch: number;
  readonly token: string;
}

export interface Fetched {
  readonly position: Position;
  /** Row ids of the servers whose objects we get: `all`, and the one with our tag. */
  readonly servers: readonly number[];
  readonly parts: ConfigParts;
  /** Objects that no server gets, with the reason: they are not served, and somebody should know. */
  readonly unassigned: readonly Rejection[];
}

export function emptyParts(family: Family): ConfigParts {
  return {
    family,
    globals: {},
    optionDefs: [],
    options: [],
    classes: [],
    networks: [],
    subnets: [],
    reservations: [],
  };
}

export function rowIdOf(object: WrittenObject): number {
  return object.origin.kind === 'database' ? object.origin.rowId : -1;
}

/** `next` in its order, with the previous object wherever its JSON is the same; the previous list if all are. */
export function keepIdentity(
  previous: readonly WrittenObject[],
  next: readonly WrittenObject[],
): readonly WrittenObject[] {
  const known = new Map(previous.map((object) => [rowIdOf(object), object]));
  const kept = next.map((object) => {
    const old = known.get(rowIdOf(object));
    return old !== undefined && isDeepStrictEqual(old.json, object.json) ? old : object;
  });
  const same = kept.length === previous.length && kept.every((object, index) => object === previous[index]);
  return same ? previous : kept;
}

/** The previous list with the touched rows replaced by what was read for them, by ascending row id. */
export function replaceTouched(
  previous: readonly WrittenObject[],
  touched: ReadonlySet<number>,
  read: readonly WrittenObject[],
): readonly WrittenObject[] {
  if (touched.size === 0) return previous;
  const rest = previous.filter((object) => !touched.has(rowIdOf(object)));
  return keepIdentity(
    previous,
    [...rest, ...read].sort((a, b) => rowIdOf(a) - rowIdOf(b)),
  );
}

/** Global values with the row that each came from. */
export type WrittenGlobals = Pick<ConfigParts, 'globals' | 'originOfGlobal'>;

/** The previous ones when their values and rows are the same. */
export function keepGlobals(previous: WrittenGlobals, next: WrittenGlobals): WrittenGlobals {
  const { globals, originOfGlobal } = previous;
  const isSame =
    isDeepStrictEqual(globals, next.globals) &&
    Object.keys(globals).every((key) =>
      isDeepStrictEqual(originOfGlobal?.([key]), next.originOfGlobal?.([key])),
    );
  return isSame ? { globals, ...(originOfGlobal && { originOfGlobal }) } : next;
}

/** The previous parts themselves when every list is the previous list. */
export function keepParts(previous: ConfigParts, next: ConfigParts): ConfigParts {
  const same = (Object.keys(next) as (keyof ConfigParts)[]).every((key) => next[key] === previous[key]);
  return same ? previous : next;
}

const kinds = ['optionDefs', 'options', 'classes', 'networks', 'subnets'] as const;

/** Names of what differs, for people: `subnets 7, globals`. At most `limit` of them. */
export function describeDifference(before: ConfigParts, after: ConfigParts, limit = 10): string[] {
  const differences: string[] = [];
  if (!isDeepStrictEqual(before.globals, after.globals)) differences.push('globals');
  for (const kind of kinds) {
    const old = new Map(before[kind].map((object) => [rowIdOf(object), object.json]));
    for (const object of after[kind]) {
      const id = rowIdOf(object);
      if (!isDeepStrictEqual(old.get(id), object.json)) differences.push(`${kind} ${id}`);
      old.delete(id);
    }
    for (const id of old.keys()) differences.push(`${kind} ${id}`);
    const order = (objects: readonly WrittenObject[]): number[] => objects.map(rowIdOf);
    if (differences.length === 0 && !isDeepStrictEqual(order(before[kind]), order(after[kind]))) {
      differences.push(`order of ${kind}`);
    }
  }
  return differences.slice(0, limit);
}
