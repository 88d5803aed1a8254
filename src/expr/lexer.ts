// Expression text → tokens with their places. The longest match wins, so `vendor-class` is one word and `[all]` a name.
import { FlotillaError } from '../errors.ts';

export type TokenKind =
  'string' | 'hex' | 'integer' | 'address' | 'option-name' | 'keyword' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** Throws EXPRESSION_SYNTAX at the first character that begins no token. The last token has kind `end`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length;) {
    const character = text[at]!;
    if (character === '\n') {
      at++;
      line++;
      lineStart = at;
      continue;
    }
    if (character === ' ' || character === '\t' || character === '\r') {
      at++;
      continue;
    }
    const place = { line, column: at - lineStart + 1 };
    const token = longestToken(text, at);
    if (!token)
      throw syntaxError({ kind: 'end', text: '', ...place }, `Invalid character: ${printable(text, at)}`);
    tokens.push({ ...token, ...place });
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', line, column: text.length - lineStart + 1 });
  return tokens;
}

/** `<string>:line.column[-last column]: text`, with the location for callers that know the file. */
export function syntaxError(token: Token, text: string, options?: ErrorOptions): FlotillaError {
  const { line, column } = token;
  const last = column + token.text.length - 1;
  const range = last > column ? `${column}-${last}` : `${column}`;
  return new FlotillaError(
    'EXPRESSION_SYNTAX',
    `<string>:${line}.${range}: ${text}`,
    { line, column },
    options,
  );
}

const keywords = [
  'and', 'or', 'sand', 'sor', 'not',
  'option', 'relay4', 'relay6', 'peeraddr', 'linkaddr',
  'vendor', 'vendor-class', 'enterprise', 'data', 'exists', 'text', 'hex', 'member', 'match',
  'pkt', 'iface', 'src', 'dst', 'len',
  'pkt4', 'pkt6', 'mac', 'hlen', 'htype', 'ciaddr', 'giaddr', 'yiaddr', 'siaddr', 'msgtype', 'transid',
  'substring', 'split', 'all', 'concat', 'ifelse', 'sifelse', 'lcase', 'ucase', 'hexstring', 'addrtotext',
  'int8totext', 'int16totext', 'int32totext', 'uint8totext', 'uint16totext', 'uint32totext',
]; // prettier-ignore

interface Rule {
  readonly kind: TokenKind;
  readonly pattern: RegExp;
}

/** In order of preference among matches of equal length. */
const rules: readonly Rule[] = [
  { kind: 'string', pattern: /'[^'\n]*'/y },
  { kind: 'hex', pattern: /0[xX][0-9a-fA-F]+/y },
  { kind: 'integer', pattern: /-?[0-9]+/y },
  { kind: 'address', pattern: /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/y },
  { kind: 'address', pattern: /[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*/y },
  {
    kind: 'keyword',
    pattern: new RegExp(keywords.toSorted((a, b) => b.length - a.length).join('|'), 'y'),
  },
  { kind: 'punctuation', pattern: /==|[.()[\],*+]/y },
];

/** Only directly before `]`, which is what tells a name from a keyword. */
const optionName = /[A-Za-z](?:[-_A-Za-z0-9]*[A-Za-z0-9])?(?=[ \t\r\n]*\])/y;

function longestToken(text: string, at: number): { kind: TokenKind; text: string } | undefined {
  optionName.lastIndex = at;
  const name = optionName.exec(text);
  if (name) return { kind: 'option-name', text: name[0] };
  let best: { kind: TokenKind; text: string } | undefined;
  for (const { kind, pattern } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match && match[0].length > (best?.text.length ?? 0)) best = { kind, text: match[0] };
  }
  return best;
}

function printable(text: string, at: number): string {
  const codePoint = text.codePointAt(at)!;
  return codePoint < 0x20 || codePoint === 0x7f
    ? `\\x${codePoint.toString(16).padStart(2, '0')}`
    : String.fromCodePoint(codePoint);
}
