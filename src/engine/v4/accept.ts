// The first steps: is this a message at all, may it be answered, is it for us?
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { messageOf } from '../../errors.ts';
import { WireError } from '../../wire/cursor.ts';
import { decodeMessage4 } from '../../wire/v4/codec.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { decodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import { classifyByTests } from '../class-steps.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { clientOf } from './lookup.ts';
import { option4, uint32Of } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

export function decode(t: Transaction4): StepResult {
  try {
    if (!t.isParsedByHook) {
      t.query = decodeMessage4(t.datagram.bytes, {
        lenient: t.snapshot.globals.compatibility.lenientOptionParsing,
      });
    }
    readQuery(t);
  } catch (error) {
    const bootp = error instanceof WireError && error.reason.startsWith('bootp');
    return drop(bootp ? 'bootp' : 'parse-failed', messageOf(error));
  }
  t.engine.statistics.counter(receivedStatistic.get(t.type) ?? 'pkt4-unknown-received').add();
  return 'continue';
}

/** What the steps need of the message; again after callouts may have changed it. Throws WireError. */
export function readQuery(t: Transaction4): void {
  const { options } = t.query;
  const agentBytes = options.get(option4.agentInformation);
  if (agentBytes && agentBytes.length > 0) {
    t.agent = decodeSuboptions4(agentBytes);
    t.agentBytes = agentBytes;
  } else if (!t.agentStashed) {
    t.agent = null;
    t.agentBytes = null;
  }
  t.type = options.get(option4.messageType)?.[0] ?? 0;
  const clientId = options.get(option4.clientIdentifier);
  t.clientId = clientId && clientId.length > 0 ? clientId : null;
}

const receivedStatistic: ReadonlyMap<number, string> = new Map([
  [messageType4.DISCOVER, 'pkt4-discover-received'],
  [messageType4.OFFER, 'pkt4-offer-received'],
  [messageType4.REQUEST, 'pkt4-request-received'],
  [messageType4.DECLINE, 'pkt4-decline-received'],
  [messageType4.ACK, 'pkt4-ack-received'],
  [messageType4.NAK, 'pkt4-nak-received'],
  [messageType4.RELEASE, 'pkt4-release-received'],
  [messageType4.INFORM, 'pkt4-inform-received'],
]);

/** ALL and the vendor class, then pass 1 of the configured classes. */
export function classifyByPacket(t: Transaction4): StepResult {
  const builtIn = t.agentStashed ? ['STASH_AGENT_OPTIONS'] : [];
  const vendor = t.query.options.get(option4.vendorClass);
  if (vendor && vendor.length > 0) builtIn.push(`VENDOR_CLASS_${Buffer.from(vendor).toString('latin1')}`);
  return classifyByTests(t, builtIn);
}

/** Message type, direct INFORM without an address, and the server identifier. */
export function acceptMessage(t: Transaction4): StepResult {
  if (t.query.op !== bootRequest) return drop('unexpected-message', `op is ${t.query.op}, not BOOTREQUEST`);
  if (!answeredTypes.has(t.type))
    return drop('unexpected-message', `message type ${t.type} is not for servers`);

  // RFC 2131 §4.4.3: a client that sends INFORM has an address; nobody could be answered otherwise.
  const { giaddr, ciaddr } = t.query;
  if (t.type === messageType4.INFORM && giaddr === 0 && ciaddr === 0 && t.datagram.source === 0) {
    return drop('rfc-violation', 'INFORM names no address to answer');
  }
  return acceptServerIdentifier(t);
}

function acceptServerIdentifier(t: Transaction4): StepResult {
  const given = t.query.options.get(option4.serverIdentifier);
  if (given === undefined) return 'continue';
  const server = uint32Of(given);
  // RFC 5107 §4: a relay may stand in for the server; its value is then the right one.
  const override = uint32Of(t.agent?.get(agentSuboption4.serverIdOverride));
  if (override !== 0 && override === server) return 'continue';
  if (t.snapshot.globals.compatibility.ignoreDhcpServerIdentifier) return 'continue';
  if (t.engine.serverIdentifiers.isOurs(server, t.snapshot, t.classes)) return 'continue';
  // RFC 2131 §3.1(4): servers not selected take the REQUEST as notice that the client declined their offer.
  if (t.type === messageType4.REQUEST) endOffer(t);
  return drop('not-for-us', 'the server identifier names another server');
}

/** The client does not want what this server offered it last, or no longer: others may have it at once. */
function endOffer(t: Transaction4): void {
  const client = clientOf(t);
  const address = t.engine.allocator.declined(client);
  if (address !== null) t.engine.leases.withdraw(Number(address), client);
}

export function checkSanity(t: Transaction4): StepResult {
  // RFC 2131 table 5: DISCOVER must not carry a server identifier.
  if (t.type === messageType4.DISCOVER && t.query.options.has(option4.serverIdentifier)) {
    return drop('rfc-violation', 'DISCOVER carries a server identifier');
  }
  if (t.query.chaddr.length === 0 && !t.clientId) {
    return drop('rfc-violation', 'neither a hardware address nor a client identifier');
  }
  // RFC 2131 table 5: DECLINE must carry the requested address.
  if (t.type === messageType4.DECLINE && uint32Of(t.query.options.get(option4.requestedAddress)) === 0) {
    return drop('rfc-violation', 'DECLINE names no address');
  }
  return 'continue';
}

const bootRequest = 1;
const answeredTypes: ReadonlySet<number> = new Set([
  messageType4.DISCOVER,
  messageType4.REQUEST,
  messageType4.DECLINE,
  messageType4.RELEASE,
  messageType4.INFORM,
]);
