// The last good central configuration on disk: with it an edge boots while the database is away.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Family } from '../addr/family.ts';
import type { ConfigParts } from '../config/parts.ts';
import { FlotillaError, messageOf } from '../errors.ts';
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

const format = 'flotilla-last-good';
const version = 1;

export function lastGoodPath(stateDirectory: string, family: Family, instance: string): string {
  return join(stateDirectory, `last-good-dhcp${family}-${instance.replaceAll(/[^\w.-]/g, '_')}.json`);
}

/** Atomic and durable: a crash leaves the old file or the new one. Mode 0600, as options may hold secrets. */
export async function saveLastGood(path: string, lastGood: LastGood): Promise<void> {
  const body = JSON.stringify(lastGood);
  const head = JSON.stringify({ format, version, sha256: sha256(body) });
  const temporary = `${path}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  // A leftover of a crash may have another mode, and `open` only sets it on creation.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${head}\n${body}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Null when there is none. Throws CONFIG_FILE when the file cannot be used: unreadable, damaged, of another version,
 * or written for another family or server tag.
 */
export async function loadLastGood(
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
  const [head = '', body = ''] = content.split('\n');
  const header = parseMap(head);
  if (header?.format !== format) throw unusable(path, 'it is not a saved configuration');
  if (header.version !== version) {
    throw unusable(path, `it has version ${JSON.stringify(header.version)}, this program reads ${version}`);
  }
  if (header.sha256 !== sha256(body)) throw unusable(path, 'its checksum does not match');
  const lastGood = parseMap(body) as LastGood | undefined;
  if (lastGood === undefined) throw unusable(path, 'it is not JSON');
  if (lastGood.family !== expected.family || lastGood.serverTag !== expected.serverTag) {
    throw unusable(path, `it was saved for DHCPv${lastGood.family} with server tag '${lastGood.serverTag}'`);
  }
  return lastGood;
}

function parseMap(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function unusable(file: string, reason: string, cause?: unknown): FlotillaError {
  return new FlotillaError(
    'CONFIG_FILE',
    `cannot use the saved configuration: ${reason}`,
    { file },
    cause === undefined ? {} : { cause },
  );
}
