// Where a DHCPv6 answer goes: back through the relays, or to the client itself (RFC 8415 §18.3.10, §19.3).
import { messageOf } from '../../errors.ts';
import { encodePacket6 } from '../../wire/v6/codec.ts';
import { answersToSourcePort6, relayReplies6 } from '../../wire/v6/relay.ts';
import { drop, type StepResult } from '../pipeline.ts';
import type { Transaction6 } from './transaction.ts';

export function chooseDestination(t: Transaction6): StepResult {
  const { iface, source, sourcePort, serverAddress } = t.datagram;
  const { serverPort, clientPort } = t.engine;
  const relayPort = answersToSourcePort6(t.relays) ? sourcePort : serverPort;
  t.outbound = {
    iface,
    source: serverAddress,
    destination: source,
    destinationPort: t.relays.length > 0 ? relayPort : clientPort,
    linkLayer: null,
  };
  return 'continue';
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
