// The relays that a client came by, from what its lease keeps of them (`store-extended-info`).
import { tryParseHex } from '../../addr/hex.ts';
import { tryParseIpv6 } from '../../addr/ipv6.ts';
import type { Lease6 } from '../../store/lease.ts';
import { encodeLqRelayData6, encodeRelaysAlone6 } from '../../wire/v6/leasequery.ts';
import type { RelayMessage6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import { decodeOptions6 } from '../../wire/v6/options.ts';

type Relay = Omit<RelayMessage6, 'type'>;

/**
 * LQ_RELAY_DATA (RFC 5007 §4.1.2.4) of the client's latest lease that came through relays; undefined: there is none. What
 * the server does not keep is the address that the outermost relay sent from: its link address stands for it.
 */
export function relayDataOf(leases: readonly Lease6[]): Uint8Array | undefined {
  const latest = [...leases].sort((a, b) => b.cltt - a.cltt).find((lease) => entriesOf(lease).length > 0);
  if (!latest) return undefined;
  const relays = entriesOf(latest).map(relayOf);
  const [outermost] = relays;
  const peerAddress = outermost!.linkAddress || outermost!.peerAddress;
  return encodeLqRelayData6({ peerAddress, message: encodeRelaysAlone6(relays) });
}

/** Whether any relay on the client's way gave this identifier. */
export function cameBy(lease: Lease6, which: 'relay-id' | 'remote-id', id: Uint8Array): boolean {
  const wanted = Buffer.from(id);
  const code = which === 'relay-id' ? option6.relayId : option6.remoteId;
  return entriesOf(lease).some((entry) => {
    const kept = bytesAt(entry, which) ?? relayOptions(entry)?.get(code);
    return kept !== undefined && wanted.equals(kept);
  });
}

/** `user-context`, ISC, relay-info: outermost first. Other software writes it too, so nothing about it is certain. */
function entriesOf({ userContext }: Lease6): readonly Readonly<Record<string, unknown>>[] {
  const isc = userContext?.['ISC'];
  const list = isRecord(isc) ? isc['relay-info'] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** Throws WireError when the options are none. */
function relayOf(entry: Readonly<Record<string, unknown>>): Relay {
  const { hop, link, peer } = entry;
  return {
    hopCount: typeof hop === 'number' ? hop & 0xff : 0,
    linkAddress: addressOf(link),
    peerAddress: addressOf(peer),
    options: decodeOptions6(bytesAt(entry, 'options') ?? none, 0, 'kept relay options'),
  };
}

/** Undefined: they cannot be read. */
function relayOptions(entry: Readonly<Record<string, unknown>>): Options6 | undefined {
  try {
    return relayOf(entry).options;
  } catch {
    return undefined;
  }
}

function bytesAt(entry: Readonly<Record<string, unknown>>, key: string): Uint8Array | undefined {
  const text = entry[key];
  return typeof text === 'string' && text !== '' ? tryParseHex(text) : undefined;
}

const addressOf = (text: unknown): bigint => (typeof text === 'string' && tryParseIpv6(text)) || 0n;
const none = new Uint8Array(0);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
