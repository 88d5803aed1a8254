// One subnet, resolved: prefix, inherited parameters, pools, options and its own reservations.
import type { Host } from '../store/host-store.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { addressing } from './addressing.ts';
import { link4o6Of, linkOf } from './link.ts';
import type { NetworkScope } from './networks.ts';
import type { Resolved } from './objects.ts';
import { optionSet, resolveOptionList } from './option-scope.ts';
import { inheritParameters } from './parameters.ts';
import type { WrittenObject } from './parts.ts';
import { resolvePdPools } from './pd-pools.ts';
import { resolvePools } from './pools.ts';
import { resolveList } from './quarantine.ts';
import { invalid, mapsAt, numberAt, stringAt, stringsAt, userContextOf } from './read-json.ts';
import {
  reservationGuard,
  reservationIdentity,
  reservationName,
  resolveReservation,
} from './reservations.ts';
import type { ScopeParameters, Subnet } from './snapshot.ts';
import type { JsonMap } from './written.ts';

export interface SubnetWithHosts {
  readonly subnet: Subnet;
  readonly hosts: readonly Host[];
  /** The prefix as written, when it has host bits: it serves, and whoever wrote it should know what it means. */
  readonly hostBits: string | null;
}

/** What a subnet depends on besides its own JSON. */
export interface SubnetSurroundings {
  readonly definitions: OptionDefinitions;
  readonly globals: ScopeParameters;
  readonly networks: readonly NetworkScope[];
  readonly networkNamed: (name: string) => NetworkScope | undefined;
  readonly addressesUnique: boolean;
}

/** `previous`: the subnet as it is in force now, for last good pools, options and reservations. Throws CONFIG_INVALID. */
export function resolveSubnet(
  object: WrittenObject,
  previous: JsonMap | undefined,
  surroundings: SubnetSurroundings,
): Resolved<SubnetWithHosts> {
  const { json } = object;
  const { definitions } = surroundings;
  const { family } = definitions;
  const id = numberAt(json, 'id') ?? 0;
  const owner = `subnet ${id}`;
  const text = (stringAt(json, 'subnet') ?? '').trim();
  const { first, last, length } = addressing(family).parsePrefix(text, 'subnet');
  const prefix = { first, last, text };
  const hostBits = addressing(family).parse(text.slice(0, text.indexOf('/')), 'subnet') !== first;

  const networkName = stringAt(json, 'shared-network-name') ?? null;
  const network = networkName === null ? undefined : surroundings.networkNamed(networkName);
  if (networkName !== null && !network)
    throw invalid(
      `the shared network '${networkName}' does not exist or is not in force`,
      'shared-network-name',
    );

  const link = linkOf(json, family);
  const parameters = inheritParameters(json, network?.parameters ?? surroundings.globals);
  const pools = resolvePools(object, previous, prefix, owner, definitions, parameters);
  const pdPools = resolvePdPools(object, previous, owner, definitions);
  const options = resolveOptionList(object, json, previous, owner, definitions);
  const hosts = resolveList({
    owner: object,
    family,
    listKey: 'reservations',
    objectType: 'reservation',
    scope: 'reservation',
    list: mapsAt(json, 'reservations'),
    previous: mapsAt(previous ?? {}, 'reservations'),
    identityOf: reservationIdentity,
    nameOf: (entry) => `${reservationName(entry)} (${owner})`,
    resolve: (entry) => resolveReservation(entry, { subnetId: id, prefix }, definitions),
    admit: reservationGuard(surroundings.addressesUnique),
  });

  const subnet: Subnet = Object.freeze({
    family,
    id,
    prefix: `${addressing(family).format(first)}/${length}`,
    first,
    last,
    prefixLength: length,
    networkName,
    interface: link.interface,
    interfaceId: link.interfaceId,
    relayAddresses: link.relayAddresses,
    dhcp4o6: link4o6Of(json),
    pools: pools.values,
    pdPools: pdPools.values,
    clientClasses: stringsAt(json, 'client-classes'),
    evaluateAdditionalClasses: stringsAt(json, 'evaluate-additional-classes'),
    options: optionSet(options.values),
    parameters,
    userContext: userContextOf(json),
  });
  const rejections = [...pools.rejections, ...pdPools.rejections, ...options.rejections, ...hosts.rejections];
  const inForce = {
    ...(json['pools'] !== undefined && { pools: pools.inForce }),
    ...(json['pd-pools'] !== undefined && { 'pd-pools': pdPools.inForce }),
    ...(json['option-data'] !== undefined && { 'option-data': options.inForce }),
    ...(json['reservations'] !== undefined && { reservations: hosts.inForce }),
  };
  return {
    value: Object.freeze({ subnet, hosts: hosts.values, hostBits: hostBits ? text : null }),
    json: rejections.length === 0 ? json : Object.freeze({ ...json, ...inForce }),
    rejections,
  };
}

/** True when the JSON of a subnet, network or class holds options anywhere: only then it depends on definitions. */
export function carriesOptions(json: JsonMap): boolean {
  if (json['option-data'] !== undefined || json['option-def'] !== undefined) return true;
  return ['pools', 'pd-pools', 'reservations'].some((key) =>
    mapsAt(json, key).some((entry) => entry['option-data'] !== undefined),
  );
}
