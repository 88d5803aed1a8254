// DHCPv6 messages of simulated clients behind a relay.
import { randomInt } from 'node:crypto';
import { ipv6FromBytes } from '../../addr/ipv6.ts';
import { decodePacket6, encodePacket6 } from '../../wire/v6/codec.ts';
import { encodeDuid } from '../../wire/v6/duid.ts';
import {
  decodeIa6,
  encodeIa6,
  encodeIaAddress6,
  encodeIaPrefix6,
  iaAddresses6,
  iaPrefixes6,
  type Ia6,
} from '../../wire/v6/ia.ts';
import { messageType6, type Message6, type MessageType6, type RelayMessage6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { decodeStatus6, statusCode6 } from '../../wire/v6/status.ts';
import { encodeCodes6, encodeLinkLayerAddress6 } from '../../wire/v6/values.ts';
import type { LeaseOf, RelayedQuery, RelayMessages, SimulatedClient6 } from './messages.ts';

/** `linkAddress`: of the link that clients are on unless they say otherwise. */
export function relayMessages6(linkAddress: bigint): RelayMessages<6> {
  const message = (client: SimulatedClient6, type: MessageType6, answer?: Message6): RelayedQuery => {
    const { duid, requestedOptions = [23, 24] } = client;
    const options = new Options6()
      .add(option6.clientId, duid ?? encodeDuid({ kind: 'LL', htype: 1, address: client.hwaddr }))
      .add(option6.elapsedTime, new Uint8Array(2));
    const server = answer?.options.get(option6.serverId);
    if (server) options.add(option6.serverId, server);
    // RFC 8415 §21.7 knows no such option in a RELEASE; §18.2.1 asks for SOL_MAX_RT.
    if (type !== messageType6.RELEASE)
      options.add(option6.optionRequest, encodeCodes6([option6.solMaxRt, ...requestedOptions]));
    for (const { code, iaid } of iasOf(client)) {
      const ia = answer && iaIn(answer, code, iaid);
      options.add(code, encodeIa6({ iaid, t1: 0, t2: 0, options: ia ? leasesIn(ia) : new Options6() }));
    }
    for (const [code, value] of client.options ?? []) options.add(code, value);
    const xid = randomInt(0x100_0000);
    const relays = [relayOf(client, client.linkAddress ?? linkAddress)];
    return { xid, bytes: encodePacket6({ relays, message: { type, transactionId: xid, options } }) };
  };
  return {
    names: { discover: 'SOLICIT', request: 'REQUEST' },
    answersRelease: true,
    discover: (client) => message(client, messageType6.SOLICIT),
    request: (client, offer) => message(client, messageType6.REQUEST, offer),
    renew: (client, { ack }) => message(client, messageType6.RENEW, ack),
    release: (client, { ack }) => message(client, messageType6.RELEASE, ack),
    read(bytes) {
      try {
        const decoded = decodePacket6(bytes).message;
        return { xid: decoded.transactionId, message: decoded };
      } catch {
        return null; // not an answer to any of ours
      }
    },
    leaseIn,
  };
}

/** Addresses and prefixes that may be used; a text with the reason when an IA has none. */
function leaseIn(client: SimulatedClient6, answer: Message6): LeaseOf<6> | string {
  let refusal = refusalIn(answer.options);
  const lease = { addresses: [], prefixes: [] } as {
    -readonly [K in keyof LeaseOf<6>]: LeaseOf<6>[K][number][];
  };
  for (const { code, iaid } of iasOf(client)) {
    const options = iaIn(answer, code, iaid)?.options ?? new Options6();
    const addresses = iaAddresses6(options).filter(isUsable);
    const prefixes = iaPrefixes6(options).filter(isUsable);
    refusal ??= refusalIn(options);
    if (addresses.length + prefixes.length === 0) refusal ??= `nothing in the IA ${iaid} (option ${code})`;
    lease.addresses.push(...addresses);
    lease.prefixes.push(...prefixes);
  }
  return refusal ?? lease;
}

const isUsable = ({ validLifetime }: { readonly validLifetime: number }): boolean => validLifetime > 0;

/** Name and text of a status that is no success; null when there is none. */
function refusalIn(options: Options6): string | null {
  const bytes = options.get(option6.statusCode);
  if (bytes === undefined) return null;
  const { code, message } = decodeStatus6(bytes);
  if (code === statusCode6.Success) return null;
  const name = Object.entries(statusCode6).find(([, value]) => value === code)?.[0] ?? `status ${code}`;
  return message === '' ? name : `${name}: ${message}`;
}

const iasOf = ({
  iaNa = [1],
  iaPd = [],
}: SimulatedClient6): { readonly code: number; readonly iaid: number }[] => [
  ...iaNa.map((iaid) => ({ code: option6.iaNa, iaid })),
  ...iaPd.map((iaid) => ({ code: option6.iaPd, iaid })),
];

const iaIn = ({ options }: Message6, code: number, iaid: number): Ia6 | undefined =>
  options
    .all(code)
    .map(decodeIa6)
    .find((ia) => ia.iaid === iaid);

/** As a client sends them back: without lifetimes, which the server decides (RFC 8415 §18.2.2). */
function leasesIn({ options }: Ia6): Options6 {
  const bare = { preferredLifetime: 0, validLifetime: 0, options: new Options6() };
  const leases = new Options6();
  for (const lease of iaAddresses6(options).filter(isUsable))
    leases.add(option6.iaAddress, encodeIaAddress6({ ...lease, ...bare }));
  for (const lease of iaPrefixes6(options).filter(isUsable))
    leases.add(option6.iaPrefix, encodeIaPrefix6({ ...lease, ...bare }));
  return leases;
}

function relayOf({ hwaddr, agent }: SimulatedClient6, linkAddress: bigint): RelayMessage6 {
  const options = new Options6()
    // RFC 8357 §5.2: answer to the port that this came from; no relay further down has one of its own.
    .add(option6.relaySourcePort, new Uint8Array(2))
    .add(option6.clientLinkLayerAddress, encodeLinkLayerAddress6({ htype: 1, address: hwaddr }));
  for (const [code, value] of agent ?? []) options.set(code, value);
  return {
    type: messageType6.RELAY_FORW,
    hopCount: 0,
    linkAddress,
    peerAddress: linkLocalOf(hwaddr),
    options,
  };
}

/** fe80::/64 with the interface identifier of a MAC address (RFC 4291, appendix A). */
function linkLocalOf([first = 0, ...rest]: Uint8Array): bigint {
  const identifier = [first ^ 2, rest[0]!, rest[1]!, 0xff, 0xfe, ...rest.slice(2, 5)];
  return ipv6FromBytes(Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...identifier]));
}
