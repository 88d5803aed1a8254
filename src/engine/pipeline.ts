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

/** What a pipeline comes to. */
export type PipelineEnd = Exclude<StepResult, 'continue'>;

/**
 * Runs the steps in order, from the one at `from`, until one ends the packet. A list that never ends it is a programming
 * error. Waits only where a step does: most do not, and a promise for each would cost more than the step.
 */
export function runPipeline<T>(
  steps: readonly Step<T>[],
  transaction: T,
  from = 0,
): PipelineEnd | Promise<PipelineEnd> {
  for (let i = from; i < steps.length; i++) {
    const result = steps[i]!(transaction);
    if (result instanceof Promise)
      return result.then((later) => (later === 'continue' ? runPipeline(steps, transaction, i + 1) : later));
    if (result !== 'continue') return result;
  }
  throw new Error('the pipeline ended without a decision');
}

/** After what a step waited for. */
export const goOn = (): StepResult => 'continue';

export const drop = (reason: DropReason, detail: string): Drop => ({ drop: reason, detail });
