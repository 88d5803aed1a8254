// Client class expressions → functions of a packet: parsed once, run for every packet.
import { FlotillaError, messageOf } from '../errors.ts';
import type {
  BooleanExpression,
  ExpressionContext,
  ExpressionPacket,
  StringExpression,
} from './expression.ts';
import { evaluationError, type Bytes } from './functions.ts';
import { ExpressionParser } from './parser.ts';

/** A class `test`. Throws EXPRESSION_SYNTAX with `<string>:line.column:` in its message and the location beside it. */
export function compileBoolean(text: string, context: ExpressionContext): BooleanExpression {
  const parser = new ExpressionParser(text, context);
  const { evaluate } = parser.parseBoolean();
  return { text, memberOf: parser.memberOf, evaluate: guarded(evaluate) };
}

/** A `template-test` or any other expression whose value is bytes. */
export function compileString(text: string, context: ExpressionContext): StringExpression {
  const parser = new ExpressionParser(text, context);
  const { evaluate } = parser.parseString();
  return { text, memberOf: parser.memberOf, evaluate: guarded(evaluate) };
}

/** Malformed option contents surface as EXPRESSION_EVALUATION, whatever the reader of that option threw. */
function guarded<T extends boolean | Bytes>(evaluate: (packet: ExpressionPacket) => T) {
  return (packet: ExpressionPacket): T => {
    try {
      return evaluate(packet);
    } catch (error) {
      if (error instanceof FlotillaError && error.code === 'EXPRESSION_EVALUATION') throw error;
      throw evaluationError(messageOf(error), { cause: error });
    }
  };
}
