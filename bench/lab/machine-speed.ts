// How fast the machine is just now: virtual ones share caches and processors with neighbours that nobody sees.

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

export class MachineSpeed {
  #fastest = Infinity;

  constructor() {
    // Compiled code is what is compared.
    for (let i = 0; i < 5; i++) this.isSlow();
  }

  /** Whether the machine is much slower now than it was at its best. */
  isSlow(): boolean {
    const time = timeOfWork();
    this.#fastest = Math.min(this.#fastest, time);
    return time > this.#fastest * slower;
  }
}
