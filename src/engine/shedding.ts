// When more newcomers ask than can be answered: how many of them are left to the kernel, so that reading what is then dropped takes no time.
import type { KernelDrops } from '../net/transport.ts';
import type { DropReason } from './drop-reasons.ts';
import type { QueuedPacket } from './queue-types.ts';

export interface SheddingDeps {
  readonly kernelDrops: KernelDrops;
  /** Milliseconds, monotonic: the clock of the packets. */
  readonly now: () => number;
  readonly after: (milliseconds: number, action: () => void) => () => void;
  /** So many datagrams were dropped unread. */
  readonly count: (dropped: number) => void;
}

/** Milliseconds between decisions. */
const turnMs = 250;
/** Newcomers dropped after they were read, in a turn: fewer cost too little to do anything about. */
const noticeable = 100;
/** Of one circuit no more are counted: its flood is for the queue to hold back, not for all others to give way to. */
const countedOfCircuit = 8;
/** Milliseconds that newcomers are to wait: enough that the server is never idle, and so few that little waits. */
const wantedWait = 30;
/** What waits too long is to be worked off in so many turns. */
const turnsToSettle = 3;
/** Of what was begun last, so much is let in at least and at most. */
const [leastGain, mostGain] = [0.7, 1.05];
/** Milliseconds of waiting that say that there is room; in the second turn in which they do so much more is let in, then ever more. */
const unpressed = 5;
const reopening = 1.25;
/** A share below this is none. */
const leastShare = 0.05;

/**
 * To read, queue and drop a packet takes a tenth of the time of a whole exchange: at three times the load that a server can
 * take a quarter of it is gone. And what waits costs too: the garbage collector copies it. So as many are let in as keep
 * the queue short; the queue goes on to choose among those that are read.
 */
export class Shedding {
  readonly #deps: SheddingDeps;
  /** Newcomers in this turn. */
  #read = 0;
  #begun = 0;
  /** Milliseconds, of those that were begun, together. */
  #waited = 0;
  #dropped = 0;
  readonly #droppedByCircuit = new Map<string, number>();
  /** Averaged over a few turns. */
  #meanOffered = 0;
  #meanBegun = 0;
  #share = 0;
  /** Turns in a row. */
  #withRoom = 0;
  #cancel = (): void => undefined;

  constructor(deps: SheddingDeps) {
    this.#deps = deps;
  }

  read({ isCompleting }: QueuedPacket): void {
    if (!isCompleting) this.#read++;
  }

  begun({ isCompleting, receivedAt }: QueuedPacket): void {
    if (isCompleting) return;
    this.#begun++;
    this.#waited += this.#deps.now() - receivedAt;
  }

  dropped({ isCompleting, isCircuit, source }: QueuedPacket, reason: DropReason): void {
    if (isCompleting || (reason !== 'queue-late' && reason !== 'queue-full')) return;
    if (isCircuit) {
      const before = this.#droppedByCircuit.get(source) ?? 0;
      if (before >= countedOfCircuit) return;
      this.#droppedByCircuit.set(source, before + 1);
    }
    this.#dropped++;
  }

  start(): void {
    this.#cancel = this.#deps.after(turnMs, () => this.#turn());
  }

  /** Everything is read again. */
  stop(): void {
    this.#cancel();
    this.#count();
    this.#shed(0);
  }

  #turn(): void {
    const unread = this.#count();
    this.#meanOffered = (this.#meanOffered + this.#read + unread) / 2;
    this.#meanBegun = (this.#meanBegun + this.#begun) / 2;
    this.#shed(this.#nextShare());
    this.#read = 0;
    this.#begun = 0;
    this.#waited = 0;
    this.#dropped = 0;
    this.#droppedByCircuit.clear();
    this.start();
  }

  #count(): number {
    const unread = this.#deps.kernelDrops.take();
    if (unread > 0) this.#deps.count(unread);
    return unread;
  }

  #shed(share: number): void {
    if (share === this.#share) return;
    this.#share = share;
    this.#deps.kernelDrops.shed(share);
  }

  #nextShare(): number {
    if (this.#share === 0 && this.#dropped < noticeable) return 0;
    const waited = this.#begun === 0 ? 0 : this.#waited / this.#begun;
    const gain = 1 + (wantedWait - waited) / (turnMs * turnsToSettle);
    this.#withRoom = this.#dropped === 0 && waited < unpressed ? this.#withRoom + 1 : 0;
    const passing =
      this.#withRoom > 1
        ? (1 - this.#share) * reopening ** (this.#withRoom - 1)
        : (this.#meanBegun * Math.min(mostGain, Math.max(leastGain, gain))) / this.#meanOffered;
    const share = 1 - passing;
    return share < leastShare ? 0 : share;
  }
}
