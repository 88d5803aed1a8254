// A cursor over tokens: look at the next one, take it, or say in Kea's words why it cannot stand there.
import type { FlotillaError } from '../errors.ts';
import { syntaxError, tokenize, type Token, type TokenKind } from './lexer.ts';

export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  /** True when the next token is this keyword or punctuation. */
  nextIs(text: string): boolean {
    const { kind } = this.next;
    return (kind === 'keyword' || kind === 'punctuation') && this.next.text === text;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Takes the next token when it is `text`. */
  accept(text: string): boolean {
    const found = this.nextIs(text);
    if (found) this.#at++;
    return found;
  }

  expect(text: string): Token {
    if (!this.nextIs(text)) throw this.unexpected(text);
    return this.take();
  }

  /** Takes one of these keywords. */
  expectOneOf<T extends string>(...keywords: readonly T[]): T {
    const found = keywords.find((keyword) => this.nextIs(keyword));
    if (found === undefined) throw this.unexpected(...keywords);
    this.take();
    return found;
  }

  expectKind(kind: TokenKind, name: string): Token {
    if (this.next.kind !== kind) throw this.unexpected(name);
    return this.take();
  }

  unexpected(...expected: readonly string[]): FlotillaError {
    const { kind, text } = this.next;
    const found = kind === 'end' ? 'end of file' : kind === 'punctuation' ? `"${text}"` : text;
    const wanted = expected.length === 0 ? '' : `, expecting ${expected.join(' or ')}`;
    return syntaxError(this.next, `syntax error, unexpected ${found}${wanted}`);
  }
}

/** An integer token in `lowest`..`highest`. */
export function integerIn(
  stream: TokenStream,
  lowest: number,
  highest: number,
  what = 'Invalid value',
): number {
  const token = stream.expectKind('integer', 'integer');
  const value = integerOf(token);
  if (value < lowest || value > highest)
    throw syntaxError(token, `${what} in ${token.text}. Allowed range: ${lowest}..${highest}`);
  return value;
}

/** Any integer of 64 bits. */
export function integerOf(token: Token): number {
  const value = BigInt(token.text);
  if (BigInt.asIntN(64, value) !== value)
    throw syntaxError(token, `Failed to convert ${token.text} to an integer.`);
  return Number(value);
}

/** The text between the quotes. */
export const unquoted = (token: Token): string => token.text.slice(1, -1);
