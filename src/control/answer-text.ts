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

/** A string that no answer carries by chance; JSON writes its NULs as \u0000. */
const mark = '\u0000integer\u0000';
const marked = /"\\u0000integer\\u0000(-?\d+)"/g;
