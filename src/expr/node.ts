// What the parser builds: closures that know whether they give a truth or bytes.
import type { FlotillaError } from '../errors.ts';
import type { ExpressionPacket } from './expression.ts';
import type { Bytes } from './functions.ts';
import { syntaxError, type Token } from './lexer.ts';

export interface BooleanNode {
  readonly type: 'boolean';
  readonly evaluate: (packet: ExpressionPacket) => boolean;
}

export interface StringNode {
  readonly type: 'string';
  readonly evaluate: (packet: ExpressionPacket) => Bytes;
}

export type Node = BooleanNode | StringNode;

export const booleanNode = (evaluate: BooleanNode['evaluate']): BooleanNode => ({
  type: 'boolean',
  evaluate,
});
export const stringNode = (evaluate: StringNode['evaluate']): StringNode => ({ type: 'string', evaluate });

export function constantNode(value: Bytes): StringNode {
  return stringNode(() => value);
}

/** `at`: where the operand ended, i.e. the token that cannot follow it. */
export function asBoolean(node: Node, at: Token): BooleanNode {
  if (node.type !== 'boolean') throw wrongType(at, '== or +, because a text stands before it');
  return node;
}

export function asString(node: Node, at: Token): StringNode {
  if (node.type !== 'string') throw wrongType(at, 'a text before it, not true or false');
  return node;
}

function wrongType(at: Token, expected: string): FlotillaError {
  const found = at.kind === 'end' ? 'end of file' : at.text;
  return syntaxError(at, `syntax error, unexpected ${found}, expecting ${expected}`);
}
