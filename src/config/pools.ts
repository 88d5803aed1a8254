// The address pools of one subnet: inside the prefix, apart from each other, each with its options.
import type { Address } from '../addr/family.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { addressing, formatSpan, type AddressSpan } from './addressing.ts';
import { optionSet, resolveOptionList } from './option-scope.ts';
import { inheritParameters } from './parameters.ts';
import type { Rejection, WrittenObject } from './parts.ts';
import { resolveList, type ResolvedList } from './quarantine.ts';
import { invalid, mapsAt, numberAt, rowIdOf, stringAt, stringsAt, userContextOf } from './read-json.ts';
import type { Pool, ScopeParameters } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** `previous`: the same subnet as it is in force now; `parameters`: of the subnet. `owner` names the subnet in rejections: `subnet 7`. */
export function resolvePools(
  object: WrittenObject,
  previous: JsonMap | undefined,
  prefix: AddressSpan & { readonly text: string },
  owner: string,
  definitions: OptionDefinitions,
  parameters: ScopeParameters,
): ResolvedList<Pool> {
  const { family } = definitions;
  const taken = new SpanSet();
  const optionRejections: Rejection[] = [];
  const before = new Map(mapsAt(previous ?? {}, 'pools').map((json) => [poolIdentity(json), json]));

  const resolved = resolveList<ResolvedPool>({
    owner: object,
    listKey: 'pools',
    objectType: 'pool',
    list: mapsAt(object.json, 'pools'),
    previous: mapsAt(previous ?? {}, 'pools'),
    identityOf: poolIdentity,
    nameOf: (json) => `${stringAt(json, 'pool') ?? ''} (${owner})`,
    resolve(json) {
      const span = addressing(family).parseRange(stringAt(json, 'pool') ?? '', 'pool');
      if (span.first < prefix.first || span.last > prefix.last) {
        throw invalid(`the pool ${formatSpan(family, span)} is not inside the subnet ${prefix.text}`, 'pool');
      }
      const last = before.get(poolIdentity(json));
      const name = `pool ${stringAt(json, 'pool') ?? ''}, ${owner}`;
      const options = resolveOptionList(object, json, last, name, definitions);
      return { pool: poolOf(json, span, options.values, parameters), json, options };
    },
    admit({ pool }) {
      const other = taken.add(pool);
      return other && `the pool ${formatSpan(family, pool)} overlaps the pool ${formatSpan(family, other)}`;
    },
  });

  let changed = resolved.inForce !== mapsAt(object.json, 'pools');
  const inForce = resolved.values.map(({ json, options }) => {
    optionRejections.push(...options.rejections);
    if (options.rejections.length === 0) return json;
    changed = true;
    return Object.freeze({ ...json, 'option-data': options.inForce });
  });
  return {
    values: Object.freeze(resolved.values.map(({ pool }) => pool)),
    inForce: changed ? Object.freeze(inForce) : mapsAt(object.json, 'pools'),
    rejections: [...resolved.rejections, ...optionRejections],
  };
}

interface ResolvedPool {
  readonly pool: Pool;
  readonly json: JsonMap;
  readonly options: ReturnType<typeof resolveOptionList>;
}

function poolOf(
  json: JsonMap,
  span: AddressSpan,
  options: Parameters<typeof optionSet>[0],
  ofSubnet: ScopeParameters,
): Pool {
  const { first, last } = span;
  return Object.freeze({
    rowId: rowIdOf(json),
    poolId: numberAt(json, 'pool-id') ?? 0,
    first,
    last,
    capacity: typeof first === 'bigint' ? (last as bigint) - first + 1n : (last as number) - first + 1,
    clientClasses: stringsAt(json, 'client-classes'),
    evaluateAdditionalClasses: stringsAt(json, 'evaluate-additional-classes'),
    options: optionSet(options),
    parameters: inheritParameters(json, ofSubnet),
    userContext: userContextOf(json),
  });
}

/** The row when it came from a table (an edit keeps it), else the range as written. */
function poolIdentity(json: JsonMap): string {
  const row = rowIdOf(json);
  return row === null ? (stringAt(json, 'pool') ?? '').replaceAll(/\s/g, '') : `row ${row}`;
}

/** Ranges that do not overlap, in ascending order. */
class SpanSet {
  readonly #spans: AddressSpan[] = [];

  /** Adds the span, or returns the one it overlaps. */
  add(span: AddressSpan): AddressSpan | undefined {
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

function isBefore(a: Address, b: Address): boolean {
  return a < b;
}
