// Progress of a row of steps: a bar redrawn in place on a terminal, one line per step elsewhere.
import type { DatabaseToolDeps } from './session.ts';

export interface Progress {
  /** A step begins: its name, its place counting from 1, and how many there are. */
  readonly step: (name: string, place: number, total: number) => void;
  readonly end: () => void;
}

const barWidth = 24;

export function createProgress({
  write,
  isTerminal,
}: Pick<DatabaseToolDeps, 'write' | 'isTerminal'>): Progress {
  let drawn = false;
  return {
    step(name, place, total) {
      if (!isTerminal) return write(`applying ${name} (${place} of ${total})\n`);
      const full = Math.round((barWidth * (place - 1)) / total);
      const bar = '#'.repeat(full) + '.'.repeat(barWidth - full);
      // ESC [ K clears what a longer line before left behind.
      write(`\r[${bar}] ${place}/${total} ${name}\u001b[K`);
      drawn = true;
    },
    end() {
      if (drawn) write('\r\u001b[K');
    },
  };
}
