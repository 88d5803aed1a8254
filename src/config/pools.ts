// The address pools of one subnet: ranges inside its prefix.
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { addressing, formatSpan, type AddressSpan } from './addressing.ts';
import { inheritParameters } from './parameters.ts';
import type { WrittenObject } from './parts.ts';
import { resolvePoolList } from './pool-list.ts';
import type { ResolvedList } from './quarantine.ts';
import { invalid, stringAt } from './read-json.ts';
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
  const textOf = (json: JsonMap): string => stringAt(json, 'pool') ?? '';
  return resolvePoolList<Pool>(
    {
      listKey: 'pools',
      objectType: 'pool',
      title: 'the pool',
      textOf,
      format: (span) => formatSpan(family, span),
      resolve(json, common) {
        const { first, last } = addressing(family).parseRange(textOf(json), 'pool');
        if (first < prefix.first || last > prefix.last) {
          const text = formatSpan(family, { first, last });
          throw invalid(`the pool ${text} is not inside the subnet ${prefix.text}`, 'pool');
        }
        const capacity =
          typeof first === 'bigint' ? (last as bigint) - first + 1n : (last as number) - first + 1;
        return Object.freeze({
          // Spelled out: an object made by spreading takes more memory, and pools are many.
          rowId: common.rowId,
          poolId: common.poolId,
          first,
          last,
          capacity,
          clientClasses: common.clientClasses,
          evaluateAdditionalClasses: common.evaluateAdditionalClasses,
          options: common.options,
          userContext: common.userContext,
          parameters: inheritParameters(json, parameters),
        });
      },
    },
    object,
    previous,
    owner,
    definitions,
  );
}
