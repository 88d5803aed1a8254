// The schema's verdict as located errors that say what is allowed.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Family } from '../addr/family.ts';
import { fileSchema, objectSchema, type JsonSchema } from '../../schemas/config-schema.ts';
import type { ScopeName } from '../../schemas/key-row.ts';
import type { Json } from './written.ts';

/** One thing wrong with a value. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  /** Whether the key itself is wrong, or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** Judges a whole file: `{"Dhcp4": {…}}`. */
export function checkFile(value: Json, family: Family): readonly SchemaProblem[] {
  return problemsOf(fileValidators[family](), value);
}

/** Judges one object without the lists in it that are judged entry by entry. */
export function checkScope(scope: ScopeName, value: Json, family: Family): readonly SchemaProblem[] {
  return problemsOf(objectValidators[family](scope), value);
}

/** The known word that is meant, if one is near enough: up to two letters off, more for long words. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 4));
  let best: { readonly text: string; readonly distance: number } | undefined;
  for (const text of known) {
    const distance = editDistance(word.toLowerCase(), text);
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { text, distance };
  }
  return best?.text;
}

function problemsOf(validate: ValidateFunction, value: Json): readonly SchemaProblem[] {
  if (validate(value)) return none;
  const problems = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(problemOf);
  // An unknown word of an enumeration of the wrong type is one mistake, not two.
  return problems.filter(
    (problem, index) =>
      index ===
      problems.findIndex(
        (other) => other.path.join('/') === problem.path.join('/') && other.at === problem.at,
      ),
  );
}

function problemOf(error: ErrorObject): SchemaProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys(schema['properties'] ?? {});
      const meant = nearest(key, known);
      const hint = meant === undefined ? `known keys: ${known.join(', ')}` : `did you mean '${meant}'?`;
      return { path: [...path, key], at: 'key', message: `unknown key '${key}'; ${hint}` };
    }
    case 'required':
      return { path, at: 'value', message: `the key '${String(params['missingProperty'])}' is missing` };
    case 'type':
      return {
        path,
        at: 'value',
        message: `must be ${typeNames[String(params['type'])] ?? 'another type'}${boundsOf(schema)}`,
      };
    case 'enum': {
      const allowed = schema['enum'] as readonly string[];
      const meant = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined;
      const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
      return { path, at: 'value', message: `must be one of ${allowed.join(', ')}${hint}` };
    }
    case 'minItems':
    case 'maxItems':
      return {
        path,
        at: 'value',
        message: `must have ${error.keyword === 'minItems' ? 'at least' : 'at most'} ${String(params['limit'])} entries`,
      };
    case 'minLength':
      return { path, at: 'value', message: 'must not be empty' };
    case 'maxLength':
      return { path, at: 'value', message: `must be at most ${String(params['limit'])} characters long` };
    default:
      return {
        path,
        at: 'value',
        message: `must be ${typeNames[String(schema['type'])] ?? 'a value'}${boundsOf(schema)}`,
      };
  }
}

/** `from 0 to 65535`; empty when the type alone says it. */
function boundsOf(schema: JsonSchema): string {
  const bounds = (
    [
      ['minimum', 'from'],
      ['exclusiveMinimum', 'above'],
      ['maximum', 'to'],
      ['exclusiveMaximum', 'and below'],
    ] as const
  ).flatMap(([keyword, word]) => {
    const bound = schema[keyword];
    return typeof bound === 'number' ? [`${word} ${bound}`] : [];
  });
  return bounds.length === 0 ? '' : ` ${bounds.join(' ')}`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** Without ajv's optimizer, which takes half of the time that compiling takes. */
function compile(schema: JsonSchema): ValidateFunction {
  return new Ajv({ allErrors: true, verbose: true, strict: true, code: { optimize: false } }).compile(schema);
}

/** A constant made at its first use: compiling a schema takes milliseconds. */
function lazy<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

const fileValidator = lazy((family: Family) => compile(fileSchema(family)));
const fileValidators = { 4: () => fileValidator(4), 6: () => fileValidator(6) } as const;
const objectValidators = {
  4: lazy((scope: ScopeName) => compile(objectSchema(scope, 4))),
  6: lazy((scope: ScopeName) => compile(objectSchema(scope, 6))),
} as const;

const typeNames: Readonly<Record<string, string>> = {
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  string: 'a string',
  object: 'a map { }',
  array: 'a list [ ]',
};
const none: readonly SchemaProblem[] = Object.freeze([]);
