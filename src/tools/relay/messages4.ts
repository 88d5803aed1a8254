// DHCPv4 messages of simulated clients behind a relay.
import { randomInt } from 'node:crypto';
import { ipv4Bytes } from '../../addr/ipv4.ts';
import { decodeMessage4, encodeMessage4 } from '../../wire/v4/codec.ts';
import { emptyMessage4, messageType4, type Message4, type MessageType4 } from '../../wire/v4/message.ts';
import { encodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import type { RelayedQuery, RelayMessages, SimulatedClient } from './messages.ts';

const serverIdOf = ({ options }: Message4): Uint8Array => options.get(54) ?? new Uint8Array();

/** `giaddr`: the relay's address. */
export function relayMessages4(giaddr: number): RelayMessages<4> {
  const message = (
    client: SimulatedClient,
    type: MessageType4,
    more: readonly (readonly [number, Uint8Array])[] = [],
    ciaddr = 0,
  ): RelayedQuery => {
    // RFC 8357: answer to the port that this came from.
    const agent = encodeSuboptions4(new Map([...(client.agent ?? []), [19, new Uint8Array()]]));
    const xid = randomInt(0x1_0000_0000);
    const bytes = encodeMessage4({
      ...emptyMessage4(),
      op: 1,
      htype: 1,
      hops: 1,
      xid,
      ciaddr,
      giaddr,
      chaddr: client.hwaddr,
      options: new Map([
        [53, Uint8Array.of(type)],
        [55, Uint8Array.from(client.requestedOptions ?? [1, 3, 6, 15, 51])],
        ...(client.options ?? []),
        ...more,
        [82, agent],
      ]),
    });
    return { xid, bytes };
  };
  return {
    names: { discover: 'DISCOVER', request: 'REQUEST' },
    answersRelease: false,
    discover: (client) => message(client, messageType4.DISCOVER),
    request: (client, offer) =>
      message(client, messageType4.REQUEST, [
        [50, ipv4Bytes(offer.yiaddr)],
        [54, serverIdOf(offer)],
      ]),
    // REBINDING, the way that renewal takes through a relay.
    renew: (client, { address }) => message(client, messageType4.REQUEST, [], address),
    release: (client, { address, ack }) =>
      message(client, messageType4.RELEASE, [[54, serverIdOf(ack)]], address),
    read(bytes) {
      try {
        const decoded = decodeMessage4(bytes);
        return { xid: decoded.xid, message: decoded };
      } catch {
        return null; // not an answer to any of ours
      }
    },
    leaseIn: (_client, { options, yiaddr }) =>
      options.get(53)?.[0] === messageType4.NAK ? 'NAK' : { address: yiaddr },
  };
}
