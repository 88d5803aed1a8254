// Where a DHCPv6 answer goes: back through the relays, or to the client itself (RFC 8415 §18.3.10, §19.3).
import { messageOf } from '../../errors.ts';
import { encodePacket6 } from '../../wire/v6/codec.ts';
import { answersToSourcePort6, relayReplies6 } from '../../wire/v6/relay.ts';
import type { OutboundDatagram } from '../../net/transport.ts';
import { drop, type StepResult } from '../pipeline.ts';
import type { Transaction6 } from './transaction.ts';

export function chooseDestination(t: Transaction6): StepResult {
  const { serverPort, clientPort } = t.engine;
  const relayPort = answersToSourcePort6(t.relays) ? t.datagram.sourcePort : serverPort;
  t.outbound = addressBack(t, t.relays.length > 0 ? relayPort : clientPort);
  return 'continue';
}

/** To whom the datagram came from, by the way it came. */
export function addressBack(t: Transaction6, destinationPort: number): Omit<OutboundDatagram<6>, 'bytes'> {
  const { iface, source, serverAddress } = t.datagram;
  return { iface, source: serverAddress, destination: source, destinationPort, linkLayer: null };
}

export function encode(t: Transaction6): StepResult {
  // A pkt6_send callout did it.
  if (t.bytes) return 'continue';
  try {
    t.bytes = encodePacket6({ relays: relayReplies6(t.relays), message: t.response! });
  } catch (error) {
    return drop('processing-failed', messageOf(error));
  }
  return 'continue';
}
