// What makes a packet belong to a subnet or a shared network: its interface, interface-id and relays.
import type { Address, Family } from '../addr/family.ts';
import { addressing } from './addressing.ts';
import { invalid, mapAt, stringAt, stringsAt } from './read-json.ts';
import type { Link4o6 } from './snapshot.ts';
import type { JsonMap } from './written.ts';

export interface Link {
  readonly interface: string | null;
  /** v6 only: the bytes of the relay's option 18. */
  readonly interfaceId: Uint8Array | null;
  readonly relayAddresses: readonly Address[];
}

/** Throws CONFIG_INVALID for a relay that is no address, and for interface and interface-id in one place. */
export function linkOf(json: JsonMap, family: Family): Link {
  const name = filled(json, 'interface');
  const id = filled(json, 'interface-id');
  if (name !== null && id !== null)
    throw invalid(
      "has both 'interface' (clients on a link of this server) and 'interface-id' (clients behind a relay)",
      'interface-id',
    );
  return {
    interface: name,
    interfaceId: id === null ? null : interfaceIdBytes(id, 'interface-id'),
    relayAddresses: relayAddresses(json, family),
  };
}

/** Null where the subnet serves nobody over DHCPv6. Throws CONFIG_INVALID. */
export function link4o6Of(json: JsonMap): Link4o6 | null {
  const prefix = filled(json, '4o6-subnet');
  const id = filled(json, '4o6-interface-id');
  const name = filled(json, '4o6-interface');
  if (prefix === null && id === null && name === null) return null;
  return Object.freeze({
    prefix: prefix === null ? null : addressing(6).parsePrefix(prefix, '4o6-subnet'),
    interfaceId: id === null ? null : interfaceIdBytes(id, '4o6-interface-id'),
    interface: name,
  });
}

/** Text stands for its own bytes, as with Kea; `0x` and hexadecimal digits for bytes that are no text. */
function interfaceIdBytes(text: string, key: string): Uint8Array {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  const bytes = Uint8Array.from(
    digits === undefined ? Buffer.from(text, 'utf8') : Buffer.from(digits, 'hex'),
  );
  if (bytes.length > longestInterfaceId)
    throw invalid(`has ${bytes.length} bytes, 1 to ${longestInterfaceId} are allowed`, key);
  return bytes;
}

function relayAddresses(json: JsonMap, family: Family): readonly Address[] {
  const relay = mapAt(json, 'relay');
  if (!relay) return none;
  const kind = addressing(family);
  return Object.freeze(stringsAt(relay, 'ip-addresses').map((text) => kind.parse(text, 'relay')));
}

/** An empty text sets nothing. */
function filled(json: JsonMap, key: string): string | null {
  const text = stringAt(json, key);
  return text === undefined || text === '' ? null : text;
}

/** Bytes: the length of the option is a 16-bit number (RFC 8415 section 21.1). */
const longestInterfaceId = 65_535;
const none: readonly Address[] = Object.freeze([]);
