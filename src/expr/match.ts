// match('regex', value): an ECMAScript pattern that must cover the whole value, without exponential time on a packet.
import { setFlagsFromString } from 'node:v8';
import { latin1Text, type Bytes } from './functions.ts';

// V8 backtracks, which takes exponential time on patterns such as `(a+)+`. It also has a linear-time engine: with these
// switches it changes over to it after 50,000 steps back, and refuses flag `l` where it could not. Set before any pattern
// of ours is compiled; other patterns of the process only gain the same protection.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/**
 * Bytes are matched as latin-1 text, like the bytes of the pattern. Throws a plain Error with the reason when the
 * pattern is invalid, or when it repeats a choice and uses something only backtracking can do (a back-reference,
 * look-ahead, a count above 16): such a pattern could hold the server for minutes.
 */
export function compileMatch(pattern: Bytes): (value: Bytes) => boolean {
  const source = withoutPosixClasses(latin1Text(pattern));
  new RegExp(source); // By itself first: the group around it must not repair an unbalanced parenthesis.
  const whole = `^(?:${source})$`;
  if (repeatsAChoice(source) && !isLinear(whole))
    throw new Error('a repeated group contains a choice that could take exponential time');
  const regexp = new RegExp(whole);
  return (value) => {
    try {
      return regexp.test(latin1Text(value));
    } catch {
      return false; // Running out of backtracking stack counts as no match.
    }
  };
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  d: '0-9',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@[-`{-~'.replace('[-', '\\[-'),
  s: '\\s',
  space: '\\t-\\r ',
  upper: 'A-Z',
  w: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** `[[:alpha:]_]`: C++'s ECMAScript dialect has named classes, JavaScript's has not. */
function withoutPosixClasses(pattern: string): string {
  let result = '';
  let inBrackets = false;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!;
    if (character === '\\') {
      result += pattern.slice(i, i + 2);
      i++;
    } else if (inBrackets && character === '[' && /^[:.=]/.test(pattern.slice(i + 1))) {
      const named = /^\[:([a-z]+):\]/.exec(pattern.slice(i));
      const members = named ? posixClasses[named[1]!] : undefined;
      if (!named || members === undefined)
        throw new Error(`unknown character class at '${pattern.slice(i, i + 12)}'`);
      result += members;
      i += named[0].length - 1;
    } else {
      if (!inBrackets && character === '[') inBrackets = true;
      else if (inBrackets && character === ']') inBrackets = false;
      result += character;
    }
  }
  return result;
}

/** V8's own flag: compile for the linear engine or not at all. */
const linearFlag = 'l';

function isLinear(source: string): boolean {
  try {
    new RegExp(source, linearFlag);
    return true;
  } catch {
    return false;
  }
}

/** True when a group that may repeat holds an alternative or another variable repetition. */
function repeatsAChoice(source: string): boolean {
  const groups: boolean[] = [];
  let hasChoice = false;
  for (let i = 0; i < source.length; i++) {
    switch (source[i]) {
      case '\\':
        i++;
        break;
      case '[':
        while (++i < source.length && source[i] !== ']') if (source[i] === '\\') i++;
        break;
      case '(':
        groups.push(hasChoice);
        hasChoice = false;
        break;
      case ')': {
        const repeats = /^(?:[*+]|\{(?!0?1?\}|0,1\}))/.test(source.slice(i + 1));
        if (repeats && hasChoice) return true;
        hasChoice = (groups.pop() ?? false) || hasChoice;
        break;
      }
      case '|':
      case '*':
      case '+':
        hasChoice = true;
        break;
      case '?':
        if (source[i - 1] !== '(') hasChoice = true;
        break;
      case '{':
        if (/^\{\d+,(\d+)?\}/.test(source.slice(i))) hasChoice = true;
        break;
    }
  }
  return false;
}
