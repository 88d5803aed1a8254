// LEASEQUERY over UDP (RFC 5007): one datagram in, one LEASEQUERY-REPLY out.
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { Answer6, Query6 } from '../../engine/v6/hook-arguments.ts';
import { messageOf } from '../../errors.ts';
import { decodePacket6, encodePacket6 } from '../../wire/v6/codec.ts';
import { messageType6, type Message6, type Packet6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { answersToSourcePort6, relayReplies6 } from '../../wire/v6/relay.ts';
import { statusCode6 } from '../../wire/v6/status.ts';
import { encodeAddresses6 } from '../../wire/v6/values.ts';
import { clientData, nothingFound, replyTo, somethingFound } from './answers.ts';
import { bindingsByAddress, bindingsByClient, type Binding } from './bindings.ts';
import { addressOfLink } from './links.ts';
import { describe, isLeaseQuery, isStatus, readQuestion, reasonToDiscard, type Question } from './query.ts';
import type { LeaseQueryService } from './service.ts';

/** What becomes of a datagram: `pass`: it is none of ours. */
export type Verdict = Answer6 | 'drop' | 'pass';

/** Queries that may wait for the lease store at once; more are dropped. */
const maxUnderWay = 256;
/** RFC 8415 §7.2: where relays listen. */
const relayPort = 547;

export class DatagramQueries {
  readonly #service: LeaseQueryService;
  #underWay = 0;

  constructor(service: LeaseQueryService) {
    this.#service = service;
  }

  /** Never rejects. What is no LEASEQUERY is passed at once, so that clients wait for nothing. */
  receive(query: Query6): Verdict | Promise<Verdict> {
    const packet = this.#packetOf(query);
    if (packet === 'pass' || packet === 'drop') return packet;
    const { handle } = this.#service;
    const { log } = handle;
    // RFC 5007 §4.4.2: who asks is behind the relays, where there are some.
    const requester = packet.relays.at(-1)?.peerAddress ?? query.source;
    const fields = describe(packet.message, requester);
    log.debug('DHCP6_LEASE_QUERY_RECEIVED', 'a LEASEQUERY came', fields);
    handle.count('pkt6-lease-query-received');
    const reason =
      this.#underWay >= maxUnderWay
        ? `${maxUnderWay} queries wait already`
        : reasonToDiscard(packet.message, handle.server.duid());
    if (reason !== null) {
      log.debug('DHCP6_LEASE_QUERY_PROCESS_FAILED', `a LEASEQUERY is discarded: ${reason}`, fields);
      handle.count('pkt6-receive-drop');
      return 'drop';
    }
    this.#underWay++;
    return this.#reply(packet, query, requester)
      .then((answer) => {
        log.debug('DHCP6_LEASE_QUERY_REPLY_SENT', 'a LEASEQUERY is answered', fields);
        handle.count('pkt6-lease-query-reply-sent');
        return answer;
      })
      .catch((error: unknown) => {
        log.error(
          'DHCP6_LEASE_QUERY_PROCESS_FAILED',
          `a LEASEQUERY is not answered: ${messageOf(error)}`,
          fields,
        );
        handle.count('pkt6-receive-drop');
        return 'drop' as const;
      })
      .finally(() => this.#underWay--);
  }

  /** Relayed ones are decoded only where the relay itself may ask: other relays' packets are clients'. */
  #packetOf({ bytes, source }: Query6): Packet6 | 'drop' | 'pass' {
    const { handle, parameters } = this.#service;
    const isDirect = bytes[0] === messageType6.LEASEQUERY;
    const isRelayed = bytes[0] === messageType6.RELAY_FORW && parameters.isRequester(source);
    if (!isDirect && !isRelayed) return 'pass';
    try {
      const packet = decodePacket6(bytes);
      return isLeaseQuery(packet.message) ? packet : 'pass';
    } catch (error) {
      if (!isDirect) return 'pass';
      const text = `a LEASEQUERY from ${formatIpv6(source)} cannot be read: ${messageOf(error)}`;
      handle.log.debug('DHCP6_LEASE_QUERY_PACKET_UNPACK_FAILED', text);
      handle.count('pkt6-receive-drop');
      return 'drop';
    }
  }

  async #reply({ relays, message }: Packet6, { sourcePort }: Query6, requester: bigint): Promise<Answer6> {
    const reply = await this.#answer(message, requester);
    const bytes = encodePacket6({ relays: relayReplies6(relays), message: reply });
    const isRelayPort = relays.length > 0 && !answersToSourcePort6(relays);
    return { bytes, destinationPort: isRelayPort ? relayPort : sourcePort };
  }

  async #answer(message: Message6, requester: bigint): Promise<Message6> {
    const { handle, parameters } = this.#service;
    const duid = handle.server.duid();
    if (!parameters.isRequester(requester)) {
      handle.log.debug('DHCP6_LEASE_QUERY_PROCESS_FAILED', `${formatIpv6(requester)} may not ask for leases`);
      return replyTo(message, duid, { code: statusCode6.NotAllowed, message: 'not a requester' });
    }
    const question = readQuestion(message, { bulk: false, byRelayInformation: false });
    if (isStatus(question)) return replyTo(message, duid, question);
    const deps = this.#service.bindingDeps();
    const found =
      question.by === 'address'
        ? await bindingsByAddress(question, deps)
        : await bindingsByClient(question as Extract<Question, { by: 'client' }>, deps);
    if (isStatus(found)) return replyTo(message, duid, found);
    const { bindings, now } = found;
    if (bindings.length === 0) return replyTo(message, duid, nothingFound);
    // RFC 5007 §4.1.2.5: a client on several links is asked about once more, link by link.
    if (bindings.length > 1) return replyTo(message, duid, somethingFound, clientLinks(bindings));
    const [binding] = bindings;
    const data = clientData(this.#service.encoder.encode(binding!, now, question, deps.snapshot));
    const relayData = this.#service.relayData(binding!, question);
    if (relayData) data.add(option6.lqRelayData, relayData);
    return replyTo(message, duid, somethingFound, data);
  }
}

function clientLinks(bindings: readonly Binding[]): Options6 {
  const addresses = bindings.map(({ link }) => addressOfLink(link));
  return new Options6().add(option6.lqClientLink, encodeAddresses6(addresses));
}
