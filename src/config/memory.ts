// What a build leaves for the next one, carried by the snapshot itself: which written object became which resolved one.
import type { Host } from '../store/host-store.ts';
import type { OptionData } from '../wire/option-data.ts';
import type { OptionDefinition } from '../wire/option-definition.ts';
import type { BuiltGlobals } from './build-globals.ts';
import type { ResolvedClass } from './classes.ts';
import type { NetworkScope } from './networks.ts';
import type { ResolvedObjects } from './objects.ts';
import type { Snapshot } from './snapshot.ts';
import type { SubnetWithHosts } from './subnets.ts';

export interface BuildMemory {
  readonly globals: BuiltGlobals;
  readonly optionDefs: ResolvedObjects<OptionDefinition>;
  readonly options: ResolvedObjects<OptionData>;
  readonly classes: ResolvedObjects<ResolvedClass>;
  readonly networks: ResolvedObjects<NetworkScope>;
  readonly subnets: ResolvedObjects<SubnetWithHosts>;
  readonly reservations: ResolvedObjects<Host>;
}

/** Undefined for a snapshot that no build made: the next build then resolves everything. */
export function memoryOf(snapshot: Snapshot | undefined): BuildMemory | undefined {
  return (snapshot as { [memoryKey]?: BuildMemory } | undefined)?.[memoryKey];
}

export function remember(snapshot: Snapshot, memory: BuildMemory): void {
  Object.defineProperty(snapshot, memoryKey, { value: memory });
}

const memoryKey = Symbol('what the next build starts from');
