// Objects judged one by one against what was in force before: reused, resolved, or set aside for the last good version.
import { FlotillaError } from '../errors.ts';
import { canonicalDigest } from './hash.ts';
import { withJson, type Rejection, type WrittenObject } from './parts.ts';
import type { JsonMap } from './written.ts';

/** What a resolver makes of one object; `json` is what is in force of it (less its rejected parts). */
export interface Resolved<T> {
  readonly value: T;
  readonly json: JsonMap;
  readonly rejections: readonly Rejection[];
}

/** One object between two builds: what was written, what is in force, and why they differ if they do. */
export interface Entry<T> {
  readonly written: WrittenObject;
  /** Null when the object is not in force at all. */
  readonly inForce: WrittenObject | null;
  readonly value: T | null;
  readonly rejections: readonly Rejection[];
  /** Digest of the JSON in force. */
  readonly digest: string;
  /** What the value was made from besides its JSON; compared by identity. */
  readonly dependencies: readonly unknown[];
  /** Refused for a conflict, which may end without this object changing: judged anew each time. */
  readonly unsettled: boolean;
}

/** Numbers where they are short to compare: subnets are many. */
export type ObjectKey = string | number;

export interface ObjectsToResolve<T> {
  readonly objectType: Rejection['objectType'];
  readonly objects: readonly WrittenObject[];
  readonly previous: ResolvedObjects<T> | undefined;
  /** Everything that any of the objects depends on: when all of it is as before, no object is asked for its own. */
  readonly surroundings: readonly unknown[];
  /** Equal for two versions of the same object, different for two objects. */
  keyOf(json: JsonMap): ObjectKey;
  /** As an operator names it. */
  readonly nameOf: (json: JsonMap) => string;
  dependenciesOf(json: JsonMap): readonly unknown[];
  resolve(object: WrittenObject, lastGood: JsonMap | undefined): Resolved<T>;
  /**
   * Judges a value against those admitted before it: a reason to refuse it, or undefined (it is in). With it, values
   * that stay as they were are admitted before all others; without it, objects are resolved strictly in order.
   */
  admit?(value: T): string | undefined;
  /** Told of each value in force, in order, before the next object is looked at. */
  settled?(value: T): void;
}

export interface ResolvedObjects<T> {
  /** By key, in the order of the input. */
  readonly entries: ReadonlyMap<ObjectKey, Entry<T>>;
  readonly rejections: readonly Rejection[];
  readonly surroundings: readonly unknown[];
}

/** Never throws for a bad object; anything but a FlotillaError is a bug and goes through. */
export function resolveObjects<T>(input: ObjectsToResolve<T>): ResolvedObjects<T> {
  const { objects } = input;
  const previous = input.previous?.entries ?? new Map<ObjectKey, Entry<T>>();
  const sameSurroundings =
    input.previous !== undefined && sameItems(input.previous.surroundings, input.surroundings);
  const keys = objects.map(({ json }) => input.keyOf(json));
  const before = keys.map((key) => previous.get(key));
  const owners = ownersOf(objects, keys, before);
  const slots = new Array<Entry<T> | undefined>(objects.length);

  const reusable = (index: number): Entry<T> | undefined => {
    const entry = before[index];
    if (!entry || entry.written !== objects[index] || entry.unsettled) return undefined;
    if (
      !sameSurroundings &&
      !sameItems(entry.dependencies, dependenciesOf(input, entry.written, entry.inForce))
    )
      return undefined;
    if (input.admit && entry.value !== null && input.admit(entry.value) !== undefined) return undefined;
    return entry;
  };
  const resolve = (index: number): Entry<T> => entryFor(input, objects[index]!, before[index]);

  if (input.admit) {
    const changed: number[] = [];
    for (let index = 0; index < objects.length; index++) {
      if (owners.get(keys[index]!) !== index) continue;
      const entry = reusable(index);
      if (entry) slots[index] = entry;
      else changed.push(index);
    }
    for (const index of changed) slots[index] = resolve(index);
  } else {
    for (let index = 0; index < objects.length; index++) {
      if (owners.get(keys[index]!) !== index) continue;
      const entry = reusable(index) ?? resolve(index);
      slots[index] = entry;
      if (entry.value !== null) input.settled?.(entry.value);
    }
  }
  return { ...collect(input, keys, slots), surroundings: input.surroundings };
}

/** An object without an entry stands second to another one with its key. */
function collect<T>(
  { objects, objectType, nameOf }: ObjectsToResolve<T>,
  keys: readonly ObjectKey[],
  slots: readonly (Entry<T> | undefined)[],
): Omit<ResolvedObjects<T>, 'surroundings'> {
  const entries = new Map<ObjectKey, Entry<T>>();
  const rejections: Rejection[] = [];
  for (let index = 0; index < objects.length; index++) {
    const entry = slots[index];
    if (entry) {
      entries.set(keys[index]!, entry);
      if (entry.rejections.length > 0) rejections.push(...entry.rejections);
      continue;
    }
    const { json, origin } = objects[index]!;
    const objectKey = nameOf(json);
    const reason = `duplicate ${objectType}: ${objectKey} exists already`;
    rejections.push({ objectType, objectKey, origin, reason, lastGoodKept: false });
  }
  return { entries, rejections };
}

/** Which of several objects with one key is meant: the one in force, else the first. */
function ownersOf<T>(
  objects: readonly WrittenObject[],
  keys: readonly ObjectKey[],
  before: readonly (Entry<T> | undefined)[],
): ReadonlyMap<ObjectKey, number> {
  const owners = new Map<ObjectKey, number>();
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (before[index]?.written === objects[index] || !owners.has(key)) owners.set(key, index);
  }
  return owners;
}

function entryFor<T>(
  input: ObjectsToResolve<T>,
  object: WrittenObject,
  before: Entry<T> | undefined,
): Entry<T> {
  const lastGood = before?.inForce ?? undefined;
  const attempt = (
    candidate: WrittenObject,
  ): Resolved<T> | { readonly error: FlotillaError; readonly conflict: boolean } => {
    try {
      const resolved = input.resolve(candidate, lastGood?.json);
      const reason = input.admit?.(resolved.value);
      if (reason === undefined) return resolved;
      return { error: new FlotillaError('CONFIG_INVALID', reason), conflict: true };
    } catch (error) {
      if (error instanceof FlotillaError) return { error, conflict: false };
      throw error;
    }
  };

  const first = attempt(object);
  if (!('error' in first)) {
    const inForce = first.json === object.json ? object : withJson(object, first.json);
    return entryOf(object, inForce, first.value, first.rejections, dependenciesOf(input, object, inForce));
  }

  const second = lastGood && lastGood !== object ? attempt(lastGood) : undefined;
  const kept = second && !('error' in second) ? second : undefined;
  const { key } = first.error.location;
  const rejection: Rejection = {
    objectType: input.objectType,
    objectKey: input.nameOf(object.json),
    origin: object.locate?.(key === undefined ? [] : [key]) ?? object.origin,
    reason: first.error.message,
    lastGoodKept: kept !== undefined,
  };
  const inForce = kept ? lastGood! : null;
  const dependencies = dependenciesOf(input, object, inForce);
  const all = [rejection, ...(kept?.rejections ?? [])];
  return entryOf(object, inForce, kept?.value ?? null, all, dependencies, first.conflict);
}

function dependenciesOf<T>(
  input: ObjectsToResolve<T>,
  written: WrittenObject,
  inForce: WrittenObject | null,
): readonly unknown[] {
  const own = input.dependenciesOf(written.json);
  return inForce === null || inForce === written ? own : [...own, ...input.dependenciesOf(inForce.json)];
}

function entryOf<T>(
  written: WrittenObject,
  inForce: WrittenObject | null,
  value: T | null,
  rejections: readonly Rejection[],
  dependencies: readonly unknown[],
  unsettled = false,
): Entry<T> {
  const digest = inForce ? canonicalDigest(inForce.json) : '';
  return { written, inForce, value, rejections, dependencies, unsettled, digest };
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
