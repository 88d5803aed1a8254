// The first steps: is this a message at all, may it be answered, is it for us?
import { sameBytes } from '../../addr/hex.ts';
import { isMulticastIpv6 } from '../../addr/ipv6.ts';
import { messageOf } from '../../errors.ts';
import { decodePacket6 } from '../../wire/v6/codec.ts';
import { duidLength } from '../../wire/v6/duid.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import { checkRelayReplies6 } from '../../wire/v6/relay.ts';
import { decodeCodes6 } from '../../wire/v6/values.ts';
import { decodeVendorClass6 } from '../../wire/v6/vendor.ts';
import { classifyByTests } from '../class-steps.ts';
import { drop, type Drop, type StepResult } from '../pipeline.ts';
import { searchesOf } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

export function decode(t: Transaction6): StepResult {
  try {
    if (!t.isParsedByHook) {
      const { relays, message } = decodePacket6(t.datagram.bytes, {
        lenient: t.snapshot.globals.compatibility.lenientOptionParsing,
      });
      t.relays = relays;
      t.query = message;
      // An answer that cannot go back must not be worked for.
      checkRelayReplies6(relays);
    }
    readQuery(t);
  } catch (error) {
    return drop('parse-failed', messageOf(error));
  }
  t.engine.statistics.counter(receivedStatistic.get(t.type) ?? 'pkt6-unknown-received').add();
  return 'continue';
}

/** What the steps need of the message; again after callouts may have changed it. Throws WireError. */
export function readQuery(t: Transaction6): void {
  const { options } = t.query;
  t.type = t.query.type;
  const clientId = options.get(option6.clientId);
  const isDuid = clientId && clientId.length >= duidLength.least && clientId.length <= duidLength.most;
  // A copy: what a lease keeps must not keep the whole datagram alive.
  t.duid = isDuid ? new Uint8Array(clientId) : null;
  t.hardware = undefined;
  const requested = options.get(option6.optionRequest);
  t.requested = requested ? decodeCodes6(requested) : [];
}

const receivedStatistic: ReadonlyMap<number, string> = new Map([
  [messageType6.SOLICIT, 'pkt6-solicit-received'],
  [messageType6.ADVERTISE, 'pkt6-advertise-received'],
  [messageType6.REQUEST, 'pkt6-request-received'],
  [messageType6.CONFIRM, 'pkt6-confirm-received'],
  [messageType6.RENEW, 'pkt6-renew-received'],
  [messageType6.REBIND, 'pkt6-rebind-received'],
  [messageType6.REPLY, 'pkt6-reply-received'],
  [messageType6.RELEASE, 'pkt6-release-received'],
  [messageType6.DECLINE, 'pkt6-decline-received'],
  [messageType6.RECONFIGURE, 'pkt6-reconfigure-received'],
  [messageType6.INFORMATION_REQUEST, 'pkt6-infrequest-received'],
  [messageType6.DHCPV4_QUERY, 'pkt6-dhcpv4-query-received'],
  [messageType6.DHCPV4_RESPONSE, 'pkt6-dhcpv4-response-received'],
  [messageType6.ADDR_REG_INFORM, 'pkt6-addr-reg-inform-received'],
  [messageType6.ADDR_REG_REPLY, 'pkt6-addr-reg-reply-received'],
]);

/** ALL and the vendor class, then pass 1 of the configured classes. */
export function classifyByPacket(t: Transaction6): StepResult {
  return classifyByTests(t, vendorClasses(t));
}

function vendorClasses(t: Transaction6): string[] {
  const bytes = t.query.options.get(option6.vendorClass);
  if (!bytes) return [];
  try {
    const [first] = decodeVendorClass6(bytes).data;
    return first && first.length > 0 ? [`VENDOR_CLASS_${Buffer.from(first).toString('latin1')}`] : [];
  } catch {
    t.engine.log.debug('DHCP6_PACKET_OPTIONS_SKIPPED', 'option 16 cannot be read');
    return [];
  }
}

/** Whether the message is for this server, and of a type that servers answer. */
export function acceptMessage(t: Transaction6): StepResult {
  const rules = identifiersByType.get(t.type);
  if (!rules) return drop('unexpected-message', `message type ${t.type} is not for servers`);
  const server = t.query.options.get(option6.serverId);
  if (server && !sameBytes(server, t.engine.serverDuid())) {
    // RFC 8415 §18.2.2: the client chose another server; what it was offered here it does not need.
    if (t.type === messageType6.REQUEST) endOffers(t);
    return drop('not-for-us', 'the server identifier names another server');
  }
  const isUnicast = t.relays.length === 0 && !isMulticastIpv6(t.datagram.destination);
  if (isUnicast && multicastOnly.has(t.type))
    return drop('rfc-violation', `message type ${t.type} must not be sent by unicast`);
  return 'continue';
}

/** RFC 8415 §16, RFC 9686 §4.2. The others a client may send by unicast where it was told to. */
const multicastOnly: ReadonlySet<number> = new Set([
  messageType6.SOLICIT,
  messageType6.CONFIRM,
  messageType6.REBIND,
  messageType6.INFORMATION_REQUEST,
  messageType6.ADDR_REG_INFORM,
]);

function endOffers(t: Transaction6): void {
  try {
    for (const { client } of searchesOf(t)) {
      const address = client && t.engine.allocator.declined(client);
      if (client && address !== null) t.engine.leases.withdraw(BigInt(address), client);
    }
  } catch {
    // It is not for us: whether its IAs can be read is another server's matter.
  }
}

/** RFC 8415 §16.2 to §16.12: which messages carry a Client Identifier and a Server Identifier. */
export function checkSanity(t: Transaction6): StepResult {
  const rules = identifiersByType.get(t.type)!;
  const wrong =
    identifierWrong(t, option6.clientId, 'client', rules.client) ??
    identifierWrong(t, option6.serverId, 'server', rules.server);
  if (wrong) return wrong;
  if (t.query.options.has(option6.clientId) && !t.duid)
    return drop('rfc-violation', `a DUID has ${duidLength.least} to ${duidLength.most} bytes`);
  const { options } = t.query;
  // RFC 8415 §16.12.
  if (t.type === messageType6.INFORMATION_REQUEST && iaCodes.some((code) => options.has(code)))
    return drop('rfc-violation', 'INFORMATION-REQUEST carries an IA');
  return isModest(options) ? 'continue' : drop('limit-exceeded', 'there are too many IAs, or leases in them');
}

function identifierWrong(t: Transaction6, code: number, name: string, rule: Presence): Drop | null {
  const count = t.query.options.count(code);
  if (count > 1) return drop('rfc-violation', `there are ${count} ${name} identifiers`);
  if (rule === 'one' && count === 0) return drop('rfc-violation', `there is no ${name} identifier`);
  if (rule === 'none' && count > 0) return drop('rfc-violation', `there must be no ${name} identifier`);
  return null;
}

/** What one message may ask for: the work grows faster than the list, and the answer has to fit a datagram. */
const most = { ias: 256, bytes: 16_384 };

function isModest({ codes, values }: Options6): boolean {
  let ias = 0;
  let bytes = 0;
  for (let i = 0; i < codes.length; i++) {
    if (!iaCodes.includes(codes[i]!)) continue;
    ias++;
    bytes += values[i]!.length;
  }
  return ias <= most.ias && bytes <= most.bytes;
}

const iaCodes: readonly number[] = [option6.iaNa, option6.iaTa, option6.iaPd];

type Presence = 'one' | 'none' | 'any';

const identifiersByType: ReadonlyMap<number, { readonly client: Presence; readonly server: Presence }> =
  new Map<number, { client: Presence; server: Presence }>([
    [messageType6.SOLICIT, { client: 'one', server: 'none' }],
    [messageType6.REQUEST, { client: 'one', server: 'one' }],
    [messageType6.CONFIRM, { client: 'one', server: 'none' }],
    [messageType6.RENEW, { client: 'one', server: 'one' }],
    [messageType6.REBIND, { client: 'one', server: 'none' }],
    [messageType6.RELEASE, { client: 'one', server: 'one' }],
    [messageType6.DECLINE, { client: 'one', server: 'one' }],
    [messageType6.INFORMATION_REQUEST, { client: 'any', server: 'any' }],
    // RFC 7341 §7 asks for neither.
    [messageType6.DHCPV4_QUERY, { client: 'any', server: 'any' }],
    // RFC 9686 §4.2.
    [messageType6.ADDR_REG_INFORM, { client: 'one', server: 'none' }],
  ]);
