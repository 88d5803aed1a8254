// DHCPv4 over DHCPv6 (RFC 7341): DHCPV4-QUERY goes to the DHCPv4 server of this machine, and what that answers to the client.
import type { Dhcp4o6Peer } from '../../net/dhcp4o6-peer.ts';
import { messageOf } from '../../errors.ts';
import { encodePacket6 } from '../../wire/v6/codec.ts';
import { decodeDhcp4o6 } from '../../wire/v6/dhcp4o6.ts';
import type { Enveloped4o6 } from '../../wire/v6/dhcp4o6-envelope.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { answersToSourcePort6 } from '../../wire/v6/relay.ts';
import type { HookScope } from '../hooks.ts';
import { drop, type StepResult } from '../pipeline.ts';
import type { Engine6, Transaction6 } from './transaction.ts';

/** Nothing of a DHCPV4-QUERY is looked at here: its subnet and its lease are the DHCPv4 server's business. */
export function forwardQuery(t: Transaction6): StepResult {
  if (t.type !== messageType6.DHCPV4_QUERY) return 'continue';
  const { dhcp4o6 } = t.engine;
  if (!dhcp4o6?.isOpen) return drop('no-dhcp4o6', 'dhcp4o6-port is not open');
  try {
    // RFC 7341 §7.1: exactly one DHCPv4 Message option.
    decodeDhcp4o6(t.query);
  } catch (error) {
    return drop('parse-failed', messageOf(error));
  }
  const { iface, source, sourcePort } = t.datagram;
  dhcp4o6.send({ relays: t.relays, message: t.query, iface, address: source, port: sourcePort });
  return 'done';
}

/** From now on what the DHCPv4 server answers goes to its clients. `begin`: the hook libraries of this moment. */
export function passOnResponses(engine: Engine6, peer: Dhcp4o6Peer, begin: () => HookScope | null): void {
  peer.listen((packet) => {
    if (packet.message.type !== messageType6.DHCPV4_RESPONSE) {
      peer.refuse(`message type ${packet.message.type} is not DHCPV4-RESPONSE`);
      return;
    }
    const scope = begin();
    passOn(engine, packet, scope)
      .catch((error: unknown) => engine.log.error('DHCP6_PACKET_PROCESS_EXCEPTION', messageOf(error)))
      .finally(() => scope?.end());
  });
}

async function passOn(engine: Engine6, packet: Enveloped4o6, scope: HookScope | null): Promise<void> {
  const { relays, iface, address, port } = packet;
  // RFC 7341 §6: no flag of a DHCPV4-RESPONSE is set; Kea's DHCPv4 server repeats those of the query.
  const message = { ...packet.message, transactionId: 0 };
  const response = { message, bytes: encodePacket6({ relays, message }) as Uint8Array | null };
  if (scope?.has('buffer6_send')) {
    const { status } = await scope.call('buffer6_send', { response6: response });
    if (status !== 'continue' || !(response.bytes instanceof Uint8Array)) {
      engine.log.debug('DHCP6_HOOK_BUFFER_SEND_SKIP', 'a buffer6_send callout dropped a DHCPV4-RESPONSE');
      return;
    }
  }
  const relayPort = answersToSourcePort6(relays) ? port : engine.serverPort;
  engine.transport.send({
    bytes: response.bytes!,
    iface,
    // The daemons do not tell each other what the query was sent to: the transport takes what suits the destination.
    source: 0n,
    destination: address,
    destinationPort: relays.length > 0 ? relayPort : engine.clientPort,
    linkLayer: null,
  });
  engine.statistics.counter('pkt6-sent').add();
  engine.statistics.counter('pkt6-dhcpv4-response-sent').add();
}
