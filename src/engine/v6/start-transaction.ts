// A transaction at its beginning: nothing is known but the datagram and the configuration of this moment.
import type { Snapshot } from '../../config/snapshot.ts';
import type { InboundDatagram } from '../../net/transport.ts';
import type { Message6 } from '../../wire/v6/message.ts';
import { Options6 } from '../../wire/v6/options.ts';
import type { HookScope } from '../hooks.ts';
import { noReservations } from '../packet-context.ts';
import { ExpressionPacket6 } from './expression-packet.ts';
import type { Engine6, Transaction6 } from './transaction.ts';

export function startTransaction6(
  engine: Engine6,
  snapshot: Snapshot,
  datagram: InboundDatagram<6>,
  hooks: HookScope | null,
): Transaction6 {
  const transaction: Omit<Transaction6, 'packet'> & { packet: ExpressionPacket6 | null } = {
    engine,
    snapshot,
    datagram,
    hooks,
    hookQuery: null,
    hookResponse: null,
    isParsedByHook: false,
    flexId: undefined,
    query: hooks ? emptyMessage() : noMessage,
    relays: [],
    type: 0,
    duid: null,
    hardware: undefined,
    requested: [],
    ias: [],
    packet: null,
    classes: new Set(),
    subnet: null,
    identifiers: [],
    reservations: noReservations,
    name: null,
    answer: 0,
    isRapidCommit: false,
    status: null,
    committed: [],
    deleted: [],
    response: null,
    outbound: null,
    bytes: null,
  };
  transaction.packet = new ExpressionPacket6(transaction as Transaction6);
  return transaction as Transaction6;
}

const emptyMessage = (): Message6 => ({ type: 0, transactionId: 0, options: new Options6() });

/** Until the bytes are decoded. Only a callout writes to it, and then the packet has one of its own. */
const noMessage: Message6 = Object.freeze(emptyMessage());
