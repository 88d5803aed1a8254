// `option-def` and `option-data`: definitions checked, values encoded once, gathered by space and code.
import type { Family } from '../addr/family.ts';
import { tryParseHex } from '../addr/hex.ts';
import { FlotillaError } from '../errors.ts';
import { topSpace } from '../wire/definitions.ts';
import { encodeOptionText } from '../wire/option-text.ts';
import type { OptionData, OptionSet } from '../wire/option-data.ts';
import type { OptionDefinition, OptionDefinitions, OptionType } from '../wire/option-definition.ts';
import { frozenMap } from './frozen.ts';
import type { WrittenObject } from './parts.ts';
import { resolveList, type ResolvedList } from './quarantine.ts';
import { booleanAt, invalid, mapsAt, numberAt, stringAt, stringsAt } from './read-json.ts';
import type { JsonMap } from './written.ts';

/** One `option-data` entry, encoded. Throws CONFIG_INVALID or what the encoder throws. */
export function resolveOption(json: JsonMap, definitions: OptionDefinitions): OptionData {
  const space = stringAt(json, 'space') ?? topSpace(definitions.family);
  refuseForeignSpace(space, definitions.family);
  const definition = definitionFor(json, space, definitions);
  const code = numberAt(json, 'code') ?? definition?.code;
  if (code === undefined) throw invalid("needs 'code' or 'name'");
  checkCode(code, space, definitions.family);

  const csvFormat = booleanAt(json, 'csv-format') ?? definition !== null;
  if (definition === null && csvFormat) {
    throw invalid(
      `no definition of option ${code} in space '${space}': give hex digits and "csv-format": false`,
      'data',
    );
  }
  const text = stringAt(json, 'data') ?? '';
  return Object.freeze({
    definition,
    space,
    code,
    data: definition === null ? rawBytes(text) : encoded(definition, text, csvFormat, definitions.family),
    alwaysSend: booleanAt(json, 'always-send') ?? false,
    neverSend: booleanAt(json, 'never-send') ?? false,
    clientClasses: stringsAt(json, 'client-classes'),
  });
}

/**
 * The `option-data` list of an object, or of something inside it that stands at `holderPath`. `owner` names it in
 * rejections: `subnet 7`.
 */
export function resolveOptionList(
  object: WrittenObject,
  json: JsonMap,
  previous: JsonMap | undefined,
  owner: string,
  definitions: OptionDefinitions,
  holderPath: () => readonly (string | number)[] = () => [],
): ResolvedList<OptionData> {
  return resolveList({
    owner: object,
    family: definitions.family,
    holderPath,
    listKey: 'option-data',
    objectType: 'option',
    scope: 'option-data',
    list: mapsAt(json, 'option-data'),
    previous: mapsAt(previous ?? {}, 'option-data'),
    identityOf: (entry) => optionIdentity(entry, definitions),
    nameOf: (entry) => `${optionName(entry, definitions.family)} (${owner})`,
    resolve: (entry) => resolveOption(entry, definitions),
  });
}

/** Options by space and code, each list in order of configuration. */
export function optionSet(options: readonly OptionData[]): OptionSet {
  if (options.length === 0) return noOptions;
  const spaces = new Map<string, Map<number, OptionData[]>>();
  for (const option of options) {
    let codes = spaces.get(option.space);
    if (!codes) spaces.set(option.space, (codes = new Map<number, OptionData[]>()));
    const values = codes.get(option.code);
    if (values) values.push(option);
    else codes.set(option.code, [option]);
  }
  return frozenMap(
    [...spaces].map(([space, codes]) => {
      const frozen = [...codes].map(([code, values]) => [code, Object.freeze(values)] as const);
      return [space, frozenMap(frozen)] as const;
    }),
  );
}

/** One `option-def` entry. Throws CONFIG_INVALID. */
export function resolveDefinition(json: JsonMap, family: Family): OptionDefinition {
  const space = stringAt(json, 'space') ?? topSpace(family);
  refuseForeignSpace(space, family);
  const code = numberAt(json, 'code');
  const name = stringAt(json, 'name');
  const type = stringAt(json, 'type') as OptionType | undefined;
  if (code === undefined || name === undefined || type === undefined)
    throw invalid("needs 'code', 'name' and 'type'");
  checkCode(code, space, family);
  if (!/^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$/.test(name))
    throw invalid(`'${name}' is not an option name: letters, digits, '-' and '_' only`, 'name');

  const array = booleanAt(json, 'array') ?? false;
  const encapsulates = stringAt(json, 'encapsulate') ?? '';
  if (array && encapsulates !== '')
    throw invalid('an array cannot encapsulate an option space', 'encapsulate');
  if (encapsulates === space) throw invalid('an option cannot encapsulate its own space', 'encapsulate');
  return Object.freeze({
    space,
    code,
    name,
    type,
    array,
    recordTypes: recordTypes(json, type),
    encapsulates,
  });
}

/** Equal for two versions of the same option: space, code and class tags. */
export function optionIdentity(json: JsonMap, definitions: OptionDefinitions): string {
  const space = stringAt(json, 'space') ?? topSpace(definitions.family);
  const name = stringAt(json, 'name') ?? '';
  const code = numberAt(json, 'code') ?? definitions.byName(space, name)?.code ?? name;
  return JSON.stringify([space, code, stringsAt(json, 'client-classes')]);
}

/** `dhcp4.routers`, `vendor-4491.2`. */
export function optionName(json: JsonMap, family: Family): string {
  const which = stringAt(json, 'name') ?? numberAt(json, 'code') ?? '?';
  return `${stringAt(json, 'space') ?? topSpace(family)}.${which}`;
}

function definitionFor(
  json: JsonMap,
  space: string,
  definitions: OptionDefinitions,
): OptionDefinition | null {
  const code = numberAt(json, 'code');
  const name = stringAt(json, 'name');
  const byName = name === undefined ? undefined : definitions.byName(space, name);
  if (code === undefined) {
    if (name === undefined) throw invalid("needs 'code' or 'name'");
    if (!byName) throw invalid(`option '${name}' is not defined in space '${space}'`, 'name');
    return byName;
  }
  const byCode = definitions.byCode(space, code);
  if (name !== undefined && byCode !== undefined && byCode.name !== name) {
    throw invalid(`option ${code} in space '${space}' is '${byCode.name}', not '${name}'`, 'name');
  }
  if (byName !== undefined && byName.code !== code) {
    throw invalid(`option '${name}' in space '${space}' has code ${byName.code}, not ${code}`, 'code');
  }
  return byCode ?? null;
}

function encoded(definition: OptionDefinition, text: string, csvFormat: boolean, family: Family): Uint8Array {
  try {
    return encodeOptionText(definition, text, csvFormat, family);
  } catch (error) {
    if (error instanceof FlotillaError) throw invalid(error.message, 'data');
    throw error;
  }
}

/** Hex digits, or text in single quotes. */
function rawBytes(text: string): Uint8Array {
  const quoted = /^\s*'([^']*)'\s*$/.exec(text);
  if (quoted) return Uint8Array.from(Buffer.from(quoted[1]!, 'utf8'));
  const bytes = tryParseHex(text);
  if (!bytes) throw invalid(`'${text}' is not a string of hexadecimal digits`, 'data');
  return bytes;
}

function recordTypes(json: JsonMap, type: OptionType): readonly OptionType[] {
  const text = stringAt(json, 'record-types') ?? '';
  const types = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (type !== 'record') {
    if (types.length > 0) throw invalid("'record-types' belongs to type 'record' only", 'record-types');
    return Object.freeze([]);
  }
  if (types.length === 0)
    throw invalid("type 'record' needs 'record-types', e.g. \"uint8, string\"", 'record-types');
  const bad = types.find((part) => !(fieldTypes as readonly string[]).includes(part));
  if (bad !== undefined)
    throw invalid(`'${bad}' cannot be a field; one of ${fieldTypes.join(', ')}`, 'record-types');
  return Object.freeze(types as OptionType[]);
}

/** RFC 2132 section 2: codes 0 (pad) and 255 (end) carry no value; sub-option spaces use all of one byte. */
function checkCode(code: number, space: string, family: Family): void {
  const [low, high] = family === 6 ? [1, 65535] : space === 'dhcp4' ? [1, 254] : [0, 255];
  if (code < low || code > high)
    throw invalid(`option code ${code} in space '${space}' is not within ${low}..${high}`, 'code');
}

function refuseForeignSpace(space: string, family: Family): void {
  if (space === topSpace(family === 4 ? 6 : 4)) {
    throw invalid(`space '${space}' belongs to the other protocol; use '${topSpace(family)}'`, 'space');
  }
}

const fieldTypes: readonly OptionType[] = [
  ...(['binary', 'boolean', 'int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'] as const),
  ...(['ipv4-address', 'ipv6-address', 'ipv6-prefix', 'psid', 'string', 'tuple', 'fqdn'] as const),
];

const noOptions: OptionSet = frozenMap([]);
