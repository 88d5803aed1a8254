// The first step of every packet: is the DHCP service switched on?
import type { EngineServices } from './packet-context.ts';
import type { Family } from '../addr/family.ts';
import type { Lease } from '../store/lease.ts';
import { drop, type StepResult } from './pipeline.ts';

export function checkService({
  engine,
}: {
  readonly engine: Pick<EngineServices<Family, Lease>, 'family' | 'statistics' | 'networkState'>;
}): StepResult {
  engine.statistics.counter(`pkt${engine.family}-received`).add();
  if (engine.networkState.isEnabled) return 'continue';
  return drop(
    'service-disabled',
    `the service is off for origins ${engine.networkState.origins().join(', ')}`,
  );
}
