// The steps of a build, one per kind of object: what identifies it, what it depends on, how it is resolved.
import type { Family } from '../addr/family.ts';
import type { Host } from '../store/host-store.ts';
import type { OptionData } from '../wire/option-data.ts';
import type { OptionDefinition, OptionDefinitions } from '../wire/option-definition.ts';
import { topSpace } from '../wire/definitions.ts';
import { isBuiltInClass, resolveClass, type ResolvedClass } from './classes.ts';
import { resolveNetwork, type NetworkScope } from './networks.ts';
import { checkObject } from './object-check.ts';
import { resolveObjects, type ResolvedObjects } from './objects.ts';
import { optionIdentity, optionName, resolveDefinition, resolveOption } from './option-scope.ts';
import type { WrittenObject } from './parts.ts';
import { numberAt, stringAt } from './read-json.ts';
import {
  reservationGuard,
  reservationIdentity,
  reservationName,
  resolveReservation,
} from './reservations.ts';
import type { ClientClass, ScopeParameters, Subnet } from './snapshot.ts';
import { carriesOptions, resolveSubnet, type SubnetSurroundings, type SubnetWithHosts } from './subnets.ts';
import type { JsonMap } from './written.ts';

type Previous<T> = ResolvedObjects<T> | undefined;
type Objects = readonly WrittenObject[];

export function buildDefinitions(
  objects: Objects,
  family: Family,
  previous: Previous<OptionDefinition>,
): ResolvedObjects<OptionDefinition> {
  const spaceOf = (json: JsonMap): string => stringAt(json, 'space') ?? topSpace(family);
  const names = new Set<string>();
  return resolveObjects({
    objectType: 'option-def',
    objects,
    previous,
    surroundings: [],
    keyOf: (json) => `${spaceOf(json)} ${numberAt(json, 'code') ?? ''}`,
    nameOf: (json) => `${spaceOf(json)}.${stringAt(json, 'name') ?? numberAt(json, 'code') ?? '?'}`,
    dependenciesOf: () => [],
    resolve: ({ json }) => {
      checkObject('option-def', json, family);
      return plain(json, resolveDefinition(json, family));
    },
    admit({ space, name }) {
      if (names.has(`${space} ${name}`))
        return `duplicate option-def: the name '${name}' exists already in space '${space}'`;
      names.add(`${space} ${name}`);
      return undefined;
    },
  });
}

export function buildOptions(
  objects: Objects,
  definitions: OptionDefinitions,
  previous: Previous<OptionData>,
): ResolvedObjects<OptionData> {
  // The same option may stand in the list several times: the n-th one is followed from build to build.
  const seen = new Map<string, number>();
  return resolveObjects({
    objectType: 'option',
    objects,
    previous,
    surroundings: [definitions],
    keyOf(json) {
      const identity = optionIdentity(json, definitions);
      const count = (seen.get(identity) ?? 0) + 1;
      seen.set(identity, count);
      return `${identity} ${count}`;
    },
    nameOf: (json) => optionName(json, definitions.family),
    dependenciesOf: () => [definitions],
    resolve: ({ json }) => {
      checkObject('option-data', json, definitions.family);
      return plain(json, resolveOption(json, definitions));
    },
  });
}

export function buildClasses(
  objects: Objects,
  definitions: OptionDefinitions,
  previous: Previous<ResolvedClass>,
): ResolvedObjects<ResolvedClass> {
  const earlier = new Map<string, ClientClass>();
  const isDefined = (name: string): boolean => earlier.has(name) || isBuiltInClass(name);
  return resolveObjects<ResolvedClass>({
    objectType: 'client-class',
    objects,
    previous,
    surroundings: [definitions, ...objects],
    keyOf: nameOf,
    nameOf,
    // A class sees the classes before it that it names: whether they exist, and whether they need KNOWN.
    dependenciesOf: (json) => [
      definitions,
      ...classesNamed(json).flatMap((name) => [isDefined(name), earlier.get(name)?.dependsOnKnown ?? false]),
    ],
    resolve(object, lastGood) {
      checkObject('client-class', object.json, definitions.family);
      const resolved = resolveClass(object, lastGood, earlier, definitions);
      return { value: resolved, json: resolved.json, rejections: resolved.rejections };
    },
    settled: ({ value }) => earlier.set(value.name, value),
  });
}

export function buildNetworks(
  objects: Objects,
  globals: ScopeParameters,
  definitions: OptionDefinitions,
  previous: Previous<NetworkScope>,
): ResolvedObjects<NetworkScope> {
  return resolveObjects({
    objectType: 'shared-network',
    objects,
    previous,
    surroundings: [globals, definitions],
    keyOf: nameOf,
    nameOf,
    dependenciesOf: (json) => [globals, carriesOptions(json) ? definitions : null],
    resolve(object, lastGood) {
      checkObject('shared-network', object.json, definitions.family);
      return resolveNetwork(object, lastGood, globals, definitions);
    },
  });
}

export function buildSubnets(
  objects: Objects,
  surroundings: SubnetSurroundings,
  previous: Previous<SubnetWithHosts>,
): ResolvedObjects<SubnetWithHosts> {
  const { definitions, globals, networkNamed, addressesUnique, networks } = surroundings;
  const prefixes = new Map<string, number>();
  const agreements = new Map<string, { id: number; interface: string | null; value: boolean }>();
  return resolveObjects({
    objectType: 'subnet',
    objects,
    previous,
    surroundings: [definitions, globals, addressesUnique, ...networks],
    keyOf: (json) => numberAt(json, 'id') ?? '?',
    nameOf: (json) => String(numberAt(json, 'id') ?? '?'),
    dependenciesOf(json) {
      const network = stringAt(json, 'shared-network-name');
      return [
        network === undefined ? globals : networkNamed(network),
        carriesOptions(json) ? definitions : null,
        json['reservations'] === undefined || addressesUnique,
      ];
    },
    resolve(object, lastGood) {
      checkObject('subnet', object.json, definitions.family);
      return resolveSubnet(object, lastGood, surroundings);
    },
    admit({ subnet }) {
      const other = prefixes.get(subnet.prefix);
      if (other !== undefined) return `duplicate prefix: ${subnet.prefix} is subnet ${other} already`;
      if (subnet.networkName !== null) {
        const [key, value] = sharedFlag(subnet);
        const face = subnet.interface ?? networkNamed(subnet.networkName)?.interface ?? null;
        const agreed = agreements.get(subnet.networkName);
        const disagrees =
          agreed && (agreed.interface !== face ? 'interface' : agreed.value !== value ? key : undefined);
        if (disagrees !== undefined)
          return `all subnets of the shared network '${subnet.networkName}' must agree on '${disagrees}'; subnet ${agreed!.id} differs`;
        if (!agreed) agreements.set(subnet.networkName, { id: subnet.id, interface: face, value });
      }
      prefixes.set(subnet.prefix, subnet.id);
      return undefined;
    },
  });
}

export function buildReservations(
  objects: Objects,
  { definitions, addressesUnique }: SubnetSurroundings,
  previous: Previous<Host>,
): ResolvedObjects<Host> {
  return resolveObjects({
    objectType: 'reservation',
    objects,
    previous,
    surroundings: [definitions, addressesUnique],
    keyOf: reservationIdentity,
    nameOf: reservationName,
    dependenciesOf: () => [definitions, addressesUnique],
    resolve({ json }) {
      checkObject('reservation', json, definitions.family);
      return plain(json, resolveReservation(json, { subnetId: 0, prefix: null }, definitions));
    },
    admit: reservationGuard(addressesUnique),
  });
}

/** Who answers, or how fast, must not depend on which subnet of a link the client falls into. */
function sharedFlag({ family, parameters }: Subnet): readonly [string, boolean] {
  return family === 4
    ? ['authoritative', parameters.authoritative]
    : ['rapid-commit', parameters.rapidCommit];
}

/** Found in the text, so that it also works for a class that is not in force. */
function classesNamed(json: JsonMap): readonly string[] {
  const text = `${stringAt(json, 'test') ?? ''} ${stringAt(json, 'template-test') ?? ''}`;
  return Array.from(text.matchAll(/member\s*\(\s*'([^']*)'/g), ([, name]) => name!);
}

function plain<T>(json: JsonMap, value: T): { value: T; json: JsonMap; rejections: readonly never[] } {
  return { value, json, rejections: [] };
}

function nameOf(json: JsonMap): string {
  return stringAt(json, 'name') ?? '?';
}
