// What a build leaves for the next one, carried by the snapshot itself: which written object became which resolved one.
import type { Host } from '../store/host-store.ts';
import type { OptionData } from '../wire/option-data.ts';
import type { OptionDefinition } from '../wire/option-definition.ts';
import type { BuiltGlobals } from './build-globals.ts';
import type { ResolvedClass } from './classes.ts';
import type { NetworkScope } from './networks.ts';
import type { Entry } from './objects.ts';
import type { Snapshot } from './snapshot.ts';
import type { SubnetWithHosts } from './subnets.ts';

type Entries<T> = ReadonlyMap<string, Entry<T>>;

export interface BuildMemory {
  readonly globals: BuiltGlobals;
  readonly optionDefs: Entries<OptionDefinition>;
  readonly options: Entries<OptionData>;
  readonly classes: Entries<ResolvedClass>;
  readonly networks: Entries<NetworkScope>;
  readonly subnets: Entries<SubnetWithHosts>;
  readonly reservations: Entries<Host>;
}

/** Undefined for a snapshot that no build made: the next build then resolves everything. */
export function memoryOf(snapshot: Snapshot | undefined): BuildMemory | undefined {
  return (snapshot as { [memoryKey]?: BuildMemory } | undefined)?.[memoryKey];
}

export function remember(snapshot: Snapshot, memory: BuildMemory): void {
  Object.defineProperty(snapshot, memoryKey, { value: memory });
}

const memoryKey = Symbol('what the next build starts from');
