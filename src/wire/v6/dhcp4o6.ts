// DHCPv4 over DHCPv6 (RFC 7341): DHCPV4-QUERY and DHCPV4-RESPONSE carry a DHCPv4 message in option 87.
import { WireError } from '../cursor.ts';
import { messageType6, type Message6 } from './message.ts';
import { option6 } from './option-codes.ts';
import { Options6 } from './options.ts';

export interface Dhcp4o6 {
  readonly type: typeof messageType6.DHCPV4_QUERY | typeof messageType6.DHCPV4_RESPONSE;
  /** U flag: the DHCPv4 message would have gone by unicast (RFC 7341 §6.3). Servers leave it unset. */
  readonly unicast: boolean;
  /** For `decodeMessage4`. */
  readonly bytes: Uint8Array;
}

/** Throws WireError when the message is of another type or has no DHCPv4 Message option, or several (RFC 7341 §7.1). */
export function decodeDhcp4o6({ type, transactionId, options }: Message6): Dhcp4o6 {
  if (type !== messageType6.DHCPV4_QUERY && type !== messageType6.DHCPV4_RESPONSE) {
    throw new WireError('WIRE_MALFORMED', 'message-type', `message type ${type} carries no DHCPv4 message`);
  }
  const [bytes, ...more] = options.all(option6.dhcpv4Message);
  if (bytes === undefined || more.length > 0) {
    throw new WireError(
      'WIRE_MALFORMED',
      'option-value',
      `${more.length + (bytes ? 1 : 0)} DHCPv4 Message options where there must be one`,
    );
  }
  return { type, unicast: (transactionId & unicastFlag) !== 0, bytes };
}

/** Other options may be added to the message. */
export function encodeDhcp4o6({ type, unicast, bytes }: Dhcp4o6): Message6 {
  const options = new Options6().add(option6.dhcpv4Message, bytes);
  return { type, transactionId: unicast ? unicastFlag : 0, options };
}

/** RFC 7341 §6.2: the first of 24 flags, where other messages have their transaction id. */
const unicastFlag = 0x800000;
