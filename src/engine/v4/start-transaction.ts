// A transaction at its beginning: nothing is known but the datagram and the configuration of this moment.
import type { Snapshot } from '../../config/snapshot.ts';
import type { InboundDatagram } from '../../net/transport.ts';
import { emptyMessage4, type Message4 } from '../../wire/v4/message.ts';
import type { HookScope } from '../hooks.ts';
import { ExpressionPacket4 } from './expression-packet.ts';
import { noOffers } from '../address-search.ts';
import { noReservations } from '../packet-context.ts';
import { noName, type Engine4, type Transaction4 } from './transaction.ts';

export function startTransaction(
  engine: Engine4,
  snapshot: Snapshot,
  datagram: InboundDatagram,
  hooks: HookScope | null,
): Transaction4 {
  const transaction: Omit<Transaction4, 'packet'> & { packet: ExpressionPacket4 | null } = {
    engine,
    snapshot,
    datagram,
    hooks,
    hookQuery: null,
    hookResponse: null,
    isParsedByHook: false,
    flexId: undefined,
    query: hooks ? emptyMessage4() : noMessage,
    type: 0,
    clientId: null,
    agent: null,
    agentBytes: null,
    agentStashed: false,
    packet: null,
    classes: new Set(),
    subnet: null,
    leaseType: 0,
    client: null,
    isOfferPublic: false,
    identifiers: [],
    reservations: noReservations,
    own: [],
    isRecalled: false,
    held: new Map(),
    offers: noOffers,
    now: 0,
    draws: [],
    name: noName,
    grant: null,
    written: null,
    offerLifetime: 0,
    isRefused: false,
    reused: false,
    answer: 0,
    v6Only: false,
    response: null,
    outbound: null,
    bytes: null,
  };
  transaction.packet = new ExpressionPacket4(transaction as Transaction4);
  return transaction as Transaction4;
}

/** Until the bytes are decoded. Only a callout writes to it, and then the packet has one of its own. */
const noMessage: Message4 = Object.freeze(emptyMessage4());
