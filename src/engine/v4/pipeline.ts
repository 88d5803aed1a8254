// The whole life of a DHCPv4 packet, in order. Each step says: continue, reply, done, or drop with a reason.
import { messageType4 } from '../../wire/v4/message.ts';
import { encodeMessage4, maxMessageSize4 } from '../../wire/v4/codec.ts';
import { drop, type Step, type StepResult } from '../pipeline.ts';
import { checkService } from '../check-service.ts';
import {
  classifyByEarlyReservation,
  classifyByPools,
  classifyByReservation,
  dropMembersOfDrop,
} from '../class-steps.ts';
import { poolOf } from '../eligible.ts';
import { whereHooked } from '../hook-step.ts';
import { acceptMessage, checkSanity, classifyByPacket, decode } from './accept.ts';
import { decline } from './decline.ts';
import { discover } from './discover.ts';
import {
  bufferReceive,
  bufferSend,
  leaseOffer,
  leasesCommitted,
  packetReceive,
  packetSend,
  subnetSelect,
} from './hook-steps.ts';
import { collectIdentifiers } from './identifiers.ts';
import { inform } from './inform.ts';
import { lookUp } from './lookup.ts';
import { release } from './release.ts';
import { addOptions, startReply } from './reply.ts';
import { chooseDestination } from './reply-address.ts';
import { request } from './request.ts';
import { selectSubnet } from './select-subnet.ts';
import { recoverAgentInformation } from './stash.ts';
import type { Transaction4 } from './transaction.ts';

export const pipeline4: readonly Step<Transaction4>[] = [
  checkService, // is the service switched on?
  whereHooked(bufferReceive), // hook buffer4_receive
  decode, // bytes → message
  recoverAgentInformation, // stash-agent-options: option 82 from the lease of a direct renewal
  classifyByPacket, // ALL, vendor class, tests of pass 1
  acceptMessage, // message type, direct INFORM, server identifier
  whereHooked(packetReceive), // hook pkt4_receive
  dropMembersOfDrop, // class DROP
  checkSanity, // what the message must and must not carry
  (t) => classifyByEarlyReservation(t, collectIdentifiers), // early-global-reservations-lookup
  selectSubnet, // which link is it?
  whereHooked(subnetSelect), // hook subnet4_select
  lookUp, // leases, wanted addresses and reservations: one round trip
  classifyByReservation, // reserved classes, KNOWN or UNKNOWN, tests of pass 2, class DROP again
  dispatch, // one file per message type
  classifyByAddress, // classes that wait for the address: evaluate-additional-classes
  startReply, // header fields
  addOptions, // options of every scope
  chooseDestination, // RFC 2131 §4.1
  whereHooked(leaseOffer), // hook lease4_offer
  whereHooked(leasesCommitted), // hook leases4_committed
  whereHooked(packetSend), // hook pkt4_send
  encode, // message → bytes
  bufferSend, // hook buffer4_send
];

function classifyByAddress(t: Transaction4): StepResult {
  const pool = t.grant && t.subnet && poolOf(t.subnet.pools, t.grant.lease.address, t.classes);
  return classifyByPools(t, pool ? [pool] : []);
}

function dispatch(t: Transaction4): StepResult | Promise<StepResult> {
  switch (t.type) {
    case messageType4.DISCOVER:
      return discover(t);
    case messageType4.REQUEST:
      return request(t);
    case messageType4.DECLINE:
      return decline(t);
    case messageType4.RELEASE:
      return release(t);
    case messageType4.INFORM:
      return inform(t);
    default:
      return drop('unexpected-message', `message type ${t.type} is not for servers`);
  }
}

function encode(t: Transaction4): StepResult {
  // A pkt4_send callout did it.
  if (t.bytes) return 'continue';
  t.bytes = encodeMessage4(t.response!, {
    maxSize: maxMessageSize4(t.query),
    onDropped: (codes) =>
      t.engine.log.debug('DHCP4_PACKET_OPTIONS_SKIPPED', `no room for options ${codes.join(', ')}`),
  });
  return 'continue';
}
