// The prefix pools of one DHCPv6 subnet (RFC 8415 section 6.3), each with the part that clients must not use (RFC 6603).
import { formatIpv6Prefix, ipv6Mask, parseIpv6, parseIpv6Prefix, type Ipv6Prefix } from '../addr/ipv6.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { located } from './addressing.ts';
import type { WrittenObject } from './parts.ts';
import { resolvePoolList } from './pool-list.ts';
import type { ResolvedList } from './quarantine.ts';
import { invalid, numberAt, stringAt } from './read-json.ts';
import type { PdPool } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** Prefix pools need not lie inside the prefix of their subnet. Arguments as for the address pools. */
export function resolvePdPools(
  object: WrittenObject,
  previous: JsonMap | undefined,
  owner: string,
  definitions: OptionDefinitions,
): ResolvedList<PdPool> {
  return resolvePoolList<PdPool>(
    {
      listKey: 'pd-pools',
      objectType: 'pd-pool',
      title: 'the prefix pool',
      textOf: (json) => `${stringAt(json, 'prefix') ?? ''}/${numberAt(json, 'prefix-len') ?? ''}`,
      format: (pool) => formatIpv6Prefix(pool as Ipv6Prefix),
      resolve(json, common) {
        const pool = prefixAt(json, 'prefix', numberAt(json, 'prefix-len') ?? 0);
        const delegatedLength = numberAt(json, 'delegated-len') ?? 0;
        if (delegatedLength < pool.length)
          throw invalid(
            `delegated-len ${delegatedLength} is shorter than prefix-len ${pool.length}`,
            'delegated-len',
          );
        return Object.freeze({
          ...common,
          ...pool,
          capacity: 1n << BigInt(delegatedLength - pool.length),
          delegatedLength,
          excluded: excludedOf(json, { ...pool, length: delegatedLength }),
        });
      },
    },
    object,
    previous,
    owner,
    definitions,
  );
}

/**
 * The excluded prefix inside the first delegated one; RFC 6603 section 4.2 then tells clients of the others the same
 * bits. `::` with length 0 is none. Throws CONFIG_INVALID.
 */
function excludedOf(json: JsonMap, delegated: Ipv6Prefix): PdPool['excluded'] {
  const text = stringAt(json, 'excluded-prefix') ?? '';
  const length = numberAt(json, 'excluded-prefix-len') ?? 0;
  const isNone = text === '' || parsed(text, 'excluded-prefix') === 0n;
  if (isNone && length === 0) return null;
  if (isNone) throw invalid('excluded-prefix-len needs an excluded-prefix', 'excluded-prefix-len');
  if (length === 0) throw invalid('excluded-prefix needs an excluded-prefix-len', 'excluded-prefix');
  const excluded = prefixAt(json, 'excluded-prefix', length);
  refuseOutside(excluded, delegated, 'excluded-prefix');
  return Object.freeze({ prefix: excluded.first, length });
}

/** RFC 6603 section 4.2: the excluded prefix is longer than the delegated one and begins with its bits. */
export function refuseOutside(excluded: Ipv6Prefix, delegated: Ipv6Prefix, key: string): void {
  if (excluded.length <= delegated.length)
    throw invalid(
      `the excluded prefix ${formatIpv6Prefix(excluded)} must be longer than the delegated /${delegated.length}`,
      key,
    );
  const mask = ipv6Mask(delegated.length);
  if ((excluded.first & mask) !== (delegated.first & mask))
    throw invalid(
      `the excluded prefix ${formatIpv6Prefix(excluded)} is not inside ${formatIpv6Prefix(delegated)}`,
      key,
    );
}

function prefixAt(json: JsonMap, key: string, length: number): Ipv6Prefix {
  const text = stringAt(json, key) ?? '';
  parsed(text, key);
  return located(key, () => parseIpv6Prefix(`${text}/${length}`));
}

function parsed(text: string, key: string): bigint {
  return located(key, () => parseIpv6(text));
}
