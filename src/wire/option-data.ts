// Option values as configuration carries them: encoded once, sent many times.
import type { OptionDefinition } from './option-definition.ts';

/** An option value from some scope (Kea's `option-data`), already encoded. */
export interface OptionData {
  readonly definition: OptionDefinition | null;
  readonly space: string;
  readonly code: number;
  /** Payload without code and length, and without the sub-options of an encapsulated space (the engine adds those). */
  readonly data: Uint8Array;
  readonly alwaysSend: boolean;
  readonly neverSend: boolean;
  /** Applies only to members of any of these; empty = everyone. */
  readonly clientClasses: readonly string[];
}

/** Options of one scope: space → code → values in order of configuration. */
export type OptionSet = ReadonlyMap<string, ReadonlyMap<number, readonly OptionData[]>>;
