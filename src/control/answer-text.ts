// Answers as JSON text: whole numbers beyond 2^53 stay exact, which JSON.stringify alone refuses.
import type { CommandAnswer } from './command.ts';

export function answerText(answer: CommandAnswer): string {
  let hasLarge = false;
  const text = JSON.stringify(answer, (_key, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    if (value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER))
      return Number(value);
    hasLarge = true;
    return `${mark}${value}`;
  });
  return hasLarge ? text.replaceAll(marked, '$1') : text;
}

/** The text of an answer with line breaks and indentation; every number stays as it was written. Throws SyntaxError. */
export function indentedAnswer(text: string): string {
  const kept = text.replaceAll(stringOrLarge, (token) =>
    token.startsWith('"') ? token : JSON.stringify(`${mark}${token}`),
  );
  return JSON.stringify(JSON.parse(kept), null, 2).replaceAll(marked, '$1');
}

/** A string, or an integer that may be beyond 2^53. */
const stringOrLarge = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/** A string that no answer carries by chance; JSON writes its NULs as \u0000. */
const mark = '\u0000integer\u0000';
const marked = /"\\u0000integer\\u0000(-?\d+)"/g;
