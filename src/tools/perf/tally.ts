// What a run counts: each kind of query by what became of it, and the same second by second.
import { Histogram, type LatencySummary } from './histogram.ts';
import { stages, type Stage } from './in-flight.ts';

export interface StageReport {
  /** Each query once, however often it was sent. */
  readonly sent: number;
  /** How often queries were sent again. */
  readonly retransmitted: number;
  readonly answered: number;
  /** No answer within the drop time. */
  readonly lost: number;
  /** Answered by a NAK or a status that is no success, or without a lease. */
  readonly refused: number;
  readonly lossPercent: number;
  /** Milliseconds, of the answers. */
  readonly latency: LatencySummary;
}

export interface SecondReport {
  /** Counting from 0. */
  readonly second: number;
  readonly started: number;
  /** Exchanges that ended with a lease. */
  readonly completed: number;
  readonly renewed: number;
  readonly lost: number;
  readonly refused: number;
  /** Milliseconds from the query to its answer, of all answers in this second. */
  readonly p50: number;
  readonly p99: number;
}

class StageTally {
  sent = 0;
  retransmitted = 0;
  answered = 0;
  lost = 0;
  refused = 0;
  readonly latency = new Histogram();

  report(): StageReport {
    const { sent, retransmitted, answered, lost, refused } = this;
    const lossPercent = sent === 0 ? 0 : (100 * lost) / sent;
    return { sent, retransmitted, answered, lost, refused, lossPercent, latency: this.latency.summary() };
  }
}

export class Tally {
  readonly #stages: Readonly<Record<Stage, StageTally>> = {
    first: new StageTally(),
    second: new StageTally(),
    renew: new StageTally(),
    release: new StageTally(),
  };
  readonly #seconds: SecondReport[] = [];
  readonly #latency = new Histogram();
  #start: number;
  #now = { started: 0, completed: 0, renewed: 0, lost: 0, refused: 0 };
  readonly #refusals = new Map<string, number>();
  released = 0;
  /** Exchanges that ended with a lease, or with what was asked for. */
  completed = 0;
  /** Answers that nobody waited for any more, or twice. */
  late = 0;
  /** Datagrams that are no answer. */
  foreign = 0;

  /** `start` in milliseconds. */
  constructor(start: number) {
    this.#start = start;
  }

  stage(stage: Stage): StageTally {
    return this.#stages[stage];
  }

  sent(stage: Stage): void {
    this.#stages[stage].sent++;
    if (stage === 'first') this.#now.started++;
  }

  retransmitted(stage: Stage): void {
    this.#stages[stage].retransmitted++;
  }

  /** `completes`: this answer ends an exchange. */
  answered(stage: Stage, milliseconds: number, completes: boolean): void {
    const tally = this.#stages[stage];
    tally.answered++;
    tally.latency.record(milliseconds * 1000);
    this.#latency.record(milliseconds * 1000);
    if (completes) {
      this.completed++;
      this.#now.completed++;
    } else if (stage === 'renew') this.#now.renewed++;
  }

  lost(stage: Stage): void {
    this.#stages[stage].lost++;
    this.#now.lost++;
  }

  refused(stage: Stage, reason: string): void {
    this.#stages[stage].refused++;
    this.#now.refused++;
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  /** How many for each reason. */
  refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  /** Closes the seconds that are over; the caller learns of each. */
  tick(now: number, onSecond: (report: SecondReport) => void): void {
    while (now - this.#start >= (this.#seconds.length + 1) * 1000) this.#close(onSecond);
  }

  /** The last second, however short. */
  seconds(): readonly SecondReport[] {
    if (Object.values(this.#now).some((count) => count > 0)) this.#close(() => undefined);
    return this.#seconds;
  }

  reports(): Readonly<Record<Stage, StageReport>> {
    return Object.fromEntries(stages.map((stage) => [stage, this.#stages[stage].report()])) as Record<
      Stage,
      StageReport
    >;
  }

  #close(onSecond: (report: SecondReport) => void): void {
    const second: SecondReport = {
      second: this.#seconds.length,
      ...this.#now,
      p50: this.#latency.percentile(0.5) / 1000,
      p99: this.#latency.percentile(0.99) / 1000,
    };
    this.#seconds.push(second);
    this.#now = { started: 0, completed: 0, renewed: 0, lost: 0, refused: 0 };
    this.#latency.clear();
    onSecond(second);
  }
}
