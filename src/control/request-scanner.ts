// Finds the end of one JSON object in a stream of bytes, and drops Kea's comments on the way.
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { FlotillaError } from '../errors.ts';

/** Deeper requests are refused before a parser recurses into them. */
const maxDepth = 200;

type State = 'before' | 'inside' | 'string' | 'escape' | 'slash' | 'line-comment' | 'block-comment' | 'star';

/** Feed it chunks until `feed` returns true, then read `request()`. Throws COMMAND_INVALID. */
export class RequestScanner {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #depth = 0;
  #state: State = 'before';
  /** Where a comment returns to. */
  #resume: State = 'before';

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  /** Bytes seen, for messages. */
  get length(): number {
    return this.#length;
  }

  /** True when the object is complete; what follows it is ignored, as in Kea. */
  feed(chunk: Buffer): boolean {
    const copy = Buffer.from(chunk);
    for (let i = 0; i < copy.length; i++) {
      if (this.#step(copy, i)) {
        this.#keep(copy.subarray(0, i + 1));
        return true;
      }
    }
    this.#keep(copy);
    return false;
  }

  /** The parsed request. */
  request(): unknown {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch {
      const errors: ParseError[] = [];
      parse(text, errors, { disallowComments: true });
      const first = errors[0];
      const before = text.slice(0, first?.offset ?? 0).split('\n');
      const location = { line: before.length, column: before.at(-1)!.length + 1 };
      const reason = first ? printParseErrorCode(first.error) : 'InvalidSyntax';
      throw new FlotillaError(
        'COMMAND_INVALID',
        `invalid JSON: ${reason} at <wire>:${location.line}:${location.column}`,
        location,
      );
    }
  }

  #keep(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > this.#maxBytes)
      throw new FlotillaError('COMMAND_INVALID', `the command is larger than ${this.#maxBytes} bytes`);
    this.#pieces.push(bytes);
  }

  /** Comments become blanks in place, so that positions stay. Returns true at the closing bracket. */
  #step(bytes: Buffer, at: number): boolean {
    const byte = bytes[at]!;
    switch (this.#state) {
      case 'before':
      case 'inside':
        return this.#outsideString(bytes, at, byte);
      case 'string':
        if (byte === backslash) this.#state = 'escape';
        else if (byte === quote) this.#state = 'inside';
        return false;
      case 'escape':
        this.#state = 'string';
        return false;
      case 'slash':
        if (byte !== slash && byte !== star) throw unexpected(slash, 'unexpected');
        this.#state = byte === slash ? 'line-comment' : 'block-comment';
        bytes[at] = space;
        return false;
      case 'line-comment':
        if (byte === newline) this.#state = this.#resume;
        else bytes[at] = space;
        return false;
      case 'block-comment':
      case 'star':
        if (this.#state === 'star' && byte === slash) this.#state = this.#resume;
        else this.#state = byte === star ? 'star' : 'block-comment';
        if (byte !== newline) bytes[at] = space;
        return false;
    }
  }

  #outsideString(bytes: Buffer, at: number, byte: number): boolean {
    switch (byte) {
      case slash:
      case hash:
        this.#resume = this.#state;
        this.#state = byte === hash ? 'line-comment' : 'slash';
        bytes[at] = space;
        return false;
      case openBrace:
      case openBracket:
        this.#state = 'inside';
        if (++this.#depth > maxDepth)
          throw new FlotillaError('COMMAND_INVALID', `the command is nested deeper than ${maxDepth} levels`);
        return false;
      case closeBrace:
      case closeBracket:
        if (this.#state === 'before') throw unexpected(byte);
        return --this.#depth === 0;
      case quote:
        if (this.#state === 'before') throw unexpected(byte);
        this.#state = 'string';
        return false;
      default:
        if (this.#state === 'before' && !blanks.has(byte)) throw unexpected(byte);
        return false;
    }
  }
}

const [quote, backslash, slash, star, hash, newline, space] = [...Buffer.from('"\\/*#\n ')] as [
  number, number, number, number, number, number, number,
]; // prettier-ignore
const [openBrace, closeBrace, openBracket, closeBracket] = [...Buffer.from('{}[]')] as [
  number, number, number, number,
]; // prettier-ignore
const blanks: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));

function unexpected(byte: number, what = 'invalid first'): FlotillaError {
  const shown = byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `0x${byte.toString(16)}`;
  return new FlotillaError('COMMAND_INVALID', `${what} character ${shown}`);
}
