// One requester's TCP connection: several queries side by side, each answered as fast as the requester reads.
import type { Socket } from 'node:net';
import { formatIpv6 } from '../../addr/ipv6.ts';
import { messageOf } from '../../errors.ts';
import { TcpFrameReader, tcpFrame } from '../../wire/tcp-frames.ts';
import { decodePacket6 } from '../../wire/v6/codec.ts';
import type { Message6 } from '../../wire/v6/message.ts';
import {
  bytesOf,
  clientData,
  dataFor,
  doneWith,
  nothingFound,
  replyTo,
  somethingFound,
  terminated,
} from './answers.ts';
import { findClients } from './bulk-query.ts';
import type { BulkParameters } from './parameters.ts';
import { describe, isLeaseQuery, isStatus, readQuestion, reasonToDiscard } from './query.ts';
import type { LeaseQueryService } from './service.ts';

export class BulkConnection {
  readonly requester: bigint;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #service: LeaseQueryService;
  readonly #parameters: BulkParameters;
  readonly #frames = new TcpFrameReader();
  /** Queries that came and have to wait; meanwhile nothing is read. */
  #waiting: Uint8Array[] = [];
  /** Transaction ids of those under way. */
  readonly #underWay = new Set<number>();
  /** Until the requester has read what was written. */
  #drained: Promise<void> | null = null;
  #isEnding = false;

  constructor(
    socket: Socket,
    requester: bigint,
    deps: { readonly service: LeaseQueryService; readonly parameters: BulkParameters },
  ) {
    this.requester = requester;
    this.#socket = socket;
    this.#service = deps.service;
    this.#parameters = deps.parameters;
    this.closed = new Promise((closed) => socket.once('close', () => closed()));
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    // What goes wrong with a connection ends it, and 'close' follows.
    socket.on('error', () => undefined);
    socket.setTimeout(deps.parameters.maxIdleTime * 1000, () => this.#idle());
  }

  /** Tells queries under way that they are over, then closes; a requester that does not read is cut off. */
  async end(): Promise<void> {
    this.#finish();
    const cutOff = setTimeout(() => this.#socket.destroy(), patience);
    await this.closed;
    clearTimeout(cutOff);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isEnding) return;
    try {
      this.#waiting.push(...this.#frames.push(bytes));
    } catch {
      return this.#refuse('BULK_LEASE_QUERY_EMPTY_REQUEST', 'a query has no bytes');
    }
    this.#advance();
  }

  #advance(): void {
    const { maxConcurrentQueries } = this.#parameters;
    while (this.#waiting.length > 0 && this.#underWay.size < maxConcurrentQueries)
      this.#begin(this.#waiting.shift()!);
    if (this.#waiting.length === 0) {
      this.#socket.resume();
      return;
    }
    this.#socket.pause();
    const text = `${this.#underWay.size} queries are under way, ${this.#waiting.length} wait`;
    this.#log.debug('BULK_LEASE_QUERY_AT_MAX_CONCURRENT_QUERIES', text, this.#fields);
  }

  /** RFC 5460 §7.2: what is no valid LEASEQUERY ends the connection. */
  #begin(frame: Uint8Array): void {
    let message: Message6;
    try {
      const packet = decodePacket6(frame);
      message = packet.message;
      if (packet.relays.length > 0 || !isLeaseQuery(message)) {
        const type = packet.relays[0]?.type ?? message.type;
        return this.#refuse('BULK_LEASE_QUERY6_UNSUPPORTED_MSG_TYPE', `message type ${type} is no query`);
      }
    } catch (error) {
      return this.#refuse('BULK_LEASE_QUERY_UNPACK_ERROR', messageOf(error));
    }
    const reason = reasonToDiscard(message, this.#service.handle.server.duid());
    if (reason !== null) return this.#refuse('BULK_LEASE_QUERY_INVALID_REQUEST', reason);
    const { transactionId } = message;
    const fields = describe(message, this.requester);
    if (this.#underWay.has(transactionId)) {
      this.#log.warn('BULK_LEASE_QUERY_DUPLICATE_XID', 'the transaction id is that of another query', fields);
      return;
    }
    this.#log.debug('BULK_LEASE_QUERY_QUERY_RECEIVED', 'a bulk query came', fields);
    this.#underWay.add(transactionId);
    void this.#answer(message).finally(() => {
      this.#underWay.delete(transactionId);
      if (this.#isEnding) this.#finish();
      else this.#advance();
    });
  }

  /** Never rejects. */
  async #answer(query: Message6): Promise<void> {
    let isReplied = false;
    const duid = this.#service.handle.server.duid();
    try {
      const { byRelayInformation } = this.#parameters;
      const question = readQuestion(query, { bulk: true, byRelayInformation });
      const found = isStatus(question) ? question : await findClients(question, this.#service);
      if (isStatus(found)) return await this.#send(replyTo(query, duid, found));
      for await (const data of found) {
        if (this.#isEnding) throw new Error('the server closes the connection');
        const one = clientData(data);
        await this.#send(isReplied ? dataFor(query, one) : replyTo(query, duid, somethingFound, one));
        isReplied = true;
      }
      // RFC 5460 §5.2.2: only what had at least one binding ends with LEASEQUERY-DONE.
      await this.#send(isReplied ? doneWith(query, null) : replyTo(query, duid, nothingFound));
      this.#log.debug('BULK_LEASE_QUERY_RESPONSE_SENT', 'a bulk query is answered', this.#fields);
    } catch (error) {
      if (this.#socket.destroyed) return;
      const text = messageOf(error);
      this.#log.warn('BULK_LEASE_QUERY_PROCESSING_UNEXPECTED_FAILURE', text, this.#fields);
      const status = terminated(text);
      this.#write(isReplied ? doneWith(query, status) : replyTo(query, duid, status));
    }
  }

  /** Resolves when more may be written. Rejects when the connection is gone. */
  async #send(message: Message6): Promise<void> {
    if (!this.#write(message) && !this.#socket.destroyed) await (this.#drained ??= this.#drain());
    if (this.#socket.destroyed) throw new Error('the connection is closed');
  }

  #write(message: Message6): boolean {
    return this.#socket.write(tcpFrame(bytesOf(message)));
  }

  #drain(): Promise<void> {
    return new Promise<void>((resolve) => {
      const done = (): void => {
        this.#drained = null;
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  /** Nothing came or went: only a query that waits for the store may take its time. */
  #idle(): void {
    if (this.#underWay.size > 0 && !this.#drained)
      this.#socket.setTimeout(this.#parameters.maxIdleTime * 1000);
    else this.#socket.destroy();
  }

  #refuse(id: string, problem: string): void {
    this.#log.warn(id, `a requester is disconnected: ${problem}`, this.#fields);
    this.#finish();
  }

  /** Nothing more is begun; closes when the queries under way have said that they end. */
  #finish(): void {
    this.#isEnding = true;
    this.#waiting = [];
    if (this.#underWay.size === 0) this.#socket.destroySoon();
  }

  get #log() {
    return this.#service.handle.log;
  }
  get #fields() {
    return { requester: formatIpv6(this.requester) };
  }
}

/** Milliseconds that a requester has to read the end. */
const patience = 1_000;
