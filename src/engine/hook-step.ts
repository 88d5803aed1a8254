// What the steps at hook points of both protocols have in common: who waits there, and what a refusal means.
import type { DropReason } from './drop-reasons.ts';
import type { HookArguments, HookOutcome, HookPoint, HookScope } from './hooks.ts';
import type { PacketContext } from './packet-context.ts';
import { drop, type Drop, type Step, type StepResult } from './pipeline.ts';
import type { LogFields } from '../log.ts';

/** The scope, when somebody waits at this point; one comparison otherwise. */
export function hooksAt(t: Pick<PacketContext, 'hooks'>, point: HookPoint): HookScope | null {
  return t.hooks !== null && t.hooks.has(point) ? t.hooks : null;
}

/** The step for packets that meet hook libraries; the others do not even make its functions. */
export const whereHooked =
  <T extends Pick<PacketContext, 'hooks'>>(step: Step<T>): Step<T> =>
  (t) =>
    t.hooks === null ? 'continue' : step(t);

/** Nobody waits there: continue. Else the callouts are asked, and `judge` says what their answer means. */
export function askCallouts<P extends HookPoint>(
  t: Pick<PacketContext, 'hooks'>,
  point: P,
  makeArguments: () => HookArguments[P],
  judge: (outcome: HookOutcome, args: HookArguments[P]) => StepResult | Promise<StepResult>,
): StepResult | Promise<StepResult> {
  const hooks = hooksAt(t, point);
  if (!hooks) return 'continue';
  const args = makeArguments();
  return hooks.call(point, args).then((outcome) => judge(outcome, args));
}

type Described = Pick<PacketContext, 'engine'>;

/** A callout wants no answer to this packet. `id`: of the debug line. */
export function droppedByCallout(t: Described, id: string, point: HookPoint, fields: () => LogFields): Drop {
  return told(t, id, 'hook-dropped', `a ${point} callout dropped the packet`, fields);
}

export function parkingLotFull(t: Described, id: string, fields: () => LogFields): Drop {
  return told(t, id, 'queue-full', 'more packets are parked than parked-packet-limit allows', fields);
}

function told(t: Described, id: string, reason: DropReason, text: string, fields: () => LogFields): Drop {
  if (t.engine.log.debugEnabled) t.engine.log.debug(id, text, fields());
  return drop(reason, text);
}
