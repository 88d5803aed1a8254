// Relay information kept with a lease (`store-extended-info`), in Kea's shape: user-context, ISC, relay-info.
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { Subnet } from '../../config/snapshot.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { RelayMessage6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import type { Transaction6 } from './transaction.ts';

/** What the lease is to carry: the relays of the packet, innermost last, else what the lease carried before. */
export function extendedInfo(t: Transaction6, subnet: Subnet, before: Lease6 | null): Lease6['userContext'] {
  const kept = before?.userContext ?? null;
  if (!subnet.parameters.storeExtendedInfo || t.relays.length === 0) return kept;
  const isc = kept?.['ISC'];
  return {
    ...kept,
    ISC: { ...(typeof isc === 'object' ? isc : null), 'relay-info': t.relays.map(relayInfo) },
  };
}

function relayInfo({ hopCount, linkAddress, peerAddress, options }: RelayMessage6): Record<string, unknown> {
  const own = new Options6();
  for (const [code, value] of options) if (code !== option6.relayMessage) own.add(code, value);
  const remoteId = options.get(option6.remoteId);
  const relayId = options.get(option6.relayId);
  return {
    hop: hopCount,
    link: formatIpv6(linkAddress),
    peer: formatIpv6(peerAddress),
    ...(own.size > 0 && { options: `0x${upperHex(own.encode())}` }),
    ...(remoteId && { 'remote-id': upperHex(remoteId) }),
    ...(relayId && { 'relay-id': upperHex(relayId) }),
  };
}

const upperHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
