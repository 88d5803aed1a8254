// How a packet walks a visible list of steps, each of which says: continue, reply, done, or drop with a reason.
import type { DropReason } from './drop-reasons.ts';

/** The packet ends here unanswered and is counted. `detail` is for the debug line. */
export interface Drop {
  readonly drop: DropReason;
  readonly detail: string;
}

/**
 * `continue`: on to the next step. `reply`: the answer is complete, send it.
 * `done`: handled, and the protocol has no answer to it (RELEASE, DECLINE).
 */
export type StepResult = 'continue' | 'reply' | 'done' | Drop;

/** A step is asynchronous only where a store is asked. */
export type Step<T> = (transaction: T) => StepResult | Promise<StepResult>;

/** Runs the steps in order until one ends the packet. A list that never ends it is a programming error. */
export async function runPipeline<T>(
  steps: readonly Step<T>[],
  transaction: T,
): Promise<Exclude<StepResult, 'continue'>> {
  for (const step of steps) {
    const given = step(transaction);
    const result = given instanceof Promise ? await given : given;
    if (result !== 'continue') return result;
  }
  throw new Error('the pipeline ended without a decision');
}

export const drop = (reason: DropReason, detail: string): Drop => ({ drop: reason, detail });
