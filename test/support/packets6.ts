// DHCPv6 packets that read as sentences: `solicit(withIaNa(1), throughRelay('2001:db8::1', 'fe80::2', withInterfaceId('eth7')))`.
import { parseIpv6, parseIpv6Prefix } from '../../src/addr/ipv6.ts';
import { encodePacket6 } from '../../src/wire/v6/codec.ts';
import { encodeClientFqdn6, type ClientFqdn6 } from '../../src/wire/v6/fqdn.ts';
import { encodeIa6, encodeIaAddress6, encodeIaPrefix6 } from '../../src/wire/v6/ia.ts';
import {
  messageType6,
  type Message6,
  type MessageType6,
  type RelayMessage6,
} from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../src/wire/v6/options.ts';
import { encodeStatus6 } from '../../src/wire/v6/status.ts';
import { encodeCodes6 } from '../../src/wire/v6/values.ts';
import { encodeVendorClass6, encodeVendorOptions6 } from '../../src/wire/v6/vendor.ts';
import { bytesOf } from './bytes-of.ts';

export interface TestPacket6 {
  readonly relays: RelayMessage6[];
  readonly message: Message6;
  readonly bytes: Uint8Array;
}

interface UnderConstruction {
  readonly relays: RelayMessage6[];
  readonly message: Message6;
}

type Value = string | Uint8Array | readonly number[];

/** Changes a packet under construction; parts apply in the order they are written. */
export type PacketPart6 = (packet: UnderConstruction) => void;

/** Adds to options under construction: of an IA, of a relay, of anything that holds options. */
export type OptionsPart6 = (options: Options6) => void;

export const solicit = messageOf(messageType6.SOLICIT);
export const advertise = messageOf(messageType6.ADVERTISE);
export const request = messageOf(messageType6.REQUEST);
export const confirm = messageOf(messageType6.CONFIRM);
export const renew = messageOf(messageType6.RENEW);
export const rebind = messageOf(messageType6.REBIND);
export const reply = messageOf(messageType6.REPLY);
export const release = messageOf(messageType6.RELEASE);
export const decline = messageOf(messageType6.DECLINE);
export const informationRequest = messageOf(messageType6.INFORMATION_REQUEST);
export const leaseQuery = messageOf(messageType6.LEASEQUERY);
export const addressRegistration = messageOf(messageType6.ADDR_REG_INFORM);

/** A message of any type; it has the client's DUID unless a part removes it. */
export function messageOf(type: MessageType6): (...parts: readonly PacketPart6[]) => TestPacket6 {
  return (...parts) => {
    const options = new Options6().add(option6.clientId, bytesOf('00:03:00:01:02:00:00:00:00:01'));
    const packet: UnderConstruction = { relays: [], message: { type, transactionId: 0x123456, options } };
    for (const part of parts) part(packet);
    return { ...packet, bytes: encodePacket6(packet) };
  };
}

export const withTransactionId =
  (transactionId: number): PacketPart6 =>
  ({ message }) => {
    message.transactionId = transactionId;
  };

/** Adds an option to those that are there. */
export const withOption =
  (code: number, value: Value): PacketPart6 =>
  ({ message }) => {
    message.options.add(code, bytesOf(value));
  };

export const withoutOption =
  (code: number): PacketPart6 =>
  ({ message }) => {
    message.options.delete(code);
  };

export const withClientId =
  (duid: Value): PacketPart6 =>
  ({ message }) => {
    message.options.set(option6.clientId, bytesOf(duid));
  };

export const withServerId = (duid: Value): PacketPart6 => withOption(option6.serverId, duid);
export const withRapidCommit = (): PacketPart6 => withOption(option6.rapidCommit, []);
export const withElapsedTime = (hundredths: number): PacketPart6 =>
  withOption(option6.elapsedTime, encodeCodes6([hundredths]));
export const withRequestedOptions = (...codes: readonly number[]): PacketPart6 =>
  withOption(option6.optionRequest, encodeCodes6(codes));

export const withIaNa = (iaid: number, ...parts: readonly OptionsPart6[]): PacketPart6 =>
  withOption(option6.iaNa, encodeIa6({ iaid, t1: 0, t2: 0, options: optionsOf(parts) }));
export const withIaPd = (iaid: number, ...parts: readonly OptionsPart6[]): PacketPart6 =>
  withOption(option6.iaPd, encodeIa6({ iaid, t1: 0, t2: 0, options: optionsOf(parts) }));

/** An IA Address; lifetimes 0 unless given. */
export const address =
  (text: string, preferredLifetime = 0, validLifetime = 0): OptionsPart6 =>
  (options) => {
    const lease = { address: parseIpv6(text), preferredLifetime, validLifetime, options: new Options6() };
    options.add(option6.iaAddress, encodeIaAddress6(lease));
  };

/** An IA Prefix such as `2001:db8:1::/56`; lifetimes 0 unless given. */
export const prefix =
  (text: string, preferredLifetime = 0, validLifetime = 0): OptionsPart6 =>
  (options) => {
    const { first, length } = parseIpv6Prefix(text);
    const lease = { prefix: first, length, preferredLifetime, validLifetime, options: new Options6() };
    options.add(option6.iaPrefix, encodeIaPrefix6(lease));
  };

export const status =
  (code: number, message = ''): OptionsPart6 =>
  (options) => {
    options.add(option6.statusCode, encodeStatus6({ code, message }));
  };

export const suboption =
  (code: number, value: Value): OptionsPart6 =>
  (options) => {
    options.add(code, bytesOf(value));
  };

/** Client FQDN, S set unless said otherwise. */
export const withFqdn = (name: string, flags: Partial<ClientFqdn6> = {}): PacketPart6 =>
  withOption(
    option6.clientFqdn,
    encodeClientFqdn6({ serverUpdates: true, overridden: false, noUpdates: false, ...flags, name }),
  );

export const withVendorClass = (enterprise: number, ...data: readonly Value[]): PacketPart6 =>
  withOption(option6.vendorClass, encodeVendorClass6({ enterprise, data: data.map(bytesOf) }));
export const withVendorOptions = (enterprise: number, ...parts: readonly OptionsPart6[]): PacketPart6 =>
  withOption(option6.vendorOptions, encodeVendorOptions6({ enterprise, options: optionsOf(parts) }));

/** One more relay between the client and the server: each one is outside of those written before it. */
export const throughRelay =
  (link: string, peer: string, ...parts: readonly OptionsPart6[]): PacketPart6 =>
  ({ relays }) => {
    relays.unshift({
      type: messageType6.RELAY_FORW,
      hopCount: relays.length,
      linkAddress: parseIpv6(link),
      peerAddress: parseIpv6(peer),
      options: optionsOf(parts),
    });
  };

export const withInterfaceId = (value: Value): OptionsPart6 => suboption(option6.interfaceId, value);
export const withRemoteId = (enterprise: number, value: Value): OptionsPart6 => {
  const number = [enterprise >>> 24, (enterprise >>> 16) & 255, (enterprise >>> 8) & 255, enterprise & 255];
  return suboption(option6.remoteId, [...number, ...bytesOf(value)]);
};
export const withSubscriberId = (value: Value): OptionsPart6 => suboption(option6.subscriberId, value);
/** RFC 8357: answer to this UDP port. */
export const withRelayPort = (port: number): OptionsPart6 =>
  suboption(option6.relaySourcePort, encodeCodes6([port]));
/** RFC 6422 */
export const withSuppliedOptions = (...parts: readonly OptionsPart6[]): OptionsPart6 =>
  suboption(option6.relaySuppliedOptions, optionsOf(parts).encode());

export function optionsOf(parts: readonly OptionsPart6[]): Options6 {
  const options = new Options6();
  for (const part of parts) part(options);
  return options;
}
