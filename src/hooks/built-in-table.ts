// Kea's libraries whose work is built in: naming one loads nothing of Kea's and is right.
import type { Family } from '../addr/family.ts';
import { libraryName } from '../config/not-in-force-rows.ts';
import { createLeaseQuery } from './lease-query/library.ts';
import type { HookLibrary } from './library.ts';

/** Libraries that are hook libraries here too, by Kea's file name and family; each load makes one of its own. */
const builtInLibraries: ReadonlyMap<string, { readonly family: Family; readonly create: () => HookLibrary }> =
  new Map([['libdhcp_lease_query.so', { family: 6, create: createLeaseQuery }]]);

/** What stands for the library that an entry names, in any directory; null: it has no module here. */
export function builtInLibrary(library: string, family: Family): (() => HookLibrary) | null {
  const found = builtInLibraries.get(libraryName(library));
  return found?.family === family ? found.create : null;
}

/** Other Kea libraries are passed over (the configuration check says so); everything else is an ES module. */
export const isSharedObject = (library: string): boolean => library.endsWith('.so');
