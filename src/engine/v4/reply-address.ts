// Where a reply goes (RFC 2131 §4.1), and from which address.
import type { InboundDatagram } from '../../net/transport.ts';
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import type { StepResult } from '../pipeline.ts';
import { option4 } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

export const limitedBroadcast = 0xffffffff;
const broadcastFlag = 0x8000;

/** The address a client sent to when it was unicast, else the receiving interface's. */
export const localAddress = ({ destination, serverAddress }: InboundDatagram): number =>
  destination === limitedBroadcast || destination === 0 ? serverAddress : destination;

export function chooseDestination(t: Transaction4): StepResult {
  const { iface, over6 } = t.datagram;
  const source = localAddress(t.datagram);
  const to = t.type === messageType4.INFORM ? informDestination(t) : replyDestination(t);
  const { destination, destinationPort, linkLayer } = to;
  t.outbound = { iface, source, destination, destinationPort, linkLayer, over6 };
  return 'continue';
}

type Destination = Pick<
  NonNullable<Transaction4['outbound']>,
  'destination' | 'destinationPort' | 'linkLayer'
>;

function replyDestination(t: Transaction4): Destination {
  const { query, datagram } = t;
  const response = t.response!;
  const client = (destination: number, linkLayer: Uint8Array | null = null): Destination => ({
    destination,
    destinationPort: t.engine.clientPort,
    linkLayer,
  });

  if (query.giaddr !== 0) {
    // RFC 2131 §4.3.2: the relay is to broadcast a NAK, the client may have no usable address.
    if (t.answer === messageType4.NAK && t.type === messageType4.REQUEST) response.flags |= broadcastFlag;
    return relay(t);
  }
  if (query.ciaddr !== 0) return client(query.ciaddr);
  if (t.answer === messageType4.NAK) return client(limitedBroadcast);
  if (response.yiaddr !== 0) {
    if ((query.flags & broadcastFlag) !== 0 || query.chaddr.length === 0) return client(limitedBroadcast);
    return client(response.yiaddr, query.chaddr);
  }
  return client(datagram.source === 0 ? limitedBroadcast : datagram.source);
}

/** RFC 2131 §4.3.5: the client's own address, not through the relay that may have carried the INFORM. */
function informDestination(t: Transaction4): Destination {
  const { query, datagram } = t;
  const response = t.response!;
  if (query.ciaddr === 0 && query.giaddr !== 0) {
    response.flags |= broadcastFlag;
    return relay(t);
  }
  response.giaddr = 0;
  response.hops = 0;
  response.options.delete(option4.agentInformation);
  const destination = query.ciaddr !== 0 ? query.ciaddr : datagram.source;
  return { destination, destinationPort: t.engine.clientPort, linkLayer: null };
}

/** RFC 8357 §4.1: a relay with its own source port is answered there. */
function relay(t: Transaction4): Destination {
  const usesOwnPort = t.agent?.has(agentSuboption4.relayPort) === true && !t.agentStashed;
  return {
    destination: t.query.giaddr,
    destinationPort: usesOwnPort ? t.datagram.sourcePort : t.engine.serverPort,
    linkLayer: null,
  };
}
