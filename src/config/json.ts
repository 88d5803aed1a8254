// Kea's JSON dialect with positions: comments, includes, trailing commas (with a warning), no duplicate keys.
import { readFileSync } from 'node:fs';
import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { FlotillaError, messageOf } from '../errors.ts';
import { readSource, type SourcePosition, type SourceText } from './source-text.ts';
import type { Json } from './written.ts';

export type JsonPath = readonly (string | number)[];

/** Finds the place of a value, or of the key before it; of the nearest enclosing value when there is none there. */
export type Locate = (path: JsonPath, what?: 'value' | 'key') => SourcePosition;

export interface JsonDocument {
  readonly value: Json;
  readonly locate: Locate;
  readonly warnings: readonly string[];
  /** Every file that was read, the main one first. */
  readonly files: SourceText['files'];
}

/** Reads and parses a file. Throws CONFIG_FILE and CONFIG_SYNTAX, with file, line and column. */
export function readJsonFile(file: string, readFile: (path: string) => string = readText): JsonDocument {
  return parseSource(readSource(file, readFile));
}

/** The same for a text that is no file, such as the arguments of a command; `name` stands in messages. */
export function parseJsonText(text: string, name: string): JsonDocument {
  return parseSource(
    readSource(name, (path) => {
      if (path.endsWith(name)) return text;
      return readText(path);
    }),
  );
}

/** `Dhcp4.subnet4[0].pools[1].pool` */
export function pathText(path: JsonPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

function parseSource(source: SourceText): JsonDocument {
  const tree = treeOf(source);
  const value = quickValue(source);
  return {
    value: value === undefined ? valueOf(tree(), source) : value,
    locate: (path, what = 'value') => source.positionAt(nodeAt(tree(), path, what).offset),
    warnings: source.trailingCommas.map((offset) => {
      const { file, line, column } = source.positionAt(offset);
      return `${file}:${line}:${column}: a comma before a closing bracket is ignored`;
    }),
    files: source.files,
  };
}

/**
 * By the parser of the runtime, many times faster, which knows no places and takes the last of two equal keys: hence
 * undefined unless there are as many keys as colons.
 */
function quickValue({ text, colons }: SourceText): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return keysIn(value) === colons ? value : undefined;
  } catch {
    return undefined;
  }
}

function keysIn(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) for (const item of value as readonly Json[]) keys += keysIn(item);
  else for (const item of Object.values(value)) keys += 1 + keysIn(item);
  return keys;
}

/** The tree with the places of everything, thirty times as large as the text: made when it is asked for, not kept. */
function treeOf(source: SourceText): () => Node {
  let made: WeakRef<Node> | undefined;
  return () => {
    const known = made?.deref();
    if (known) return known;
    const errors: ParseError[] = [];
    const root = parseTree(source.text, errors, { allowTrailingComma: true, disallowComments: true });
    const first = errors[0];
    if (first) {
      throw new FlotillaError(
        'CONFIG_SYNTAX',
        syntaxMessage(first, source.text),
        source.positionAt(first.offset),
      );
    }
    if (!root) throw new FlotillaError('CONFIG_SYNTAX', 'the file is empty', source.positionAt(0));
    made = new WeakRef(root);
    return root;
  };
}

function valueOf(node: Node, source: SourceText): Json {
  if (node.type === 'array') return (node.children ?? []).map((child) => valueOf(child, source));
  if (node.type !== 'object') return node.value as Json;
  const map: Record<string, Json> = {};
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = keyNode.value as string;
    if (Object.hasOwn(map, key)) {
      const position = source.positionAt(keyNode.offset);
      throw new FlotillaError('CONFIG_SYNTAX', `the key '${key}' stands here a second time`, {
        ...position,
        key,
      });
    }
    // A plain assignment to `__proto__` would not make a key.
    Object.defineProperty(map, key, {
      value: valueOf(valueNode, source),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return map;
}

function nodeAt(root: Node, path: JsonPath, what: 'value' | 'key'): Node {
  let node = root;
  for (const [depth, part] of path.entries()) {
    if (typeof part === 'number') {
      const next = node.type === 'array' ? node.children?.[part] : undefined;
      if (!next) return node;
      node = next;
      continue;
    }
    const property =
      node.type === 'object'
        ? node.children?.find((child) => child.children?.[0]?.value === part)
        : undefined;
    const [key, value] = property?.children ?? [];
    if (!key || !value) return node;
    if (what === 'key' && depth === path.length - 1) return key;
    node = value;
  }
  return node;
}

function syntaxMessage(error: ParseError, text: string): string {
  const found = text.slice(error.offset, error.offset + Math.min(error.length, 20)).trim();
  const near = found === '' ? '' : ` at '${found}'`;
  return `${syntaxMessages[printParseErrorCode(error.error)] ?? 'this is not JSON'}${near}`;
}

const syntaxMessages: Readonly<Record<string, string>> = {
  InvalidSymbol:
    'unknown word: keys and texts stand in double quotes, other values are numbers, true, false and null',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'expected a key in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: "expected ':' after the key",
  CommaExpected: "expected ',' before the next entry",
  CloseBraceExpected: "expected '}'",
  CloseBracketExpected: "expected ']'",
  EndOfFileExpected: 'there is something after the end of the configuration',
  UnexpectedEndOfString: 'this string has no closing quote',
  UnexpectedEndOfNumber: 'this number is incomplete',
  InvalidUnicode: 'a string has an incomplete \\u escape',
  InvalidEscapeCharacter: 'a string has an unknown escape',
  InvalidCharacter: 'a string has a control character; escape it',
};

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FlotillaError('CONFIG_FILE', `cannot read '${path}': ${messageOf(error)}`, { file: path });
  }
}
