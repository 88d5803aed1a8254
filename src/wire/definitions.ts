// Option definitions by space, code and name: the standard ones, and configured ones layered over them.
import type { Family } from '../addr/family.ts';
import type { OptionDefinition, OptionDefinitions, OptionType } from './option-definition.ts';
import { optionRows4 } from './options-v4-table.ts';
import { optionRows6 } from './options-v6-table.ts';

/** Space, code, name, fields (`uint8,fqdn` is a record, a final `[]` repeats the last field), encapsulated space. */
export type OptionRow = readonly [
  space: string,
  code: number,
  name: string,
  fields: string,
  encapsulates?: string,
];

/** The definitions every server starts with. */
export function standardDefinitions(family: Family): OptionDefinitions {
  const rows = family === 4 ? optionRows4 : optionRows6;
  return index(family, rows.map(definitionOf), undefined);
}

/** `configured` win over `base`, by code and by name; the last of two equal ones wins. */
export function layerDefinitions(
  base: OptionDefinitions,
  configured: readonly OptionDefinition[],
): OptionDefinitions {
  return configured.length === 0 ? base : index(base.family, configured, base);
}

/** The space that holds a family's top-level options. */
export function topSpace(family: Family): string {
  return family === 4 ? 'dhcp4' : 'dhcp6';
}

/** `vendor-4491` → 4491: the space of an enterprise's options in 124/125 (v4) and 16/17 (v6). */
export function enterpriseOfSpace(space: string): number | undefined {
  const match = /^vendor-(\d{1,10})$/.exec(space);
  const enterprise = match ? Number(match[1]) : NaN;
  return enterprise <= 0xffffffff ? enterprise : undefined;
}

/** Spaces that operators address by the enterprise number. */
const vendorSpaces: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  4: { 'vendor-4491': 'docsis3-v4' },
  6: { 'vendor-4491': 'docsis3-v6', 'vendor-2495': '4o6' },
};

function definitionOf([space, code, name, fields, encapsulates = '']: OptionRow): OptionDefinition {
  const array = fields.endsWith('[]');
  const types = (array ? fields.slice(0, -2) : fields).split(',') as OptionType[];
  const isRecord = types.length > 1;
  return {
    space,
    code,
    name,
    type: isRecord ? 'record' : types[0]!,
    array,
    recordTypes: isRecord ? types : [],
    encapsulates,
  };
}

interface Space {
  readonly byCode: Map<number, OptionDefinition>;
  readonly byName: Map<string, OptionDefinition>;
}

function index(
  family: Family,
  definitions: readonly OptionDefinition[],
  base: OptionDefinitions | undefined,
): OptionDefinitions {
  const canonical = (space: string): string => vendorSpaces[family][space] ?? space;
  const spaces = new Map<string, Space>();
  for (const definition of definitions) {
    const name = canonical(definition.space);
    let space = spaces.get(name);
    if (!space) spaces.set(name, (space = { byCode: new Map(), byName: new Map() }));
    space.byCode.set(definition.code, definition);
    space.byName.set(definition.name, definition);
  }

  const byCode = (space: string, code: number): OptionDefinition | undefined =>
    spaces.get(canonical(space))?.byCode.get(code) ?? base?.byCode(space, code);

  return {
    family,
    byCode,
    byName(space, name) {
      const own = spaces.get(canonical(space))?.byName.get(name);
      if (own) return own;
      const inherited = base?.byName(space, name);
      // A configured definition of the same code replaces the standard one, under any name.
      return inherited && byCode(space, inherited.code) === inherited ? inherited : undefined;
    },
    inSpace(space) {
      const all = new Map<number, OptionDefinition>();
      for (const definition of base?.inSpace(space) ?? []) all.set(definition.code, definition);
      for (const [code, definition] of spaces.get(canonical(space))?.byCode ?? []) all.set(code, definition);
      return [...all.values()].sort((a, b) => a.code - b.code);
    },
  };
}
