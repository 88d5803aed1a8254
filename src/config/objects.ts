// Objects judged one by one against what was in force before: reused, resolved, or set aside for the last good version.
import { FlotillaError } from '../errors.ts';
import { canonicalDigest } from './hash.ts';
import type { Rejection, WrittenObject } from './parts.ts';
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
}

export interface ObjectsToResolve<T> {
  readonly objectType: Rejection['objectType'];
  readonly objects: readonly WrittenObject[];
  readonly previous: ReadonlyMap<string, Entry<T>>;
  /** Equal for two versions of the same object, different for two objects. */
  keyOf(json: JsonMap): string;
  /** As an operator names it. */
  nameOf(json: JsonMap): string;
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
  readonly entries: ReadonlyMap<string, Entry<T>>;
  readonly rejections: readonly Rejection[];
}

/** Never throws for a bad object; anything but a FlotillaError is a bug and goes through. */
export function resolveObjects<T>(input: ObjectsToResolve<T>): ResolvedObjects<T> {
  const { objects, previous } = input;
  const keys = objects.map(({ json }) => input.keyOf(json));
  const slots: (Entry<T> | undefined)[] = new Array<Entry<T> | undefined>(objects.length);
  const rejections: Rejection[] = [];

  const reuse = (index: number): boolean => {
    const entry = previous.get(keys[index]!);
    if (!entry || entry.written !== objects[index]) return false;
    if (!sameItems(entry.dependencies, dependenciesOf(input, entry.written, entry.inForce))) return false;
    if (entry.value !== null && input.admit?.(entry.value) !== undefined) return false;
    slots[index] = entry;
    return true;
  };
  const resolve = (index: number): void => {
    slots[index] = entryFor(input, objects[index]!, previous.get(keys[index]!));
  };

  const owners = ownersOf(objects, keys, previous);
  const isOwner = (index: number): boolean => owners.get(keys[index]!) === index;
  if (input.admit) {
    const rest = objects.flatMap((_, index) => (isOwner(index) && !reuse(index) ? [index] : []));
    rest.forEach(resolve);
  } else {
    objects.forEach((_, index) => {
      if (!isOwner(index)) return;
      if (!reuse(index)) resolve(index);
      const value = slots[index]?.value ?? null;
      if (value !== null) input.settled?.(value);
    });
  }

  const entries = new Map<string, Entry<T>>();
  objects.forEach((object, index) => {
    const entry = slots[index];
    if (entry) {
      entries.set(keys[index]!, entry);
      rejections.push(...entry.rejections);
    } else {
      rejections.push({
        objectType: input.objectType,
        objectKey: input.nameOf(object.json),
        origin: object.origin,
        reason: `duplicate ${input.objectType}: ${input.nameOf(object.json)} exists already`,
        lastGoodKept: false,
      });
    }
  });
  return { entries, rejections };
}

/** Which of several objects with one key is meant: the one in force, else the first. */
function ownersOf<T>(
  objects: readonly WrittenObject[],
  keys: readonly string[],
  previous: ReadonlyMap<string, Entry<T>>,
): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  keys.forEach((key, index) => {
    const known = owners.get(key);
    if (known === undefined || previous.get(key)?.written === objects[index]) owners.set(key, index);
  });
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
    const inForce = first.json === object.json ? object : { ...object, json: first.json };
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
  // A conflict may end without this object changing: such an entry is judged anew each time.
  const inForce = kept ? lastGood! : null;
  const dependencies = first.conflict ? [Symbol('conflict')] : dependenciesOf(input, object, inForce);
  const all = [rejection, ...(kept?.rejections ?? [])];
  return entryOf(object, inForce, kept?.value ?? null, all, dependencies);
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
): Entry<T> {
  return {
    written,
    inForce,
    value,
    rejections,
    dependencies,
    digest: inForce ? canonicalDigest(inForce.json) : '',
  };
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
