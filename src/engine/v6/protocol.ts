// The DHCPv6 server: what createServer needs to know of the protocol.
import type { Dhcp4o6Peer } from '../../net/dhcp4o6-peer.ts';
import type { Lease6 } from '../../store/lease.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { encodeSuboptions6 } from '../../wire/v6/options.ts';
import { settleDraws } from '../fresh-address.ts';
import { OptionAssembler } from '../option-scopes.ts';
import { createServer, type Protocol, type Server, type ServerDeps, type ServerOptions } from '../server.ts';
import { isOffer } from './assign.ts';
import { passOnResponses } from './dhcp4o6.ts';
import { clientFields } from './describe.ts';
import { peekPacket6 } from './peek.ts';
import { pipeline6 } from './pipeline.ts';
import { reclaimCallouts6 } from './reclaim-callouts.ts';
import { startTransaction6 } from './start-transaction.ts';
import type { Engine6, Transaction6 } from './transaction.ts';

export interface ServerDeps6 extends ServerDeps<6, Lease6> {
  /** RFC 8415 §11. */
  readonly serverDuid: () => Uint8Array;
  /** Without: DHCPv4 over DHCPv6 is not served (RFC 7341). */
  readonly dhcp4o6?: Dhcp4o6Peer;
}

export const createServer6 = (options: ServerOptions, deps: ServerDeps6): Server<Lease6> =>
  createServer(6, protocol6(deps), options, deps);

const protocol6 = (deps: ServerDeps6): Protocol<6, Lease6, Transaction6> => ({
  ports: { server: 547, client: 546 },
  peek: peekPacket6,
  engine(services) {
    const options = new OptionAssembler({ encodeSuboptions: encodeSuboptions6 });
    const { serverDuid, snapshot: current, dhcp4o6 = null } = deps;
    const engine: Engine6 = { ...services, options, serverDuid, dhcp4o6 };
    if (dhcp4o6) passOnResponses(engine, dhcp4o6, () => deps.hooks?.begin(current().globals) ?? null);
    return (snapshot, datagram, hooks) => startTransaction6(engine, snapshot, datagram, hooks);
  },
  pipeline: pipeline6,
  settle(t) {
    const isLeased = !isOffer(t);
    for (const s of t.ias) settleDraws(s, { address: s.grants[0]?.lease.address ?? null, isLeased });
  },
  outbound(t) {
    const { iface, source, destination, destinationPort, linkLayer } = t.outbound!;
    return { bytes: t.bytes!, iface, source, destination, destinationPort, linkLayer };
  },
  sentStatistic: (t) => sentStatistics.get(t.answer),
  clientFields,
  reclaim: reclaimCallouts6,
});

const sentStatistics: ReadonlyMap<number, string> = new Map([
  [messageType6.ADVERTISE, 'pkt6-advertise-sent'],
  [messageType6.REPLY, 'pkt6-reply-sent'],
  [messageType6.ADDR_REG_REPLY, 'pkt6-addr-reg-reply-sent'],
]);
