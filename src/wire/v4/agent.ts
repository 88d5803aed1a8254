// What a relay says of itself and of the client's line: the relay agent information option 82 (RFC 3046 and later).
import { ipv4Bytes } from '../../addr/ipv4.ts';
import { uint32At } from '../big-endian.ts';
import { WireError } from '../cursor.ts';
import type { Message4 } from './message.ts';
import { decodeSuboptions4 } from './suboptions.ts';

/** Sub-option codes. */
export const agentSuboption4 = {
  circuitId: 1,
  remoteId: 2,
  /** RFC 3527 */
  linkSelection: 5,
  /** RFC 3993 */
  subscriberId: 6,
  /** RFC 5010; bit 0x80: the relay received the client's message as unicast. */
  relayFlags: 10,
  /** RFC 5107 */
  serverIdOverride: 11,
  /** RFC 6925 */
  relayId: 12,
  /** RFC 8357 */
  relayPort: 19,
} as const;

/** The sub-options that the server acts on; all of them, raw, in `all`. */
export interface AgentInformation4 {
  readonly all: ReadonlyMap<number, Uint8Array>;
  readonly circuitId: Uint8Array | undefined;
  readonly remoteId: Uint8Array | undefined;
  readonly subscriberId: Uint8Array | undefined;
  readonly relayId: Uint8Array | undefined;
  /** Address of the link to allocate for, instead of giaddr. */
  readonly linkSelection: number | undefined;
  /** What the server puts into option 54 towards this client. */
  readonly serverIdOverride: number | undefined;
  /** True: reply to the UDP port that the relay sent from. */
  readonly relayPort: boolean;
}

/** Undefined when the message has no option 82. Throws WireError when it is malformed. */
export function agentInformation4(message: Message4): AgentInformation4 | undefined {
  const bytes = message.options.get(82);
  if (bytes === undefined) return undefined;
  const all = decodeSuboptions4(bytes);
  return {
    all,
    circuitId: all.get(agentSuboption4.circuitId),
    remoteId: all.get(agentSuboption4.remoteId),
    subscriberId: all.get(agentSuboption4.subscriberId),
    relayId: all.get(agentSuboption4.relayId),
    linkSelection: addressOf(all, agentSuboption4.linkSelection),
    serverIdOverride: addressOf(all, agentSuboption4.serverIdOverride),
    relayPort: all.has(agentSuboption4.relayPort),
  };
}

/** The four bytes of a sub-option that carries an address. */
export function agentAddress4(code: number, address: number): [number, Uint8Array] {
  return [code, ipv4Bytes(address)];
}

function addressOf(all: ReadonlyMap<number, Uint8Array>, code: number): number | undefined {
  const bytes = all.get(code);
  if (bytes === undefined) return undefined;
  if (bytes.length !== 4) {
    throw new WireError(
      'WIRE_MALFORMED',
      'option-value',
      `relay sub-option ${code} has ${bytes.length} bytes, an address has 4`,
    );
  }
  return uint32At(bytes, 0);
}
