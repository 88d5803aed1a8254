// Client classes in evaluation order: expressions compiled, dependence on KNOWN found, options encoded.
import { parseIpv4 } from '../addr/ipv4.ts';
import { compileBoolean, compileString } from '../expr/compile.ts';
import { layerDefinitions } from '../wire/definitions.ts';
import type { OptionDefinition, OptionDefinitions } from '../wire/option-definition.ts';
import { optionSet, resolveDefinition, resolveOptionList } from './option-scope.ts';
import { lifetimeOf } from './parameters.ts';
import type { Rejection, WrittenObject } from './parts.ts';
import { booleanAt, invalid, mapsAt, numberAt, stringAt, userContextOf } from './read-json.ts';
import type { ClientClass } from './snapshot.ts';
import type { JsonMap } from './written.ts';

export interface ResolvedClass {
  readonly value: ClientClass;
  readonly json: JsonMap;
  readonly rejections: readonly Rejection[];
  /** Classes that the expressions name. */
  readonly memberOf: readonly string[];
}

/** Classes that servers set themselves: `member()` may name them undefined. */
export function isBuiltInClass(name: string): boolean {
  return (
    builtIn.has(name) ||
    builtInPrefixes.some((prefix) => name.startsWith(prefix) && name.length > prefix.length)
  );
}

/** `earlier`: the classes in force that come before this one. Throws CONFIG_INVALID. */
export function resolveClass(
  object: WrittenObject,
  previous: JsonMap | undefined,
  earlier: ReadonlyMap<string, ClientClass>,
  definitions: OptionDefinitions,
): ResolvedClass {
  const { json } = object;
  const name = stringAt(json, 'name') ?? '';
  const testText = filled(json, 'test');
  const templateText = filled(json, 'template-test');
  if (testText !== undefined && templateText !== undefined)
    throw invalid("has both 'test' and 'template-test'", 'template-test');
  if (isBuiltInClass(name) && (testText ?? templateText) !== undefined)
    throw invalid(`the class ${name} is set by the server itself and cannot have a test`, 'test');

  const local = mapsAt(json, 'option-def').map((entry) => localDefinition(entry, definitions));
  const layered = layerDefinitions(definitions, local);
  const context = {
    family: definitions.family,
    definitions,
    isClassDefined: (other: string) => earlier.has(other) || isBuiltInClass(other),
  };
  const test = testText === undefined ? null : compileBoolean(testText, context);
  const templateTest = templateText === undefined ? null : compileString(templateText, context);
  const memberOf = [...(test?.memberOf ?? []), ...(templateTest?.memberOf ?? [])];
  const options = resolveOptionList(object, json, previous, `class ${name}`, layered);

  const value: ClientClass = Object.freeze({
    name,
    test,
    templateTest,
    onlyInAdditionalList: booleanAt(json, 'only-in-additional-list') ?? false,
    dependsOnKnown: memberOf.some(
      (other) => other === 'KNOWN' || other === 'UNKNOWN' || earlier.get(other)?.dependsOnKnown === true,
    ),
    options: optionSet(options.values),
    optionDefinitions: Object.freeze(local),
    nextServer: nextServerOf(json),
    serverHostname: stringAt(json, 'server-hostname') ?? '',
    bootFileName: stringAt(json, 'boot-file-name') ?? '',
    validLifetime: lifetimeOf(json, 'valid') ?? null,
    preferredLifetime: lifetimeOf(json, 'preferred') ?? null,
    offerLifetime: numberAt(json, 'offer-lifetime') ?? null,
    userContext: userContextOf(json),
  });
  return {
    value,
    json: options.rejections.length === 0 ? json : Object.freeze({ ...json, 'option-data': options.inForce }),
    rejections: options.rejections,
    memberOf,
  };
}

/** RFC 2132 section 8.4 (43) and RFC 3942 (224-254): the codes whose meaning may differ from client to client. */
function localDefinition(json: JsonMap, { family }: OptionDefinitions): OptionDefinition {
  const definition = resolveDefinition(json, family);
  const { code, space } = definition;
  const allowed = family === 4 && space === 'dhcp4' && (code === 43 || (code >= 224 && code <= 254));
  if (!allowed)
    throw invalid(
      `a class may define codes 43 and 224 to 254 of space 'dhcp4' only, not ${space} ${code}`,
      'option-def',
    );
  return definition;
}

/** Tables hold an empty text where a class has no test. */
function filled(json: JsonMap, key: string): string | undefined {
  const text = stringAt(json, key);
  return text === undefined || text.trim() === '' ? undefined : text;
}

function nextServerOf(json: JsonMap): number {
  const text = stringAt(json, 'next-server');
  if (text === undefined) return 0;
  try {
    return parseIpv4(text);
  } catch {
    throw invalid(`'${text}' is not an IPv4 address`, 'next-server');
  }
}

const builtIn: ReadonlySet<string> = new Set(['ALL', 'KNOWN', 'UNKNOWN', 'BOOTP']);
const builtInPrefixes: readonly string[] = ['VENDOR_CLASS_', 'HA_', 'AFTER_', 'EXTERNAL_'];
