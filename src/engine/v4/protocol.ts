// The DHCPv4 server: what createServer needs to know of the protocol.
import type { Lease4 } from '../../store/lease.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { encodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import { settleDraws } from '../fresh-address.ts';
import { OptionAssembler } from '../option-scopes.ts';
import { createServer, type Protocol, type Server, type ServerDeps, type ServerOptions } from '../server.ts';
import { clientFields } from './describe.ts';
import { peekPacket4 } from './peek.ts';
import { pipeline4 } from './pipeline.ts';
import { reclaimCallouts4 } from './reclaim-callouts.ts';
import { ServerIdentifiers } from './server-identifiers.ts';
import { startTransaction } from './start-transaction.ts';
import type { Engine4, Transaction4 } from './transaction.ts';

export const createServer4 = (options: ServerOptions, deps: ServerDeps<4, Lease4>): Server<Lease4> =>
  createServer(4, protocol4, options, deps);

const protocol4: Protocol<4, Lease4, Transaction4> = {
  ports: { server: 67, client: 68 },
  peek: peekPacket4,
  engine(services) {
    const engine: Engine4 = {
      ...services,
      options: new OptionAssembler({ encodeSuboptions: encodeSuboptions4 }),
      serverIdentifiers: new ServerIdentifiers(services),
    };
    return (snapshot, datagram, hooks) => startTransaction(engine, snapshot, datagram, hooks);
  },
  pipeline: pipeline4,
  settle(t) {
    settleDraws(t, { address: t.grant?.lease.address ?? null, isLeased: t.answer === messageType4.ACK });
  },
  outbound(t) {
    const { iface, source, destination, destinationPort, linkLayer, over6 } = t.outbound!;
    return { bytes: t.bytes!, iface, source, destination, destinationPort, linkLayer, over6 };
  },
  sentStatistic: (t) => sentStatistics.get(t.answer),
  clientFields,
  reclaim: reclaimCallouts4,
};

const sentStatistics: ReadonlyMap<number, string> = new Map([
  [messageType4.OFFER, 'pkt4-offer-sent'],
  [messageType4.ACK, 'pkt4-ack-sent'],
  [messageType4.NAK, 'pkt4-nak-sent'],
]);
