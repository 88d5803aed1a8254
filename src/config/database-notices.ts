// What the central configuration newly asks for that is not in force: said once per key and value, however many rows ask.
import type { BuildMemory } from './memory.ts';
import { messagesFor, noticesOf } from './notices.ts';
import type { ResolvedObjects } from './objects.ts';
import type { ConfigParts } from './parts.ts';

export interface DatabaseNotice {
  readonly message: string;
  /** `subnet 7`, the first of them. */
  readonly first: string;
  readonly objects: number;
}

/** `before`: the last build, whose objects were told of already. Files are told of when they are read: see load.ts. */
export function databaseNotices(
  now: BuildMemory,
  before: BuildMemory | undefined,
  { family, originOfGlobal }: Pick<ConfigParts, 'family' | 'originOfGlobal'>,
): readonly DatabaseNotice[] {
  const found = new Map<string, { message: string; first: string; objects: number }>();
  const note = (message: string, of: string): void => {
    const known = found.get(message);
    if (known) known.objects++;
    else found.set(message, { message, first: of, objects: 1 });
  };
  for (const [key, value] of Object.entries(now.globals.inForce)) {
    if (value === before?.globals.inForce[key]) continue;
    // Where it came from is asked last: to find a place in a file costs more than all the rest.
    const notices = noticesOf({ [key]: value }, family);
    if (notices.length === 0 || originOfGlobal?.([key]).kind !== 'database') continue;
    for (const { message } of notices) note(message, key);
  }
  noteObjects('shared-network', now.networks, before?.networks, note);
  noteObjects('subnet', now.subnets, before?.subnets, note);
  return [...found.values()];
}

function noteObjects(
  scope: 'shared-network' | 'subnet',
  now: ResolvedObjects<unknown>,
  before: ResolvedObjects<unknown> | undefined,
  note: (message: string, of: string) => void,
): void {
  for (const [key, { inForce }] of now.entries) {
    if (inForce?.origin.kind !== 'database' || before?.entries.get(key)?.inForce === inForce) continue;
    for (const message of messagesFor(scope, inForce.json)) note(message, `${scope} ${key}`);
  }
}
