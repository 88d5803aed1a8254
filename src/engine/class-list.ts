// Which client classes a packet is in: built-in ones, tests in configuration order, template classes, reserved classes.
import type { ClientClass, Snapshot } from '../config/snapshot.ts';
import type { ExpressionPacket } from '../expr/expression.ts';
import { messageOf } from '../errors.ts';

/** Class names in order of association: options and fields of the first win. */
export type ClassList = Set<string>;

export interface ClassifyDeps {
  /** A test met a value it cannot work with: the packet is not added, processing goes on. */
  readonly onEvaluationError: (className: string, reason: string) => void;
}

/** Pass 1: every packet is in ALL; then tests that need no reservation, in configuration order. */
export function classifyFirst(
  snapshot: Snapshot,
  packet: ExpressionPacket,
  classes: ClassList,
  deps: ClassifyDeps,
): void {
  for (const definition of snapshot.classes) {
    if (definition.onlyInAdditionalList || definition.dependsOnKnown) continue;
    evaluateInto(definition, packet, classes, deps);
  }
}

/** Pass 2, after KNOWN or UNKNOWN is in the list: tests that depend on them. */
export function classifyKnown(
  snapshot: Snapshot,
  packet: ExpressionPacket,
  classes: ClassList,
  deps: ClassifyDeps,
): void {
  for (const definition of snapshot.classes) {
    if (definition.onlyInAdditionalList || !definition.dependsOnKnown) continue;
    evaluateInto(definition, packet, classes, deps);
  }
}

/**
 * Adds the classes of a reservation. Classes whose test looks at one of them, directly or through others,
 * are taken off and pass 1 is evaluated again.
 */
export function addReservedClasses(
  snapshot: Snapshot,
  packet: ExpressionPacket,
  classes: ClassList,
  reserved: readonly string[],
  deps: ClassifyDeps,
): void {
  if (reserved.length === 0) return;
  const affected = new Set(reserved);
  for (const definition of snapshot.classes) {
    const test = definition.test ?? definition.templateTest;
    if (!test?.memberOf.some((name) => affected.has(name))) continue;
    affected.add(definition.name);
    classes.delete(definition.name);
  }
  for (const name of reserved) classes.add(name);
  classifyFirst(snapshot, packet, classes, deps);
}

/** `evaluate-additional-classes`: after the address is known; a class without a test is simply added. */
export function classifyAdditional(
  snapshot: Snapshot,
  packet: ExpressionPacket,
  classes: ClassList,
  names: readonly string[],
  deps: ClassifyDeps & { readonly onUndefined: (className: string) => void },
): void {
  for (const name of names) {
    const definition = snapshot.classByName.get(name);
    if (!definition) deps.onUndefined(name);
    else if (!definition.test) classes.add(name);
    else evaluateInto({ ...definition, templateTest: null }, packet, classes, deps);
  }
}

/** `client-classes` of a pool, subnet or network: empty lets everyone in, else any member. */
export function permits(required: readonly string[], classes: ReadonlySet<string>): boolean {
  if (required.length === 0) return true;
  for (const name of required) if (classes.has(name)) return true;
  return false;
}

function evaluateInto(
  definition: ClientClass,
  packet: ExpressionPacket,
  classes: ClassList,
  deps: ClassifyDeps,
): void {
  try {
    if (definition.test) {
      if (definition.test.evaluate(packet)) classes.add(definition.name);
    } else if (definition.templateTest) {
      const value = definition.templateTest.evaluate(packet);
      if (value.length === 0) return;
      // The spawned class comes first, so that its options win over the template's.
      classes.add(`SPAWN_${definition.name}_${escapeClassName(value)}`);
      classes.add(definition.name);
    }
  } catch (error) {
    deps.onEvaluationError(definition.name, messageOf(error));
  }
}

const validInClassName = /[A-Za-z0-9!#$&*+\-./:?@^_|~]/;

/** Bytes → a class name part: what is not valid becomes `%` and two hex digits; `%` itself is doubled. */
export function escapeClassName(value: Uint8Array): string {
  let text = '';
  for (const byte of value) {
    const character = String.fromCharCode(byte);
    if (character === '%') text += '%%';
    else if (validInClassName.test(character)) text += character;
    else text += `%${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
