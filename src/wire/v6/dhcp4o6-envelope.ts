// DHCPV4-QUERY and -RESPONSE between the two daemons of one machine, as Kea's pass them on: the packet, and in a vendor
// option where its client was heard.
import { ipv6Bytes, ipv6FromBytes } from '../../addr/ipv6.ts';
import { putUint16, uint16At } from '../big-endian.ts';
import { WireError } from '../cursor.ts';
import { decodePacket6, encodePacket6 } from './codec.ts';
import type { Message6, RelayMessage6 } from './message.ts';
import { option6 } from './option-codes.ts';
import { Options6 } from './options.ts';
import { decodeVendorOptions6, encodeVendorOptions6 } from './vendor.ts';

/** Where a packet was heard by the DHCPv6 server, and so where its answer goes. */
export interface Envelope4o6 {
  /** Outermost first; RELAY-FORW of a query, RELAY-REPL of a response. */
  readonly relays: readonly RelayMessage6[];
  readonly iface: string;
  /** Of the client, or of the relay next to the server. */
  readonly address: bigint;
  readonly port: number;
}

export interface Enveloped4o6 extends Envelope4o6 {
  readonly message: Message6;
}

/** Throws WIRE_VALUE as encodePacket6 does. */
export function encodeEnveloped4o6({ relays, message, iface, address, port }: Enveloped4o6): Uint8Array {
  const portBytes = new Uint8Array(2);
  putUint16(portBytes, 0, port);
  const where = new Options6()
    .add(suboption.iface, Buffer.from(iface, 'utf8'))
    .add(suboption.sourceAddress, ipv6Bytes(address))
    .add(suboption.sourcePort, portBytes);
  const options = withoutEnvelope(message.options);
  options.add(option6.vendorOptions, encodeVendorOptions6({ enterprise: isc, options: where }));
  return encodePacket6({ relays, message: { ...message, options } });
}

/** The message comes without the vendor option. Throws WireError when the bytes are no packet or do not say where it was heard. */
export function decodeEnveloped4o6(bytes: Uint8Array): Enveloped4o6 {
  const { relays, message } = decodePacket6(bytes);
  const vendor = message.options.all(option6.vendorOptions).find(isEnvelope);
  if (!vendor) throw malformed('there is no vendor option that says where the packet was heard');
  const { options } = decodeVendorOptions6(vendor);
  const iface = options.get(suboption.iface);
  const address = options.get(suboption.sourceAddress);
  const port = options.get(suboption.sourcePort);
  if (!iface || iface.length === 0) throw malformed('the vendor option names no interface');
  if (address?.length !== 16) throw malformed('the vendor option has no source address');
  if (port?.length !== 2) throw malformed('the vendor option has no source port');
  return {
    relays,
    message: { ...message, options: withoutEnvelope(message.options) },
    iface: Buffer.from(iface).toString('utf8'),
    address: ipv6FromBytes(address),
    port: uint16At(port, 0),
  };
}

/** Whatever a client puts there must not be taken for ours. */
function withoutEnvelope(options: Options6): Options6 {
  const kept = new Options6();
  for (const [code, value] of options)
    if (code !== option6.vendorOptions || !isEnvelope(value)) kept.add(code, value);
  return kept;
}

function isEnvelope(vendor: Uint8Array): boolean {
  return vendor.length >= 4 && vendor[0] === 0 && vendor[1] === 0 && uint16At(vendor, 2) === isc;
}

const malformed = (problem: string): WireError => new WireError('WIRE_MALFORMED', 'option-value', problem);

/** IANA's private enterprise number of ISC. */
const isc = 2495;
const suboption = { iface: 60000, sourceAddress: 60001, sourcePort: 60002 } as const;
