// DHCPv4 packets that read as sentences: `discover(withClientId('01:02:03'), throughRelay('192.0.2.1', withCircuitId('eth7')))`.
import { ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { encodeMessage4 } from '../../src/wire/v4/codec.ts';
import { encodeClientFqdn4, type ClientFqdn4 } from '../../src/wire/v4/fqdn.ts';
import { emptyMessage4, messageType4, type Message4, type MessageType4 } from '../../src/wire/v4/message.ts';
import { decodeSuboptions4, encodeSuboptions4 } from '../../src/wire/v4/suboptions.ts';
import { encodeVendorOptions4 } from '../../src/wire/v4/vendor.ts';
import { bytesOf } from './bytes-of.ts';

export interface TestPacket4 {
  readonly message: Message4;
  readonly bytes: Uint8Array;
}

/** Changes a message under construction; parts apply in the order they are written. */
export type PacketPart4 = (message: Message4) => void;

/** Adds to the relay agent information of a message under construction. */
export type RelayPart4 = (suboptions: Map<number, Uint8Array>) => void;

export const discover = messageOf(messageType4.DISCOVER);
export const offer = messageOf(messageType4.OFFER);
export const request = messageOf(messageType4.REQUEST);
export const decline = messageOf(messageType4.DECLINE);
export const ack = messageOf(messageType4.ACK);
export const nak = messageOf(messageType4.NAK);
export const release = messageOf(messageType4.RELEASE);
export const inform = messageOf(messageType4.INFORM);

/** A BOOTP request: magic cookie, no message type. */
export function bootRequest(...parts: readonly PacketPart4[]): TestPacket4 {
  return packet(blank(1), parts);
}

/** The answer to somebody else's packet, e.g. to the offer that a request picks. */
export function answering(other: Message4): PacketPart4 {
  return (message) => {
    message.xid = other.xid;
    message.chaddr = other.chaddr;
    message.giaddr = other.giaddr;
    message.flags = other.flags;
  };
}

export const fromMac =
  (mac: string): PacketPart4 =>
  (message) => {
    message.chaddr = bytesOf(mac);
  };

export const withHardwareType =
  (htype: number): PacketPart4 =>
  (message) => {
    message.htype = htype;
  };

export const withXid =
  (xid: number): PacketPart4 =>
  (message) => {
    message.xid = xid;
  };

export const withSeconds =
  (secs: number): PacketPart4 =>
  (message) => {
    message.secs = secs;
  };

export const withBroadcastFlag = (): PacketPart4 => (message) => {
  message.flags |= 0x8000;
};

/** ciaddr: the client says it has this address and answers ARP for it. */
export const havingAddress =
  (address: string): PacketPart4 =>
  (message) => {
    message.ciaddr = parseIpv4(address);
  };

/** yiaddr, in answers. */
export const givingAddress =
  (address: string): PacketPart4 =>
  (message) => {
    message.yiaddr = parseIpv4(address);
  };

/** A value is text, or hexadecimal when it begins with `0x` or has the form `01:02:03`. */
export const withOption =
  (code: number, value: string | Uint8Array | readonly number[]): PacketPart4 =>
  (message) => {
    message.options.set(code, bytesOf(value));
  };

export const withoutOption =
  (code: number): PacketPart4 =>
  (message) => {
    message.options.delete(code);
  };

export const withClientId = (value: string | Uint8Array): PacketPart4 => withOption(61, value);
export const withHostName = (name: string): PacketPart4 => withOption(12, Buffer.from(name, 'latin1'));
export const withVendorClass = (text: string): PacketPart4 => withOption(60, text);
export const withUserClass = (text: string): PacketPart4 => withOption(77, text);
export const withParameters = (...codes: readonly number[]): PacketPart4 => withOption(55, codes);
export const withRequestedAddress = (address: string): PacketPart4 => withAddress(50, address);
export const withServerId = (address: string): PacketPart4 => withAddress(54, address);
/** Subnet selection option (RFC 3011). */
export const withSubnetSelection = (address: string): PacketPart4 => withAddress(118, address);
export const withLeaseTime = (seconds: number): PacketPart4 => withOption(51, ipv4Bytes(seconds));
export const withMaxMessageSize = (size: number): PacketPart4 => withOption(57, [size >>> 8, size & 255]);

/** Client FQDN, S and E set unless said otherwise. */
export const withFqdn = (name: string, flags: Partial<ClientFqdn4> = {}): PacketPart4 =>
  withOption(
    81,
    encodeClientFqdn4({
      serverUpdates: true,
      overridden: false,
      encoded: true,
      noUpdates: false,
      ...flags,
      name,
    }),
  );

/** Vendor options (125) of one enterprise. */
export const withVendorOptions = (
  enterprise: number,
  suboptions: Readonly<Record<number, string | Uint8Array>>,
): PacketPart4 =>
  withOption(
    125,
    encodeVendorOptions4([
      {
        enterprise,
        suboptions: new Map(
          Object.entries(suboptions).map(([code, value]) => [Number(code), bytesOf(value)]),
        ),
      },
    ]),
  );

/** giaddr, one hop, and option 82 if any part adds to it. */
export const throughRelay =
  (giaddr: string, ...parts: readonly RelayPart4[]): PacketPart4 =>
  (message) => {
    message.giaddr = parseIpv4(giaddr);
    message.hops += 1;
    if (parts.length === 0) return;
    const suboptions = decodeSuboptions4(message.options.get(82) ?? new Uint8Array(0));
    for (const part of parts) part(suboptions);
    message.options.set(82, encodeSuboptions4(suboptions));
  };

export const withSuboption =
  (code: number, value: string | Uint8Array | readonly number[]): RelayPart4 =>
  (suboptions) => {
    suboptions.set(code, bytesOf(value));
  };

export const withCircuitId = (value: string | Uint8Array): RelayPart4 => withSuboption(1, value);
export const withRemoteId = (value: string | Uint8Array): RelayPart4 => withSuboption(2, value);
export const withSubscriberId = (value: string): RelayPart4 => withSuboption(6, value);
export const withRelayId = (value: string | Uint8Array): RelayPart4 => withSuboption(12, value);
/** RFC 8357: answer to the port this came from. */
export const withRelayPort = (): RelayPart4 => withSuboption(19, []);
export const withLinkSelection = (address: string): RelayPart4 =>
  withSuboption(5, ipv4Bytes(parseIpv4(address)));
export const withServerIdOverride = (address: string): RelayPart4 =>
  withSuboption(11, ipv4Bytes(parseIpv4(address)));

function messageOf(type: MessageType4): (...parts: readonly PacketPart4[]) => TestPacket4 {
  const isReply = type === messageType4.OFFER || type === messageType4.ACK || type === messageType4.NAK;
  return (...parts) => {
    const message = blank(isReply ? 2 : 1);
    message.options.set(53, Uint8Array.of(type));
    return packet(message, parts);
  };
}

function packet(message: Message4, parts: readonly PacketPart4[]): TestPacket4 {
  for (const part of parts) part(message);
  return { message, bytes: encodeMessage4(message) };
}

function blank(op: number): Message4 {
  const chaddr = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
  return { ...emptyMessage4(), op, htype: 1, xid: 0x12345678, chaddr };
}

function withAddress(code: number, address: string): PacketPart4 {
  return withOption(code, ipv4Bytes(parseIpv4(address)));
}
