// One row per configuration key: it drives the schema, the documentation and what is said about wrong values.

export type ScopeName =
  | 'global'
  | 'shared-network'
  | 'subnet'
  | 'pool'
  | 'pd-pool'
  | 'option-def'
  | 'option-data'
  | 'client-class'
  | 'reservation'
  | 'relay'
  | 'interfaces-config'
  | 'database'
  | 'config-control'
  | 'expired-leases-processing'
  | 'dhcp-queue-control'
  | 'multi-threading'
  | 'control-socket'
  | 'authentication'
  | 'authentication-client'
  | 'http-header'
  | 'logger'
  | 'logger-output'
  | 'hooks-library'
  | 'dhcp-ddns'
  | 'sanity-checks'
  | 'compatibility'
  | 'server-id';

export interface KeyRow {
  readonly key: string;
  readonly type: 'integer' | 'number' | 'boolean' | 'string' | 'map' | 'list';
  readonly meaning: string;
  /** Only this family knows the key. */
  readonly family?: 4 | 6;
  /** Built-in default of the outermost scope that has the key; `default6` where DHCPv6 differs. */
  readonly default?: string | number | boolean;
  readonly default6?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
  /** Exclusive bounds. */
  readonly above?: number;
  readonly below?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  /** The only values allowed, in any family or per family. */
  readonly values?: readonly string[];
  /** A map of this scope, or a list of such maps. Without it a map is free and a list holds strings. */
  readonly scope?: ScopeName;
  /** Values of a list of strings. */
  readonly itemValues?: Readonly<Record<4 | 6, readonly string[]>>;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly required?: true;
  /** Still read, with a warning: what to write instead. */
  readonly deprecated?: string;
}

type Bounds = Omit<KeyRow, 'key' | 'type' | 'meaning'>;
const uint32 = 4294967295;

export const bool = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'boolean',
  meaning,
  ...more,
});
export const text = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'string',
  meaning,
  ...more,
});
export const real = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'number',
  meaning,
  ...more,
});
export const map = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'map',
  meaning,
  ...more,
});
export const list = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'list',
  meaning,
  ...more,
});
/** 0 to 4294967295 unless said otherwise. */
export const int = (key: string, meaning: string, more: Bounds = {}): KeyRow => ({
  key,
  type: 'integer',
  meaning,
  min: 0,
  max: uint32,
  ...more,
});
