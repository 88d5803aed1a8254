// Freezing for the running configuration: maps that refuse to change, and objects frozen as they are built.

/** A map that can only be read: writing throws a TypeError, as on a frozen object. */
export function frozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  return new FrozenMap(entries);
}

/** A class of its own: there are thousands of small ones, and properties of each would cost more than the map. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    Object.freeze(this);
  }
  override set(): never {
    return refuse();
  }
  override delete(): never {
    return refuse();
  }
  override clear(): never {
    return refuse();
  }
}

/** The same for a map just filled, in place. */
export function freezeMap<K, V>(map: Map<K, V>): ReadonlyMap<K, V> {
  return Object.freeze(Object.defineProperties(map, readOnlyMethods));
}

/** Freezes plain JSON all the way down, in place. What is frozen already is not entered again. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

function refuse(): never {
  throw new TypeError('the running configuration cannot be modified');
}
const readOnlyMethods = { set: { value: refuse }, delete: { value: refuse }, clear: { value: refuse } };
