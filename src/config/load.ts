// A configuration file, or the argument of config-set → checked configuration, ready to build.
import { createHash } from 'node:crypto';
import type { Family } from '../addr/family.ts';
import { FlotillaError, type ErrorLocation } from '../errors.ts';
import { pathText, readJsonFile, type JsonPath, type Locate } from './json.ts';
import { noticesOf } from './notices.ts';
import type { ConfigParts } from './parts.ts';
import { isMap } from './read-json.ts';
import { checkFile, nearest } from './schema-check.ts';
import { respell } from './spelling.ts';
import { splitParts } from './split.ts';
import type { Json, WrittenConfig } from './written.ts';

export interface CheckedConfig {
  readonly family: Family;
  readonly parts: ConfigParts;
  /** The map under Dhcp4 / Dhcp6, in today's spelling. Holds secrets: see redact(). */
  readonly written: WrittenConfig;
  /** One line each: trailing commas, old spellings, keys that are not in force. */
  readonly warnings: readonly string[];
}

export interface LoadedConfig extends CheckedConfig {
  /** SHA-256 (upper-case hex) of the text of the file and everything it includes. */
  readonly sourceHash: string;
}

/**
 * Throws CONFIG_FILE, CONFIG_SYNTAX or CONFIG_SCHEMA with file, line, column and key; all schema problems stand in
 * one message, a line each.
 */
export function loadConfigFile(file: string, family: Family): LoadedConfig {
  const document = readJsonFile(file);
  const checked = checkConfig(document.value, family, document.locate);
  const hash = createHash('sha256');
  for (const { content } of document.files) hash.update(content).update('\0');
  return {
    ...checked,
    warnings: [...document.warnings, ...checked.warnings],
    sourceHash: hash.digest('hex').toUpperCase(),
  };
}

/** The same for JSON that is not a file (config-set, config-test): positions are then those of `locate`, if any. */
export function checkConfig(value: Json, family: Family, locate: Locate = nowhere): CheckedConfig {
  const root = `Dhcp${family}`;
  checkRoot(value, family, locate);
  const problems = checkFile(value, family).map(
    ({ path, at, message }) => new FlotillaError('CONFIG_SCHEMA', message, locationOf(locate, path, at)),
  );
  const [first, ...others] = problems;
  if (first) {
    const more = others.map((one) => `\n${one.describe()}`).join('');
    throw new FlotillaError('CONFIG_SCHEMA', `${first.message}${more}`, first.location);
  }

  const original = (value as { readonly [key: string]: WrittenConfig })[root]!;
  const { json, renamed } = respell(original, family, (message, path) => {
    throw new FlotillaError('CONFIG_SCHEMA', message, locationOf(locate, [root, ...path], 'key'));
  });
  const notices = noticesOf(json, family);
  const warnings = [...renamed, ...notices].map(({ path, message }) => {
    const full = [root, ...path];
    return new FlotillaError('CONFIG_SCHEMA', message, locationOf(locate, full, 'key')).describe();
  });
  return { family, parts: splitParts(family, json, locate), written: json, warnings };
}

/** The top level says which server the file is for. */
function checkRoot(value: Json, family: Family, locate: Locate): void {
  const root = `Dhcp${family}`;
  if (!isMap(value))
    throw new FlotillaError(
      'CONFIG_SCHEMA',
      `must be a map { "${root}": { … } }`,
      locationOf(locate, [], 'value'),
    );
  if (value[root] !== undefined) return;
  const [key] = Object.keys(value);
  if (key === undefined)
    throw new FlotillaError('CONFIG_SCHEMA', `the key '${root}' is missing`, locationOf(locate, [], 'value'));
  const meant = nearest(key, [root]);
  const hint = meant === undefined ? `the only key here is '${root}'` : `did you mean '${meant}'?`;
  throw new FlotillaError('CONFIG_SCHEMA', `unknown key '${key}'; ${hint}`, locationOf(locate, [key], 'key'));
}

function locationOf(locate: Locate, path: JsonPath, at: 'key' | 'value'): ErrorLocation {
  const position = locate(path, at);
  const key = pathText(path);
  return { ...(position.line > 0 && position), ...(key !== '' && { key }) };
}

const nowhere: Locate = () => ({ file: '', line: 0, column: 0 });
