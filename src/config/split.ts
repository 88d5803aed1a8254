// The map under Dhcp4 or Dhcp6 → one list per kind of object, each knowing its place in the file.
import type { Family } from '../addr/family.ts';
import { withDerivedLifetimes } from './derived-lifetimes.ts';
import { deepFreeze } from './frozen.ts';
import { FileObject, placeInFile } from './file-object.ts';
import type { JsonPath, Locate } from './json.ts';
import type { ConfigParts, WrittenObject } from './parts.ts';
import { mapsAt, stringAt } from './read-json.ts';
import type { JsonMap, WrittenConfig } from './written.ts';

/**
 * `written` has passed the schema; `locate` takes paths that start with `Dhcp4`/`Dhcp6`. Subnets inside a shared
 * network get `shared-network-name`. Everything is frozen.
 */
export function splitParts(family: Family, written: WrittenConfig, locate: Locate): ConfigParts {
  const root = `Dhcp${family}`;
  const subnetKey = `subnet${family}`;
  const object = (json: JsonMap, path: JsonPath): WrittenObject =>
    new FileObject(deepFreeze(json), path, locate);
  const objects = (key: string): readonly WrittenObject[] =>
    Object.freeze(mapsAt(written, key).map((json, index) => object(json, [root, key, index])));

  const networks = mapsAt(written, 'shared-networks').map((json, index) => {
    const { [subnetKey]: _, ...own } = json;
    return object(withDerivedLifetimes(own, [written]), [root, 'shared-networks', index]);
  });
  const members = mapsAt(written, 'shared-networks').flatMap((network, at) =>
    mapsAt(network, subnetKey).map((json, index) => {
      const own = { ...json, 'shared-network-name': stringAt(network, 'name') ?? '' };
      const path = [root, 'shared-networks', at, subnetKey, index];
      return object(withDerivedLifetimes(own, [network, written]), path);
    }),
  );
  const free = mapsAt(written, subnetKey).map((json, index) =>
    object(withDerivedLifetimes(json, [written]), [root, subnetKey, index]),
  );
  const globals = Object.fromEntries(Object.entries(written).filter(([key]) => !listKeys.has(key)));
  return Object.freeze({
    family,
    globals: deepFreeze(globals),
    originOfGlobal: (path: JsonPath) => placeInFile([root, ...path], locate),
    optionDefs: objects('option-def'),
    options: objects('option-data'),
    classes: objects('client-classes'),
    networks: Object.freeze(networks),
    subnets: Object.freeze([...free, ...members]),
    reservations: objects('reservations'),
  });
}

const listKeys: ReadonlySet<string> = new Set([
  ...['option-def', 'option-data', 'client-classes', 'shared-networks', 'subnet4', 'subnet6', 'reservations'],
]);
