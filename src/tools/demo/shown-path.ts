// Paths as the demonstration prints them.
import { relative } from 'node:path';

/** From where the person is, when the file is below that. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
