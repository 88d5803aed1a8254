// One packet through every decoder of the wire room; anything but its own errors escapes to the caller.
import type { Family } from '../../src/addr/family.ts';
import { standardDefinitions, topSpace } from '../../src/wire/definitions.ts';
import { WireError } from '../../src/wire/cursor.ts';
import type { OptionDefinitions } from '../../src/wire/option-definition.ts';
import { decodeOptionText, encodeOptionText, optionText } from '../../src/wire/option-text.ts';
import { decodeOptionTree } from '../../src/wire/suboption-tree.ts';
import { TcpFrameReader } from '../../src/wire/tcp-frames.ts';
import { agentInformation4 } from '../../src/wire/v4/agent.ts';
import { decodeMessage4, encodeMessage4, maxMessageSize4 } from '../../src/wire/v4/codec.ts';
import { decodeClientFqdn4, hostNameText4 } from '../../src/wire/v4/fqdn.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { decodeVendorClasses4, decodeVendorOptions4 } from '../../src/wire/v4/vendor.ts';
import { decodePacket6, encodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeDhcp4o6 } from '../../src/wire/v6/dhcp4o6.ts';
import { decodeDuid } from '../../src/wire/v6/duid.ts';
import { decodeClientFqdn6 } from '../../src/wire/v6/fqdn.ts';
import * as ia from '../../src/wire/v6/ia.ts';
import * as leaseQuery from '../../src/wire/v6/leasequery.ts';
import type { Packet6 } from '../../src/wire/v6/message.ts';
import type { Options6 } from '../../src/wire/v6/options.ts';
import { decodePdExclude6 } from '../../src/wire/v6/pd-exclude.ts';
import { relayReplies6 } from '../../src/wire/v6/relay.ts';
import { decodeStatus6 } from '../../src/wire/v6/status.ts';
import * as values from '../../src/wire/v6/values.ts';
import * as vendor from '../../src/wire/v6/vendor.ts';

type Attempt = <T>(what: string, decode: () => T) => T | undefined;
type PayloadDecoders = readonly (readonly [code: number, decode: (bytes: Uint8Array) => unknown])[];

/** Returns a function from packet to the outcomes it met, such as `message: ok` or `option 81: option-value`. */
export function exerciseWire(family: Family = 4): (packet: Uint8Array) => readonly string[] {
  const definitions = standardDefinitions(family);
  const exercise = family === 4 ? exercise4 : exercise6;

  return (packet) => {
    const outcomes: string[] = [];
    exercise(packet, definitions, (what, decode) => {
      try {
        const result = decode();
        outcomes.push(`${what}: ok`);
        return result;
      } catch (thrown) {
        if (!(thrown instanceof WireError)) throw thrown;
        outcomes.push(`${what}: ${thrown.reason}`);
        return undefined;
      }
    });
    return outcomes;
  };
}

function exercise4(packet: Uint8Array, definitions: OptionDefinitions, attempt: Attempt): void {
  const message = attempt('message', () => decodeMessage4(packet));
  attempt('lenient', () => decodeMessage4(packet, { lenient: true, bootp: true }));
  if (!message) return;
  attempt('agent information', () => agentInformation4(message));
  exerciseOptions(message.options, payloadDecoders4, definitions, attempt);
  checkAgain4(message);
}

function exercise6(bytes: Uint8Array, definitions: OptionDefinitions, attempt: Attempt): void {
  attempt('frames', () => new TcpFrameReader().push(bytes));
  const lenient = attempt('lenient', () => decodePacket6(bytes, { lenient: true }));
  const packet = attempt('message', () => decodePacket6(bytes));
  if (lenient) encodePacket6(lenient);
  if (!packet) return;
  const { relays, message } = packet;
  attempt('relay replies', () => encodePacket6({ relays: relayReplies6(relays), message }));
  for (const { options } of relays) exerciseOptions(options, payloadDecoders6, definitions, attempt);
  exerciseOptions(message.options, payloadDecoders6, definitions, attempt);
  attempt('elapsed time', () => values.elapsedTime6(message.options));
  attempt('DHCPv4 inside', () => decodeMessage4(decodeDhcp4o6(message).bytes));
  checkAgain6(packet, bytes);
}

function exerciseOptions(
  options: Iterable<readonly [code: number, bytes: Uint8Array]>,
  decoders: PayloadDecoders,
  definitions: OptionDefinitions,
  attempt: Attempt,
): void {
  const { family } = definitions;
  for (const [code, bytes] of options) {
    for (const [of, decode] of decoders) if (of === code) attempt(`option ${code}`, () => decode(bytes));
    const definition = definitions.byCode(topSpace(family), code);
    optionText(definition, bytes, { code, definitions });
    const { data, csvFormat } = decodeOptionText(definition, bytes, family);
    encodeOptionText(csvFormat ? definition : undefined, data, csvFormat, family);
    if (definition) attempt('fields', () => decodeOptionTree(definition, bytes, definitions));
  }
}

const payloadDecoders4: PayloadDecoders = [
  [12, hostNameText4],
  [81, decodeClientFqdn4],
  [124, decodeVendorClasses4],
  [125, decodeVendorOptions4],
];

/** An IA with everything that a server reads in it. */
function exerciseIa(bytes: Uint8Array): void {
  const { options } = ia.decodeIa6(bytes);
  exerciseLeases(options);
}

function exerciseLeases(options: Options6): void {
  for (const status of options.all(13)) decodeStatus6(status);
  ia.iaAddresses6(options);
  for (const lease of ia.iaPrefixes6(options)) {
    for (const excluded of lease.options.all(67)) decodePdExclude6(excluded, lease);
  }
}

const payloadDecoders6: PayloadDecoders = [
  [1, decodeDuid],
  [2, decodeDuid],
  [3, exerciseIa],
  [4, ia.decodeIaTa6],
  [5, ia.decodeIaAddress6],
  [6, (bytes) => values.decodeCodes6(bytes)],
  [13, decodeStatus6],
  [15, vendor.decodeUserClass6],
  [16, vendor.decodeVendorClass6],
  [17, vendor.decodeVendorOptions6],
  [25, exerciseIa],
  [26, ia.decodeIaPrefix6],
  [39, decodeClientFqdn6],
  [44, (bytes) => exerciseLeases(leaseQuery.decodeLeaseQuery6(bytes).options)],
  [45, (bytes) => exerciseLeases(leaseQuery.decodeClientData6(bytes))],
  [47, leaseQuery.decodeLqRelayData6],
  [48, (bytes) => values.decodeAddresses6(bytes, 'links')],
  [79, values.decodeLinkLayerAddress6],
];

/** What was decoded encodes, and decodes to the same number of options. */
function checkAgain4(message: Message4): void {
  const again = decodeMessage4(encodeMessage4(message));
  if (again.options.size !== message.options.size) throw new Error('an option was lost in encoding');
  decodeMessage4(encodeMessage4(message, { maxSize: maxMessageSize4(message) }));
}

/** What was decoded encodes to the same bytes. */
function checkAgain6(packet: Packet6, bytes: Uint8Array): void {
  if (Buffer.compare(encodePacket6(packet), bytes) !== 0) throw new Error('encoding changed a packet');
}
