// The configuration in force as one Kea JSON map: what config-get returns under `Dhcp4` or `Dhcp6`.
import type { ConfigParts } from './parts.ts';
import { mapAt, mapsAt, stringAt } from './read-json.ts';
import type { JsonMap, WrittenConfig } from './written.ts';

/** Subnets stand inside their networks again; row numbers are left out, server tags stay. */
export function writtenConfig(parts: ConfigParts): WrittenConfig {
  const subnetKey = `subnet${parts.family}`;
  const members = new Map<string, JsonMap[]>();
  const free: JsonMap[] = [];
  for (const { json } of parts.subnets) {
    const network = stringAt(json, 'shared-network-name');
    if (network === undefined) {
      free.push(withoutRows(json));
      continue;
    }
    const { 'shared-network-name': _, ...rest } = json;
    const plain = withoutRows(rest);
    if (members.has(network)) members.get(network)!.push(plain);
    else members.set(network, [plain]);
  }
  const list = (objects: ConfigParts['options']): JsonMap[] => objects.map(({ json }) => withoutRows(json));
  const networks = parts.networks.map(({ json }) => ({
    ...withoutRows(json),
    [subnetKey]: members.get(stringAt(json, 'name') ?? '') ?? [],
  }));
  return {
    ...parts.globals,
    'option-def': list(parts.optionDefs),
    'option-data': list(parts.options),
    'client-classes': list(parts.classes),
    'shared-networks': networks,
    [subnetKey]: free,
    reservations: list(parts.reservations),
  };
}

/** The very same map when there are none: of a file with thousands of subnets nothing is copied. */
function withoutRows(json: JsonMap): JsonMap {
  let plain = json;
  const metadata = mapAt(json, 'metadata');
  if (metadata?.['row-id'] !== undefined) {
    const { 'row-id': _, ...rest } = metadata;
    const { metadata: __, ...others } = json;
    plain = Object.keys(rest).length === 0 ? others : { ...others, metadata: rest };
  }
  for (const key of ['option-data', 'option-def', 'pools', 'pd-pools']) {
    const list = mapsAt(plain, key);
    const own = list.map(withoutRows);
    if (own.some((entry, index) => entry !== list[index])) plain = { ...plain, [key]: own };
  }
  return plain;
}
