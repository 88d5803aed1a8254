// What an option looks like: one row drives decoding, encoding, configuration and documentation.
import type { Family } from '../addr/family.ts';

/** Kea's option data types. */
export type OptionType =
  | 'empty'
  | 'binary'
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'ipv4-address'
  | 'ipv6-address'
  | 'ipv6-prefix'
  | 'psid'
  | 'string'
  | 'tuple'
  | 'fqdn'
  | 'record'
  | 'internal';

export interface OptionDefinition {
  readonly space: string;
  readonly code: number;
  readonly name: string;
  readonly type: OptionType;
  /** The option (or the last field of its record) repeats. */
  readonly array: boolean;
  /** Field types when `type` is `record`. */
  readonly recordTypes: readonly OptionType[];
  /** Option space carried after the fields, or '' for none. */
  readonly encapsulates: string;
}

/** Lookup over standard and configured definitions; configured ones win. */
export interface OptionDefinitions {
  readonly family: Family;
  byCode(space: string, code: number): OptionDefinition | undefined;
  byName(space: string, name: string): OptionDefinition | undefined;
  /** All definitions of one space, by ascending code. */
  inSpace(space: string): readonly OptionDefinition[];
}
