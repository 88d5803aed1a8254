// The pools of one subnet, of addresses or of prefixes: apart from each other, each with its options.
import type { Address } from '../addr/family.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';
import type { AddressSpan } from './addressing.ts';
import { optionSet, resolveOptionList } from './option-scope.ts';
import type { Rejection, WrittenObject } from './parts.ts';
import { resolveList, type ResolvedList } from './quarantine.ts';
import { mapsAt, numberAt, rowIdOf, stringsAt, userContextOf } from './read-json.ts';
import type { PoolBase } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** What differs between pools of addresses and pools of prefixes. */
export interface PoolKind<P extends AddressSpan> {
  readonly listKey: 'pools' | 'pd-pools';
  readonly objectType: 'pool' | 'pd-pool';
  /** What an operator calls it in front of its text: `the pool`. */
  readonly title: string;
  /** The range or prefix as written; also of a pool that is no good. */
  textOf(json: JsonMap): string;
  /** Throws CONFIG_INVALID. */
  resolve(json: JsonMap, common: Omit<PoolBase, 'first' | 'last' | 'capacity'>): P;
  /** The range or prefix as it is understood. */
  format(pool: AddressSpan): string;
}

/** `previous`: the same subnet as it is in force now. `owner` names the subnet in rejections: `subnet 7`. */
export function resolvePoolList<P extends AddressSpan>(
  kind: PoolKind<P>,
  object: WrittenObject,
  previous: JsonMap | undefined,
  owner: string,
  definitions: OptionDefinitions,
): ResolvedList<P> {
  const { listKey, objectType } = kind;
  const written = mapsAt(object.json, listKey);
  if (written.length === 0) return noPools;
  const lastList = mapsAt(previous ?? {}, listKey);
  const identityOf = (json: JsonMap): string => poolIdentity(json, kind.textOf(json));
  const before = new Map(lastList.map((json) => [identityOf(json), json]));
  const taken = new SpanSet<P>();

  const resolved = resolveList({
    owner: object,
    family: definitions.family,
    listKey,
    objectType,
    scope: objectType,
    list: written,
    previous: lastList,
    identityOf,
    nameOf: (json) => `${kind.textOf(json)} (${owner})`,
    resolve(json) {
      const last = before.get(identityOf(json));
      const name = `${objectType} ${kind.textOf(json)}, ${owner}`;
      const options = resolveOptionList(object, json, last, name, definitions, () => [
        listKey,
        written.indexOf(json),
      ]);
      const common = {
        rowId: rowIdOf(json),
        poolId: numberAt(json, 'pool-id') ?? 0,
        clientClasses: stringsAt(json, 'client-classes'),
        evaluateAdditionalClasses: stringsAt(json, 'evaluate-additional-classes'),
        options: optionSet(options.values),
        userContext: userContextOf(json),
      };
      return { pool: kind.resolve(json, common), json, options };
    },
    admit({ pool }) {
      const other = taken.add(pool);
      return other && `${kind.title} ${kind.format(pool)} overlaps ${kind.title} ${kind.format(other)}`;
    },
  });

  const optionRejections: Rejection[] = [];
  let changed = resolved.inForce !== written;
  const inForce = resolved.values.map(({ json, options }) => {
    optionRejections.push(...options.rejections);
    if (options.rejections.length === 0) return json;
    changed = true;
    return Object.freeze({ ...json, 'option-data': options.inForce });
  });
  return {
    values: Object.freeze(resolved.values.map(({ pool }) => pool)),
    inForce: changed ? Object.freeze(inForce) : written,
    rejections: [...resolved.rejections, ...optionRejections],
  };
}

/** The row when it came from a table (an edit keeps it), else the range as written. */
function poolIdentity(json: JsonMap, text: string): string {
  const row = rowIdOf(json);
  return row === null ? text.replaceAll(/\s/g, '') : `row ${row}`;
}

/** Ranges that do not overlap, in ascending order. */
class SpanSet<S extends AddressSpan> {
  readonly #spans: S[] = [];

  /** Adds the span, or returns the one it overlaps. */
  add(span: S): S | undefined {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#spans[middle]!.last, span.first)) low = middle + 1;
      else high = middle;
    }
    const next = this.#spans[low];
    if (next && !isBefore(span.last, next.first)) return next;
    this.#spans.splice(low, 0, span);
    return undefined;
  }
}

const noPools = Object.freeze({
  values: Object.freeze([]),
  inForce: Object.freeze([]),
  rejections: Object.freeze([]),
});

function isBefore(a: Address, b: Address): boolean {
  return a < b;
}
