// How fast the machine is just now: virtual ones share caches and processors with neighbours that nobody sees.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const cells = new Float64Array(1 << 20);
/** Of the loop below: some 100 ms. */
const turns = 24;

/** Milliseconds of processor time that the same work always takes, more when somebody else is at it. */
export function timeOfWork(): number {
  const before = process.cpuUsage();
  for (let turn = 0; turn < turns; turn++)
    for (let i = 0; i < cells.length; i++) cells[i] = cells[(i * 7919) & (cells.length - 1)]! + i;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A run between two of these, each so much slower than the fastest of all, says more about the neighbours than about the server. */
const slower = 1.5;
/** Share of the processors' time that the host gave to other machines meanwhile; a quiet host shows 0. */
const muchStolen = 0.02;
const watchedMilliseconds = 1_000;
/** A bad phase ends after a minute or two, or does not end. */
const longestWait = 180_000;

export class MachineSpeed {
  #fastest = Infinity;
  #stolen = { stolen: 0, all: 0 };
  /** Milliseconds; nothing more after a wait in vain, until the host is seen to be quiet again. */
  #patience = longestWait;

  constructor() {
    // Compiled code is what is compared.
    for (let i = 0; i < 5; i++) this.isSlow();
  }

  /** Whether the machine is much slower now than it was at its best, or was robbed of its processors since the call before. */
  isSlow(): boolean {
    const time = timeOfWork();
    this.#fastest = Math.min(this.#fastest, time);
    return this.#stolenSince() > muchStolen || time > this.#fastest * slower;
  }

  /** Resolves as soon as the host leaves the machine its processors for a second, or after three minutes: what is measured next is then measured all the same. */
  async calm(progress: (text: string) => void): Promise<void> {
    const began = performance.now();
    let waits = false;
    this.#stolenSince();
    for (;;) {
      await pause(watchedMilliseconds);
      const waited = performance.now() - began;
      const isCalm = this.#stolenSince() <= muchStolen;
      if (isCalm || waited > this.#patience) {
        this.#patience = isCalm ? longestWait : 0;
        if (waits)
          progress(`waited ${Math.round(waited / 1000)} s while the host gave the processors to others`);
        return;
      }
      waits = true;
    }
  }

  /** As a share, since the call before. */
  #stolenSince(): number {
    const now = processorTimes();
    const { stolen, all } = this.#stolen;
    this.#stolen = now;
    return now.all > all ? (now.stolen - stolen) / (now.all - all) : 0;
  }
}

/** In ticks, of all processors since the machine started (proc(5): user, nice, system, idle, iowait, irq, softirq, steal). */
function processorTimes(): { stolen: number; all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, each) => sum + each, 0) };
}

/** One for all rows: its best is the machine's. */
let shared: MachineSpeed | undefined;
export const machineSpeed = (): MachineSpeed => (shared ??= new MachineSpeed());
