// A configuration file with its includes put in and its comments blanked out, remembering where each character came from.
import { dirname, resolve } from 'node:path';
import { FlotillaError } from '../errors.ts';

export interface SourcePosition {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

export interface SourceText {
  /** JSON without comments; trailing commas may remain. */
  readonly text: string;
  positionAt(offset: number): SourcePosition;
  /** Offsets of commas before a closing bracket. */
  readonly trailingCommas: readonly number[];
  /** How many stand outside of strings: one after each key. */
  readonly colons: number;
  /** Every file that was read, the main one first, with its content. */
  readonly files: readonly { readonly file: string; readonly content: string }[];
}

/**
 * `//`, `#` and block comments become blanks; `<?include "file"?>` becomes the (equally treated) text of that file,
 * looked for beside the file that includes it. `readFile` throws CONFIG_FILE. Throws CONFIG_SYNTAX.
 */
export function readSource(file: string, readFile: (path: string) => string): SourceText {
  const files: { file: string; content: string; lineStarts: readonly number[] }[] = [];
  const segments: { start: number; source: number; offset: number }[] = [];
  const trailingCommas: number[] = [];
  let text = '';
  let depth = 0;
  let colons = 0;
  /** Offset in `text` of a comma with nothing but blanks after it so far. */
  let comma = -1;

  const include = (path: string, chain: readonly string[]): void => {
    const content = readFile(path).replace(/^\uFEFF/, ' ');
    const source = files.push({ file: path, content, lineStarts: lineStartsOf(content) }) - 1;
    const at = (offset: number): SourcePosition => positionIn(files[source]!, offset);
    const fail = (message: string, offset: number): never => {
      throw new FlotillaError('CONFIG_SYNTAX', message, at(offset));
    };
    const segment = (offset: number): void => {
      segments.push({ start: text.length, source, offset });
    };

    segment(0);
    let copied = 0;
    const copyTo = (offset: number): void => {
      text += content.slice(copied, offset);
      copied = offset;
    };
    const blankTo = (start: number, end: number): void => {
      copyTo(start);
      text += content.slice(start, end).replaceAll(/[^\r\n]/g, ' ');
      copied = end;
    };

    for (let i = 0; i < content.length;) {
      const char = content[i]!;
      if (char === '"') {
        const end = endOfString(content, i);
        if (end === undefined) fail('this string has no closing quote', i);
        comma = -1;
        i = end!;
      } else if (char === '#' || (char === '/' && content[i + 1] === '/')) {
        const end = endOfLine(content, i);
        blankTo(i, end);
        i = end;
      } else if (char === '/' && content[i + 1] === '*') {
        const close = content.indexOf('*/', i + 2);
        if (close < 0) fail('this comment is never closed', i);
        blankTo(i, close + 2);
        i = close + 2;
      } else if (content.startsWith('<?', i)) {
        const directive = /^<\?include\s+"([^"\n]+)"\s*\?>/.exec(content.slice(i, i + 4200));
        if (!directive) fail('expected <?include "file"?>', i);
        const target = resolve(dirname(path), directive![1]!);
        if (chain.includes(target)) fail(`'${target}' includes itself: ${[...chain, target].join(' → ')}`, i);
        if (chain.length >= maxIncludes) fail(`includes are nested more than ${maxIncludes} deep`, i);
        copyTo(i);
        copied = i + directive![0].length;
        try {
          include(target, [...chain, target]);
        } catch (error) {
          if (error instanceof FlotillaError && error.code === 'CONFIG_FILE')
            throw new FlotillaError('CONFIG_FILE', error.message, at(i));
          throw error;
        }
        segment(copied);
        i = copied;
      } else {
        if (char === '{' || char === '[') {
          if (++depth > maxDepth) fail(`brackets are nested more than ${maxDepth} deep`, i);
        } else if (char === '}' || char === ']') {
          depth--;
          if (comma >= 0) trailingCommas.push(comma);
        }
        if (char === ',') comma = text.length + (i - copied);
        else if (!isBlank(char)) comma = -1;
        if (char === ':') colons++;
        i++;
      }
    }
    copyTo(content.length);
  };
  include(resolve(file), [resolve(file)]);

  const positionAt = (offset: number): SourcePosition => {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    const { start, source, offset: origin } = segments[low]!;
    return positionIn(files[source]!, origin + (offset - start));
  };
  return { text, positionAt, trailingCommas, colons, files };
}

/** What is printable ASCII needs no expression to tell. */
const isBlank = (char: string): boolean => (char <= ' ' || char > '~') && /\s/.test(char);

const maxDepth = 200;
const maxIncludes = 20;

/** Just behind the closing quote; undefined when the line or the text ends before it. */
function endOfString(content: string, start: number): number | undefined {
  for (let i = start + 1; i < content.length; i++) {
    const char = content[i];
    if (char === '\\') i++;
    else if (char === '"') return i + 1;
    else if (char === '\n') return undefined;
  }
  return undefined;
}

function endOfLine(content: string, start: number): number {
  const end = content.indexOf('\n', start);
  return end < 0 ? content.length : end;
}

function lineStartsOf(content: string): readonly number[] {
  const starts = [0];
  for (let i = content.indexOf('\n'); i >= 0; i = content.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function positionIn(
  source: { readonly file: string; readonly lineStarts: readonly number[] },
  offset: number,
): SourcePosition {
  const { lineStarts } = source;
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (lineStarts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: source.file, line: low + 1, column: offset - lineStarts[low]! + 1 };
}
