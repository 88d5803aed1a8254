// File and central configuration become one: what the database says wins, what it does not mention stays.
import type { Family } from '../addr/family.ts';
import { addressing } from './addressing.ts';
import type { ConfigParts, WrittenObject } from './parts.ts';
import { numberAt, stringAt, stringsAt } from './read-json.ts';
import { standardDefinitions } from '../wire/definitions.ts';
import type { JsonMap } from './written.ts';

/**
 * Globals by name; a map (`expired-leases-processing`, …) that the database has a part of comes from it alone, the
 * rest being defaults, as with Kea. A global that leaves the database gives way to the file's again. Option definitions by space and name or code, options by space, code or name, and class tags,
 * networks by name, subnets by id or prefix: the database's replaces the file's, whole. A replaced network keeps the
 * file's subnets. Classes: as soon as the database has one, the file's are not used at all. Reservations come from
 * the file only. Objects keep their identity.
 */
export function mergeParts(file: ConfigParts, database: ConfigParts): ConfigParts {
  const optionDefs = mergeDefinitions(file, database);
  return {
    family: file.family,
    globals:
      Object.keys(database.globals).length === 0 ? file.globals : { ...file.globals, ...database.globals },
    originOfGlobal: (path) =>
      (database.globals[String(path[0])] === undefined ? file : database).originOfGlobal?.(path) ?? {
        kind: 'database',
        rowId: 0,
      },
    optionDefs,
    options: mergeOptions(file, database, optionDefs),
    classes: database.classes.length > 0 ? database.classes : file.classes,
    networks: byKey(file.networks, database.networks, (json) => [stringAt(json, 'name') ?? '']),
    subnets: byKey(file.subnets, database.subnets, (json) => [
      `id ${numberAt(json, 'id')}`,
      prefixText(stringAt(json, 'subnet') ?? '', file.family),
    ]),
    reservations: file.reservations,
  };
}

/** One prefix may be written in several ways. What is no prefix is itself: it is refused elsewhere. */
function prefixText(text: string, family: Family): string {
  const kind = addressing(family);
  try {
    const { first, length } = kind.parsePrefix(text.trim(), 'subnet');
    return `${kind.format(first)}/${length}`;
  } catch {
    return text;
  }
}

function mergeDefinitions(file: ConfigParts, database: ConfigParts): readonly WrittenObject[] {
  return byKey(file.optionDefs, database.optionDefs, (json) => {
    const space = stringAt(json, 'space') ?? `dhcp${file.family}`;
    return [`${space} name ${stringAt(json, 'name')}`, `${space} code ${numberAt(json, 'code')}`];
  });
}

/** Names become codes, so that an option by name and one by code are seen to be the same. */
function mergeOptions(file: ConfigParts, database: ConfigParts, definitions: readonly WrittenObject[]) {
  if (file.options.length === 0 || database.options.length === 0)
    return byKey(file.options, database.options, () => []);
  const standard = standardDefinitions(file.family);
  const codeOf = (space: string, name: string): number | undefined => {
    const own = definitions.find(
      ({ json }) =>
        stringAt(json, 'name') === name && (stringAt(json, 'space') ?? `dhcp${file.family}`) === space,
    );
    return own ? numberAt(own.json, 'code') : standard.byName(space, name)?.code;
  };
  return byKey(file.options, database.options, (json) => {
    const space = stringAt(json, 'space') ?? `dhcp${file.family}`;
    const name = stringAt(json, 'name') ?? '';
    const code = numberAt(json, 'code') ?? codeOf(space, name) ?? name;
    return [JSON.stringify([space, code, stringsAt(json, 'client-classes')])];
  });
}

/** The file's objects that share no key with one of the database, then those of the database. */
function byKey(
  file: readonly WrittenObject[],
  database: readonly WrittenObject[],
  keysOf: (json: JsonMap) => readonly string[],
): readonly WrittenObject[] {
  if (file.length === 0) return database;
  if (database.length === 0) return file;
  const taken = new Set(database.flatMap(({ json }) => keysOf(json)));
  return [...file.filter(({ json }) => !keysOf(json).some((key) => taken.has(key))), ...database];
}
