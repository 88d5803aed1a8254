// `hooks-libraries` as written → the modules to load, each with its place in the file.
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { ConfigParts } from '../config/parts.ts';
import type { JsonMap, WrittenConfig } from '../config/written.ts';
import { FlotillaError, messageOf, type ErrorLocation } from '../errors.ts';
import { builtInLibrary, isSharedObject } from './built-in-table.ts';
import type { HookLibrary } from './library.ts';

export interface LibraryEntry {
  /** Absolute path of the module; of a built-in library, its name as written. */
  readonly path: string;
  /** Makes the library, where it is built in. */
  readonly builtIn: (() => HookLibrary) | null;
  /** File name without its extension. */
  readonly name: string;
  readonly parameters: JsonMap;
  /** Where a value inside the entry stands. */
  readonly locate: (path: readonly (string | number)[]) => ErrorLocation;
}

export interface EntrySource {
  /** The map under Dhcp4 or Dhcp6. */
  readonly written: WrittenConfig;
  readonly parts: Pick<ConfigParts, 'family' | 'originOfGlobal'>;
  /** Relative module paths are relative to it. */
  readonly directory: string;
}

/** The entries that are modules or built in, in order. */
export function libraryEntries({ written, parts, directory }: EntrySource): readonly LibraryEntry[] {
  const entries: LibraryEntry[] = [];
  for (const [index, entry] of ((written['hooks-libraries'] ?? []) as readonly JsonMap[]).entries()) {
    const library = entry['library'] as string;
    const builtIn = builtInLibrary(library, parts.family);
    if (isSharedObject(library) && !builtIn) continue;
    const path = builtIn || isAbsolute(library) ? library : resolve(directory, library);
    entries.push({
      path,
      builtIn,
      name: uniqueName(path, entries),
      parameters: (entry['parameters'] ?? {}) as JsonMap,
      locate: (inside) => locationOf(parts, ['hooks-libraries', index, ...inside]),
    });
  }
  return entries;
}

/**
 * A text that changes when the entries or the module files do. Files that a module imports are not looked at.
 * Throws CONFIG_INVALID when a file is not there.
 */
export function fingerprintOf(entries: readonly LibraryEntry[]): string {
  return JSON.stringify(
    entries.map(({ path, builtIn, parameters, locate }) => {
      if (builtIn) return [path, parameters];
      try {
        const { mtimeMs, size } = statSync(path);
        return [path, parameters, mtimeMs, size];
      } catch (error) {
        const text = `the hook library cannot be read: ${messageOf(error)}`;
        throw new FlotillaError('CONFIG_INVALID', text, locate(['library']));
      }
    }),
  );
}

/** The same module may be named twice, with other parameters. */
function uniqueName(path: string, before: readonly LibraryEntry[]): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const taken = new Set(before.map((entry) => entry.name));
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) if (!taken.has(`${name}-${n}`)) return `${name}-${n}`;
}

function locationOf(
  parts: Pick<ConfigParts, 'family' | 'originOfGlobal'>,
  path: readonly (string | number)[],
): ErrorLocation {
  const origin = parts.originOfGlobal?.(path);
  const key = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
  if (origin?.kind !== 'file') return { key };
  const { file, line, column } = origin;
  return { ...(line > 0 && { file, line, column }), key: `Dhcp${parts.family}.${key}` };
}
