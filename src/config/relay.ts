// `relay`: the relay addresses that select a subnet or a shared network.
import type { Address, Family } from '../addr/family.ts';
import { addressing } from './addressing.ts';
import { mapAt, stringsAt } from './read-json.ts';
import type { JsonMap } from './written.ts';

/** Throws CONFIG_INVALID for a text that is no address. */
export function relayAddresses(json: JsonMap, family: Family): readonly Address[] {
  const relay = mapAt(json, 'relay');
  if (!relay) return none;
  const kind = addressing(family);
  return Object.freeze(stringsAt(relay, 'ip-addresses').map((text) => kind.parse(text, 'relay')));
}

const none: readonly Address[] = Object.freeze([]);
