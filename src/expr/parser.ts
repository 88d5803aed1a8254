// The grammar: operators by precedence and functions, each turned into a closure as it is read.
import { sameBytes, tryParseHex } from '../addr/hex.ts';
import { ipv4Bytes, tryParseIpv4 } from '../addr/ipv4.ts';
import { ipv6Bytes, tryParseIpv6 } from '../addr/ipv6.ts';
import { messageOf } from '../errors.ts';
import type { ExpressionContext } from './expression.ts';
import * as functions from './functions.ts';
import { syntaxError, type Token } from './lexer.ts';
import { compileMatch } from './match.ts';
import {
  asBoolean,
  asString,
  booleanNode,
  constantNode,
  stringNode,
  type BooleanNode,
  type Node,
  type StringNode,
} from './node.ts';
import { accessParsers } from './access-parser.ts';
import { integerIn, integerOf, TokenStream, unquoted } from './token-stream.ts';

/** Parentheses and calls deeper than this are refused, so that neither parsing nor evaluating exhausts the stack. */
const maxDepth = 200;

/** Loosest first. Equal operators are collected into one node, so a long `a or b or …` is a loop, not a deep call. */
const levels = { sor: 1, or: 2, sand: 3, and: 4, '==': 6, '+': 7 } as const;
const notLevel = 5;
type Operator = keyof typeof levels;

export class ExpressionParser {
  readonly memberOf: string[] = [];
  readonly #stream: TokenStream;
  readonly #context: ExpressionContext;
  #depth = 0;

  constructor(text: string, context: ExpressionContext) {
    this.#stream = new TokenStream(text);
    this.#context = context;
  }

  parseBoolean(): BooleanNode {
    const node = this.#boolean();
    this.#end();
    return node;
  }

  parseString(): StringNode {
    const node = this.#string();
    this.#end();
    return node;
  }

  #end(): void {
    if (this.#stream.next.kind !== 'end') throw this.#stream.unexpected('end of file');
  }

  #boolean(level = 1): BooleanNode {
    return asBoolean(this.#expression(level), this.#stream.next);
  }

  #string(level = 1): StringNode {
    return asString(this.#expression(level), this.#stream.next);
  }

  #expression(lowest: number): Node {
    if (++this.#depth > maxDepth) throw syntaxError(this.#stream.next, 'the expression is nested too deeply');
    let left = this.#operand();
    for (let operator = this.#operator(); operator && levels[operator] >= lowest;) {
      left = this.#operation(left, operator);
      operator = this.#operator();
    }
    this.#depth--;
    return left;
  }

  #operator(): Operator | undefined {
    const { kind, text } = this.#stream.next;
    return (kind === 'keyword' || kind === 'punctuation') && Object.hasOwn(levels, text)
      ? (text as Operator)
      : undefined;
  }

  /** `left op right op right …`, all with the same operator. */
  #operation(left: Node, operator: Operator): Node {
    const level = levels[operator];
    if (operator === '==') {
      const first = asString(left, this.#stream.next);
      this.#stream.take();
      const second = this.#string(level + 1);
      return booleanNode((packet) => sameBytes(first.evaluate(packet), second.evaluate(packet)));
    }
    if (operator === '+') {
      const parts = [asString(left, this.#stream.next)];
      while (this.#stream.accept('+')) parts.push(this.#string(level + 1));
      return stringNode((packet) => functions.concatBytes(parts.map((part) => part.evaluate(packet))));
    }
    const parts = [asBoolean(left, this.#stream.next)];
    while (this.#stream.accept(operator)) parts.push(this.#boolean(level + 1));
    switch (operator) {
      case 'and':
        return booleanNode((packet) => parts.every((part) => part.evaluate(packet)));
      case 'or':
        return booleanNode((packet) => parts.some((part) => part.evaluate(packet)));
      // The strict forms evaluate every side, so that an error on either shows.
      case 'sand':
        return booleanNode((packet) => parts.map((part) => part.evaluate(packet)).every(Boolean));
      case 'sor':
        return booleanNode((packet) => parts.map((part) => part.evaluate(packet)).some(Boolean));
    }
  }

  #operand(): Node {
    const stream = this.#stream;
    const token = stream.next;
    switch (token.kind) {
      case 'string':
        stream.take();
        return constantNode(functions.utf8(unquoted(token)));
      case 'hex':
        stream.take();
        return constantNode(tryParseHex(token.text)!);
      case 'integer':
        return constantNode(functions.uint32Bytes(integerIn(stream, 0, 0xffffffff)));
      case 'address':
        stream.take();
        return constantNode(addressBytes(token));
      case 'punctuation':
        if (stream.accept('(')) {
          const node = this.#expression(1);
          stream.expect(')');
          return node;
        }
        throw stream.unexpected();
      case 'keyword':
        return this.#keyword(token);
      default:
        throw stream.unexpected();
    }
  }

  #keyword(token: Token): Node {
    const access = accessParsers[token.text];
    if (access) {
      this.#stream.take();
      return access(this.#stream, this.#context, token);
    }
    if (token.text === 'not') {
      this.#stream.take();
      const operand = this.#boolean(notLevel + 1);
      return booleanNode((packet) => !operand.evaluate(packet));
    }
    const call = this.#calls[token.text];
    if (!call) throw this.#stream.unexpected();
    this.#stream.take();
    this.#stream.expect('(');
    const node = call();
    this.#stream.expect(')');
    return node;
  }

  /** What stands between the parentheses of each function. */
  readonly #calls: Readonly<Record<string, () => Node>> = {
    member: () => {
      const token = this.#stream.expectKind('string', 'constant string');
      const name = unquoted(token);
      if (!isBuiltInClass(name) && !this.#context.isClassDefined(name))
        throw syntaxError(token, `Not defined client class '${name}'`);
      if (!this.memberOf.includes(name)) this.memberOf.push(name);
      return booleanNode((packet) => packet.inClass(name));
    },
    match: () => {
      const token = this.#stream.expectKind('string', 'constant string');
      const matches = this.#matcher(token);
      this.#comma();
      const value = this.#string();
      return booleanNode((packet) => matches(value.evaluate(packet)));
    },
    substring: () => {
      const value = this.#string();
      this.#comma();
      const start = integerOf(this.#stream.expectKind('integer', 'integer'));
      this.#comma();
      const length = this.#stream.accept('all')
        ? Infinity
        : integerOf(this.#stream.expectKind('integer', 'integer or all'));
      return stringNode((packet) => functions.substring(value.evaluate(packet), start, length));
    },
    split: () => {
      const value = this.#string();
      this.#comma();
      const delimiters = this.#string();
      this.#comma();
      const field = integerOf(this.#stream.expectKind('integer', 'integer'));
      return stringNode((packet) =>
        functions.split(value.evaluate(packet), delimiters.evaluate(packet), field),
      );
    },
    concat: () => {
      const [first, second] = this.#twoStrings();
      return stringNode((packet) => functions.concatBytes([first.evaluate(packet), second.evaluate(packet)]));
    },
    hexstring: () => {
      const [value, separator] = this.#twoStrings();
      return stringNode((packet) => functions.hexstring(value.evaluate(packet), separator.evaluate(packet)));
    },
    ifelse: () => {
      const [condition, first, second] = this.#choice();
      return stringNode((packet) => (condition.evaluate(packet) ? first : second).evaluate(packet));
    },
    sifelse: () => {
      const [condition, first, second] = this.#choice();
      return stringNode((packet) => {
        const [chosen, whenTrue, whenFalse] = [condition, first, second].map((node) =>
          node.evaluate(packet),
        ) as [boolean, functions.Bytes, functions.Bytes];
        return chosen ? whenTrue : whenFalse;
      });
    },
    lcase: () => this.#ofOneString(functions.lcase),
    ucase: () => this.#ofOneString(functions.ucase),
    addrtotext: () => this.#ofOneString(functions.addrtotext),
    ...Object.fromEntries(
      (Object.keys(functions.integerFunctions) as (keyof typeof functions.integerFunctions)[]).map((name) => [
        name,
        () => this.#ofOneString((value) => functions.integerToText(name, value)),
      ]),
    ),
  };

  #ofOneString(apply: (value: functions.Bytes) => functions.Bytes): StringNode {
    const value = this.#string();
    return stringNode((packet) => apply(value.evaluate(packet)));
  }

  #twoStrings(): [StringNode, StringNode] {
    const first = this.#string();
    this.#comma();
    return [first, this.#string()];
  }

  #choice(): [BooleanNode, StringNode, StringNode] {
    const condition = this.#boolean();
    this.#comma();
    return [condition, ...this.#twoStrings()];
  }

  #comma(): void {
    this.#stream.expect(',');
  }

  #matcher(token: Token): (value: functions.Bytes) => boolean {
    const pattern = unquoted(token);
    try {
      return compileMatch(functions.utf8(pattern));
    } catch (error) {
      throw syntaxError(token, `invalid regular expression '${pattern}': ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

function addressBytes(token: Token): functions.Bytes {
  const address4 = tryParseIpv4(token.text);
  if (address4 !== undefined) return ipv4Bytes(address4);
  const address6 = tryParseIpv6(token.text);
  if (address6 !== undefined) return ipv6Bytes(address6);
  throw syntaxError(token, `Failed to convert ${token.text} to an IP address.`);
}

/** Classes that need no definition: the server or a hook sets them. */
function isBuiltInClass(name: string): boolean {
  return (
    ['ALL', 'KNOWN', 'UNKNOWN', 'BOOTP'].includes(name) ||
    ['VENDOR_CLASS_', 'HA_', 'AFTER_', 'EXTERNAL_'].some(
      (prefix) => name.startsWith(prefix) && name.length > prefix.length,
    )
  );
}
