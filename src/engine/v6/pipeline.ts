// The whole life of a DHCPv6 packet, in order. Each step says: continue, reply, done, or drop with a reason.
import { messageType6 } from '../../wire/v6/message.ts';
import { checkService } from '../check-service.ts';
import {
  classifyByEarlyReservation,
  classifyByPools,
  classifyByReservation,
  dropMembersOfDrop,
} from '../class-steps.ts';
import { whereHooked } from '../hook-step.ts';
import { drop, type Step, type StepResult } from '../pipeline.ts';
import { acceptMessage, checkSanity, classifyByPacket, decode } from './accept.ts';
import { confirm } from './confirm.ts';
import { decline } from './decline.ts';
import { forwardQuery } from './dhcp4o6.ts';
import { rebind, renew } from './extend.ts';
import {
  bufferReceive,
  bufferSend,
  leasesCommitted,
  packetReceive,
  packetSend,
  subnetSelect,
} from './hook-steps.ts';
import { collectIdentifiers } from './identifiers.ts';
import { informationRequest } from './information-request.ts';
import { lookUp } from './lookup.ts';
import { poolsOfGrants } from './pools.ts';
import { register } from './register.ts';
import { release } from './release.ts';
import { chooseDestination, encode } from './reply-address.ts';
import { buildReply } from './reply.ts';
import { request } from './request.ts';
import { selectSubnet } from './select-subnet.ts';
import { solicit } from './solicit.ts';
import type { Transaction6 } from './transaction.ts';
import { requireMulticast } from './unicast.ts';

export const pipeline6: readonly Step<Transaction6>[] = [
  checkService, // is the service switched on?
  whereHooked(bufferReceive), // hook buffer6_receive
  decode, // bytes → relays and message
  classifyByPacket, // ALL, vendor class, tests of pass 1
  acceptMessage, // message type, server identifier, unicast
  whereHooked(packetReceive), // hook pkt6_receive
  dropMembersOfDrop, // class DROP
  checkSanity, // what the message must and must not carry
  forwardQuery, // DHCPv4 over DHCPv6: the DHCPv4 server goes on
  (t) => classifyByEarlyReservation(t, collectIdentifiers), // early-global-reservations-lookup
  selectSubnet, // which link is it?
  whereHooked(subnetSelect), // hook subnet6_select
  lookUp, // leases and candidates of every IA, reservations: one round trip
  classifyByReservation, // reserved classes, KNOWN or UNKNOWN, tests of pass 2, class DROP again
  dispatch, // one file per message type
  (t) => classifyByPools(t, poolsOfGrants(t)), // classes that wait for the leases: evaluate-additional-classes
  buildReply, // identifiers, IAs, options of every scope
  chooseDestination, // the relay, or the client
  whereHooked(leasesCommitted), // hook leases6_committed
  whereHooked(packetSend), // hook pkt6_send
  encode, // relays and message → bytes
  bufferSend, // hook buffer6_send
];

function dispatch(t: Transaction6): StepResult | Promise<StepResult> {
  if (requireMulticast(t)) return 'continue';
  switch (t.type) {
    case messageType6.SOLICIT:
      return solicit(t);
    case messageType6.REQUEST:
      return request(t);
    case messageType6.CONFIRM:
      return confirm(t);
    case messageType6.RENEW:
      return renew(t);
    case messageType6.REBIND:
      return rebind(t);
    case messageType6.RELEASE:
      return release(t);
    case messageType6.DECLINE:
      return decline(t);
    case messageType6.INFORMATION_REQUEST:
      return informationRequest(t);
    case messageType6.ADDR_REG_INFORM:
      return register(t);
    default:
      return drop('unexpected-message', `message type ${t.type} is not for servers`);
  }
}
