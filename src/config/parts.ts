// The configuration between "as written" and "as used": one list per kind of object, whoever wrote it (file or database).
import type { Family } from '../addr/family.ts';
import type { JsonMap } from './written.ts';

/** One object as Kea JSON. Identity matters: the same reference means "unchanged since the last build". */
export interface WrittenObject {
  readonly json: JsonMap;
  /** Where it came from: a position in a file, or a database row. */
  readonly origin:
    | {
        readonly kind: 'file';
        readonly file: string;
        readonly line: number;
        readonly column: number;
        readonly key: string;
      }
    | { readonly kind: 'database'; readonly rowId: number };
  /** Where a value inside `json` stands in the file; falls back to the nearest enclosing value. */
  locate?(path: readonly (string | number)[]): WrittenObject['origin'];
}

/** The same object with other JSON in force. */
export function withJson(object: WrittenObject, json: JsonMap): WrittenObject {
  const { origin } = object;
  return object.locate ? { json, origin, locate: (path) => object.locate!(path) } : { json, origin };
}

/**
 * Everything that makes one snapshot. Entries nested in an object that came from a table (pools, options) may carry
 * their own row number as `metadata: { "row-id": n }`; config-get and the hash leave all `metadata` out. Lists are in effective order (classes: evaluation order).
 * networks: without `subnet4`/`subnet6` inside; subnets: with `shared-network-name` (string or absent).
 */
export interface ConfigParts {
  readonly family: Family;
  /** Every key of `Dhcp4`/`Dhcp6` except the lists below. */
  readonly globals: JsonMap;
  /** Where a global value was written; row 0 of no table when absent or unknown. */
  readonly originOfGlobal?: (path: readonly (string | number)[]) => WrittenObject['origin'];
  readonly optionDefs: readonly WrittenObject[];
  readonly options: readonly WrittenObject[];
  readonly classes: readonly WrittenObject[];
  readonly networks: readonly WrittenObject[];
  readonly subnets: readonly WrittenObject[];
  /** Global reservations. Those of a subnet stay inside the subnet's JSON. */
  readonly reservations: readonly WrittenObject[];
}

/** Why an object is not in force. */
export interface Rejection {
  readonly objectType:
    | 'global'
    | 'option-def'
    | 'option'
    | 'client-class'
    | 'shared-network'
    | 'subnet'
    | 'pool'
    | 'pd-pool'
    | 'reservation';
  /** Name, id or code as an operator would name it: `subnet 7 (192.0.2.0/24)` is type subnet, key `7`. */
  readonly objectKey: string;
  readonly origin: WrittenObject['origin'];
  readonly reason: string;
  /** True when the last good version of the object stays in force, false when there is none. */
  readonly lastGoodKept: boolean;
}
