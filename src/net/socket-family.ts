// What differs between the two protocols at a socket: address structures and texts, scopes, broadcast or multicast.
import type { AddressOf, Family } from '../addr/family.ts';
import { formatIpv4, tryParseIpv4 } from '../addr/ipv4.ts';
import {
  formatIpv6,
  isLinkLocalIpv6,
  isMulticastIpv6,
  parseIpv6,
  readIpv6,
  tryParseIpv6,
  writeIpv6,
} from '../addr/ipv6.ts';
import { isLittleEndian } from './byte-order.ts';
import { ipv4UdpPacket } from './ipv4-frame.ts';
import { linux } from './libc.ts';
import type { MessageForm } from './shed-filter.ts';

export interface SocketFamily<F extends Family> {
  readonly domain: number;
  readonly type: 'udp4' | 'udp6';
  /** Of struct sockaddr_in or sockaddr_in6, in bytes. */
  readonly addressSize: number;
  /** Writes the whole structure. `scope` is the index of the interface that a link-local address is on. */
  writeAddress(view: DataView, offset: number, address: AddressOf<F>, port: number, scope: number): void;
  readAddress(view: DataView, offset: number): AddressOf<F>;
  format(address: AddressOf<F>): string;
  /** As the platform's own calls take it: a link-local address says its interface. */
  formatOn(iface: string, address: AddressOf<F>): string;
  /** Text of the platform or of an operator; a zone (`%eth0`) is left out. */
  tryParse(text: string): AddressOf<F> | undefined;
  isMulticast(address: AddressOf<F>): boolean;
  /** Whether a socket with this address hears one interface only. Other addresses are reached over every interface. */
  isOfOneInterface(address: AddressOf<F>): boolean;
  /** Whether binding it to one interface needs no call of the C library: the address names its interface. */
  hasZone(address: AddressOf<F>): boolean;
  /** The destination of a datagram to everybody, whichever of the interface's broadcast addresses it was sent to. */
  readonly broadcast: AddressOf<F> | null;
  /** What a newcomer sends that waits for nothing yet: the least is lost when it has to send it again. */
  readonly newcomerForms: readonly MessageForm[];
  /** The packet that reaches a client without an address by its hardware address (RFC 2131 §4.1). */
  readonly linkLayerPacket: ((payload: Uint8Array, from: End<F>, to: End<F>) => Uint8Array) | null;
}

interface End<F extends Family> {
  readonly address: AddressOf<F>;
  readonly port: number;
}

const ipv4: SocketFamily<4> = {
  domain: linux.AF_INET,
  type: 'udp4',
  addressSize: 16,
  writeAddress(view, offset, address, port) {
    view.setUint16(offset, linux.AF_INET, isLittleEndian);
    view.setUint16(offset + 2, port);
    view.setUint32(offset + 4, address);
  },
  readAddress: (view, offset) => view.getUint32(offset + 4),
  format: formatIpv4,
  formatOn: (_iface, address) => formatIpv4(address),
  tryParse: tryParseIpv4,
  isMulticast: () => false, // none is served
  isOfOneInterface: () => true,
  hasZone: () => false,
  broadcast: 0xffffffff,
  newcomerForms: [
    [
      { at: 0, size: 1, value: 1 }, // BOOTREQUEST
      { at: 8, size: 2, value: 0 }, // secs: one that asks again says so, and is heard
      { at: 240, size: 2, value: 0x3501 }, // option 53 is the first of nearly everybody
      { at: 242, size: 1, value: 1 }, // DHCPDISCOVER
    ],
  ],
  linkLayerPacket: ipv4UdpPacket,
};

/** RFC 8415 §7.1: what clients and relays on the link send to. */
export const allRelayAgentsAndServers = parseIpv6('ff02::1:2');
/** RFC 8415 §7.1: what relays send to that do not know a server's address. */
export const allServers = parseIpv6('ff05::1:3');

const hasZone = (address: bigint): boolean => isLinkLocalIpv6(address) || address >> 112n === 0xff02n;

const ipv6: SocketFamily<6> = {
  domain: linux.AF_INET6,
  type: 'udp6',
  addressSize: 28,
  writeAddress(view, offset, address, port, scope) {
    view.setUint16(offset, linux.AF_INET6, isLittleEndian);
    view.setUint16(offset + 2, port);
    view.setUint32(offset + 4, 0); // flow information
    writeIpv6(view, offset + 8, address);
    view.setUint32(offset + 24, scope, isLittleEndian);
  },
  readAddress: (view, offset) => readIpv6(view, offset + 8),
  format: formatIpv6,
  formatOn: (iface, address) =>
    iface !== '' && hasZone(address) ? `${formatIpv6(address)}%${iface}` : formatIpv6(address),
  tryParse(text) {
    const zone = text.indexOf('%');
    return tryParseIpv6(zone === -1 ? text : text.slice(0, zone));
  },
  isMulticast: isMulticastIpv6,
  // A global address is the machine's: what is sent to it may come in, and its answers leave, as routes go.
  isOfOneInterface: (address) => isLinkLocalIpv6(address) || isMulticastIpv6(address),
  hasZone,
  broadcast: null,
  newcomerForms: [
    [{ at: 0, size: 1, value: 1 }], // SOLICIT
    [
      { at: 0, size: 1, value: 12 }, // RELAY-FORW
      { at: 34, size: 2, value: 9 }, // Relay Message, where it is the first option
      { at: 38, size: 1, value: 1 },
    ],
  ],
  linkLayerPacket: null,
};

export const socketFamilies: { readonly [F in Family]: SocketFamily<F> } = { 4: ipv4, 6: ipv6 };

/** sin_port and sin6_port are in the same place. */
export const readPort = (view: DataView, offset: number): number => view.getUint16(offset + 2);
