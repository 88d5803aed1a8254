// Shared networks: their own parameters first, their member subnets once those are known.
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { linkOf } from './link.ts';
import { optionSet, resolveOptionList } from './option-scope.ts';
import { inheritParameters } from './parameters.ts';
import type { WrittenObject } from './parts.ts';
import type { Resolved } from './objects.ts';
import { stringAt, stringsAt, userContextOf } from './read-json.ts';
import type { ScopeParameters, SharedNetwork, Subnet } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** A shared network before its members are known. */
export type NetworkScope = Omit<SharedNetwork, 'subnets'>;

/** Throws CONFIG_INVALID. */
export function resolveNetwork(
  object: WrittenObject,
  previous: JsonMap | undefined,
  globals: ScopeParameters,
  definitions: OptionDefinitions,
): Resolved<NetworkScope> {
  const { json } = object;
  const name = stringAt(json, 'name') ?? '';
  const options = resolveOptionList(object, json, previous, `shared network ${name}`, definitions);
  const value: NetworkScope = Object.freeze({
    name,
    ...linkOf(json, definitions.family),
    clientClasses: stringsAt(json, 'client-classes'),
    evaluateAdditionalClasses: stringsAt(json, 'evaluate-additional-classes'),
    options: optionSet(options.values),
    parameters: inheritParameters(json, globals),
    userContext: userContextOf(json),
  });
  return {
    value,
    json: options.rejections.length === 0 ? json : Object.freeze({ ...json, 'option-data': options.inForce }),
    rejections: options.rejections,
  };
}

/** Networks with their members; a network whose scope and members are as before is the very same object. */
export function attachMembers(
  scopes: Iterable<NetworkScope>,
  subnets: Iterable<Subnet>,
  previous: {
    readonly scopes: ReadonlySet<NetworkScope>;
    readonly networks: ReadonlyMap<string, SharedNetwork>;
  },
): (readonly [string, SharedNetwork])[] {
  const members = new Map<string, Subnet[]>();
  for (const subnet of subnets) {
    if (subnet.networkName === null) continue;
    const list = members.get(subnet.networkName);
    if (list) list.push(subnet);
    else members.set(subnet.networkName, [subnet]);
  }
  return Array.from(scopes, (scope) => {
    const own = members.get(scope.name) ?? [];
    const before = previous.networks.get(scope.name);
    if (before && previous.scopes.has(scope) && sameMembers(before.subnets, own)) return [scope.name, before];
    return [scope.name, Object.freeze({ ...scope, subnets: Object.freeze(own) })];
  });
}

function sameMembers(a: readonly Subnet[], b: readonly Subnet[]): boolean {
  return a.length === b.length && a.every((subnet, index) => subnet === b[index]);
}
