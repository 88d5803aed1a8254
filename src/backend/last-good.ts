// The last good central configuration on disk: with it an edge boots while the database is away.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Family } from '../addr/family.ts';
import type { ConfigParts, WrittenObject } from '../config/parts.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';
import type { Position } from './fetched.ts';

/** What is kept: the parts that were in force (never a quarantined version), and where in the log they stood. */
export interface LastGood {
  readonly family: Family;
  readonly serverTag: string;
  readonly position: Position;
  /** ISO time of the write. */
  readonly savedAt: string;
  readonly parts: ConfigParts;
}

export interface LastGoodFile {
  /** Rejects with the system's error. */
  save(lastGood: Pick<LastGood, 'position' | 'savedAt' | 'parts'>): Promise<void>;
  /**
   * Null when there is none. Throws CONFIG_FILE when the file cannot be used: unreadable, damaged, of another version,
   * or written for another family or server tag.
   */
  load(): Promise<LastGood | null>;
}

/** The file of one edge; several may share a state directory. */
export function createLastGoodFile(options: {
  readonly stateDirectory: string;
  readonly instance: string;
  readonly family: Family;
  readonly serverTag: string;
}): LastGoodFile {
  const { stateDirectory, instance, family, serverTag } = options;
  const name = `last-good-dhcp${family}-${instance.replaceAll(/[^\w.-]/g, '_')}.json`;
  const path = join(stateDirectory, name);
  const textOf = createTextCache();
  return {
    save: (lastGood) => save(path, { family, serverTag, ...lastGood }, textOf),
    load: () => load(path, options),
  };
}

const format = 'flotilla-last-good';
const version = 1;
const kinds = ['optionDefs', 'options', 'classes', 'networks', 'subnets', 'reservations'] as const;
/** Lines per write: between two writes the event loop serves packets. */
const batchSize = 500;

/**
 * Writes a head, one line per object, a checksum. Atomic and durable: a crash leaves the old file or the new one. Mode
 * 0600, as options may hold secrets.
 */
async function save(
  path: string,
  lastGood: LastGood,
  textOf: (object: WrittenObject) => string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await replaceFile(path, 0o600, async (file) => {
    const hash = createHash('sha256');
    for (const batch of batchesOf(lastGood, textOf)) {
      hash.update(batch);
      await file.writeFile(batch);
    }
    await file.writeFile(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`);
  });
}

function* batchesOf(
  { parts, ...head }: LastGood,
  textOf: (object: WrittenObject) => string,
): Generator<string> {
  yield `${JSON.stringify({ format, version, ...head, globals: parts.globals })}\n`;
  let lines: string[] = [];
  for (const kind of kinds) {
    for (const object of parts[kind]) {
      lines.push(`["${kind}",${textOf(object)}]\n`);
      if (lines.length < batchSize) continue;
      yield lines.join('');
      lines = [];
    }
  }
  yield lines.join('');
}

/** Objects are never modified, and most of them outlive many saves: each is turned into text once. */
function createTextCache(): (object: WrittenObject) => string {
  const texts = new WeakMap<WrittenObject, string>();
  return (object) => {
    let text = texts.get(object);
    if (text === undefined) {
      text = JSON.stringify({ json: object.json, origin: object.origin });
      texts.set(object, text);
    }
    return text;
  };
}

async function load(
  path: string,
  expected: { readonly family: Family; readonly serverTag: string },
): Promise<LastGood | null> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, messageOf(error), error);
  }
  const [first, ...rest] = content.split('\n');
  const head = parse(first ?? '') as (Omit<LastGood, 'parts'> & Head) | undefined;
  if (head?.format !== format) throw unusable(path, 'it is not a saved configuration');
  if (head.version !== version) {
    throw unusable(path, `it has version ${JSON.stringify(head.version)}, this program reads ${version}`);
  }
  const end = content.lastIndexOf('\n', content.length - 2) + 1;
  const trailer = parse(content.slice(end)) as { readonly sha256?: unknown } | undefined;
  const sum = createHash('sha256').update(content.slice(0, end)).digest('hex');
  if (trailer?.sha256 !== sum) throw unusable(path, 'its checksum does not match');
  const { family, serverTag, position, savedAt, globals } = head;
  if (family !== expected.family || serverTag !== expected.serverTag) {
    throw unusable(path, `it was saved for DHCPv${family} with server tag '${serverTag}'`);
  }
  const lists = Object.fromEntries(kinds.map((kind) => [kind, [] as WrittenObject[]]));
  for (const line of rest.slice(0, -2)) {
    const [kind, object] = parse(line) as [string, WrittenObject];
    lists[kind]?.push(object);
  }
  const parts = { family, globals, ...lists } as unknown as ConfigParts;
  return { family, serverTag, position, savedAt, parts };
}

interface Head {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly globals: JsonMap;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(file: string, reason: string, cause?: unknown): FlotillaError {
  return new FlotillaError(
    'CONFIG_FILE',
    `cannot use the saved configuration: ${reason}`,
    { file },
    cause === undefined ? {} : { cause },
  );
}
