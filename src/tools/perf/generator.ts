// The load itself: queries leave on schedule whatever the server does, answers are matched, timed and followed up.
import { BoundClients, bindingOf } from './bound-clients.ts';
import { Histogram } from './histogram.ts';
import { InFlight, type Query, type Stage } from './in-flight.ts';
import type { PerfOptions } from './options.ts';
import { Pacer } from './pacer.ts';
import { emptyAnswer, type AnswerKind, type Lease, type PerfProtocol } from './protocol.ts';
import { perfReport, type PerfReport, type PreloadReport } from './report.ts';
import { Retransmissions } from './retransmissions.ts';
import type { PerfSocket } from './socket.ts';
import { Tally, type SecondReport } from './tally.ts';

export interface PerfDeps {
  readonly protocol: PerfProtocol;
  readonly socket: PerfSocket;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** 0 ≤ x < 1: the first transaction id, and the chance in retransmissions. */
  readonly random: () => number;
  readonly onSecond?: (report: SecondReport) => void;
  /** Ends the run early; what was counted is reported. */
  readonly signal?: AbortSignal;
}

const capacity = 2 ** 19;
/** Queries in one go before answers are read again. */
const burst = 128;
/** A query this many milliseconds late is timed from when it was due: a stall of the generator hides nothing. */
const timerSlack = 2;
const tickMilliseconds = 1;
/** On average, before the preload gives up. */
const triesPerClient = 5;
/** Why an answer that refuses nothing is none. */
const noLease = 'no lease';

const isFirst = ({ stage }: Query): boolean => stage === 'first';

/** Binds the clients of `preload`, then runs to the end. Never rejects. */
export async function runPerf(options: PerfOptions, deps: PerfDeps): Promise<PerfReport> {
  const generator = new Generator(options, deps);
  deps.socket.onMessage((bytes) => generator.receive(bytes));
  if (options.preload > 0) await generator.preload();
  return await generator.run();
}

class Generator {
  readonly #options: PerfOptions;
  readonly #deps: PerfDeps;
  readonly #inFlight: InFlight;
  readonly #bound: BoundClients;
  /** Null: every query is sent once. */
  readonly #retransmissions: Retransmissions<Query> | null;
  readonly #lag = new Histogram();
  readonly #answer = emptyAnswer();
  #tally: Tally;
  #nextClient = 0;
  #nextServer = 0;
  /** Clients of the preload that are still to bind, newest last; null once the run began. */
  #toBind: number[] | null = null;
  #preload: PreloadReport | null = null;
  #lastCompleted = 0;
  /** Releases that were due while nobody was bound. */
  #releasesOwed = 0;
  /** Called after each answer: a run without a rate goes on then. */
  #onAnswer: () => void = () => undefined;

  constructor(options: PerfOptions, deps: PerfDeps) {
    this.#options = options;
    this.#deps = deps;
    const { xids, patience } = deps.protocol;
    this.#inFlight = new InFlight(capacity, xids, Math.floor(deps.random() * xids));
    this.#bound = new BoundClients({
      keep: options.renewRate > 0 || options.releaseRate > 0 || options.preload > 0,
      unique: options.unique,
    });
    this.#retransmissions = options.retransmit
      ? new Retransmissions(deps.now(), { patience, random: deps.random, isFirst })
      : null;
    this.#tally = new Tally(deps.now());
  }

  async preload(): Promise<void> {
    const { preload, window } = this.#options;
    const start = this.#deps.now();
    const toBind = Array.from({ length: preload }, (_, i) => preload - 1 - i);
    this.#toBind = toBind;
    this.#nextClient = preload % this.#options.clients;
    let tries = preload * triesPerClient;
    const fill = (): void => {
      while (toBind.length > 0 && tries > 0 && this.#inFlight.open < window) {
        tries--;
        this.#begin(toBind.pop()!, this.#deps.now());
      }
    };
    this.#onAnswer = fill;
    await this.#loop(() => {
      fill();
      return (toBind.length > 0 && tries > 0) || this.#inFlight.open > 0 ? tickMilliseconds : null;
    });
    this.#toBind = null;
    const { first, second } = this.#tally.reports();
    this.#preload = {
      bound: this.#bound.count,
      seconds: (this.#lastCompleted - start) / 1000,
      lost: first.lost + second.lost,
      refused: first.refused + second.refused,
      retransmitted: first.retransmitted + second.retransmitted,
    };
  }

  async run(): Promise<PerfReport> {
    const { options, now } = { options: this.#options, now: this.#deps.now };
    const start = now();
    const cpu = process.cpuUsage();
    this.#tally = new Tally(start);
    const end = options.period === null ? Infinity : start + options.period * 1000;
    const within = (rate: number): number =>
      options.period === null ? Infinity : Math.round(rate * options.period);
    const rate = options.rate ?? Infinity;
    const exchanges = new Pacer(rate, start, Math.min(options.exchanges ?? Infinity, within(rate)));
    const renewals = new Pacer(options.renewRate, start, within(options.renewRate));
    const releases = new Pacer(options.releaseRate, start, within(options.releaseRate));
    const isWindowed = options.rate === null;
    const hasOther = options.period !== null && options.renewRate + options.releaseRate > 0;

    const fill = (): void => {
      while (this.#inFlight.open < options.window && !exchanges.exhausted && now() < end) {
        exchanges.take();
        this.#begin(this.#takeClient(), now());
      }
    };
    this.#onAnswer = isWindowed ? fill : () => undefined;

    const due: readonly (readonly [Pacer, (dueAt: number) => void])[] = [
      ...(isWindowed ? [] : [[exchanges, (t: number) => this.#begin(this.#takeClient(), t)] as const]),
      [renewals, (t: number) => this.#renew(t)],
      [releases, (t: number) => this.#release(t)],
    ];
    let stopped = Infinity;
    await this.#loop(() => {
      const at = now();
      this.#tally.tick(at, this.#deps.onSecond ?? (() => undefined));
      if (stopped === Infinity) {
        if (isWindowed) fill();
        const hasMore = due.map(([pacer, act]) => this.#sendDue(pacer, act, Math.min(at, end))).some(Boolean);
        if (hasMore) return 0;
        if (at >= end || (exchanges.exhausted && !hasOther))
          stopped = isWindowed || end === Infinity ? Math.min(at, end) : end;
        else return tickMilliseconds;
      }
      return this.#inFlight.open > 0 && at - stopped < options.exitWait ? tickMilliseconds : null;
    });
    if (stopped === Infinity) stopped = now();
    this.#onAnswer = () => undefined;
    this.#inFlight.expire(Infinity, (query) => this.#expired(query));

    // Paced: what was offered in the period came through. Windowed: from the first query to the last lease.
    const ended = isWindowed && this.#lastCompleted > start ? this.#lastCompleted : stopped;
    return perfReport({
      options,
      names: this.#deps.protocol.names,
      seconds: Math.max(0.001, (ended - start) / 1000),
      tally: this.#tally,
      bound: this.#bound,
      preload: this.#preload,
      lag: this.#lag,
      cpu: process.cpuUsage(cpu),
      elapsed: now() - start,
      failures: this.#deps.socket.failures,
    });
  }

  receive(bytes: Uint8Array): void {
    const answer = this.#answer;
    if (!this.#deps.protocol.read(bytes, answer)) {
      this.#tally.foreign++;
      return;
    }
    const waiting = this.#inFlight.peek(answer.xid);
    // An OFFER of another server after this one's, or an answer after its time.
    if (waiting === undefined || !this.#answers(answer.kind, waiting.stage)) {
      this.#tally.late++;
      return;
    }
    const refusal =
      answer.refusal === '' && !answer.hasLease && waiting.stage !== 'release' ? noLease : answer.refusal;
    // RFC 8415 §18.2.9: an ADVERTISE without a lease is ignored; a client that asks again may hear a better one.
    if (refusal !== '' && answer.kind === 'offer' && this.#retransmissions !== null) {
      this.#tally.refused(waiting.stage, refusal);
      return;
    }
    this.#inFlight.take(answer.xid);
    const now = this.#deps.now();
    const took = now - waiting.sentAt;
    if (refusal !== '') {
      this.#tally.refused(waiting.stage, refusal);
      // RFC 2131 §3.1 (5), RFC 8415 §18.2.10.1: after a NAK or a status like it the client begins anew.
      if (this.#toBind === null && this.#retransmissions !== null && waiting.stage === 'second')
        this.#begin(waiting.client, now);
      else this.#retry(waiting);
    } else if (answer.kind === 'offer' && !this.#options.firstHalfOnly) {
      this.#tally.answered('first', took, false);
      // Only who may have to ask again keeps what was offered.
      const binding = this.#retransmissions && bindingOf(waiting.client, answer);
      const query: Query = { ...waiting, stage: 'second', sentAt: now, binding };
      this.#inFlight.continue(answer.xid, query);
      this.#send('second', this.#deps.protocol.second(waiting.client, answer.xid, answer, 0), waiting.server);
      this.#retransmissions?.add(now, answer.xid, query);
    } else {
      const completes = waiting.stage === 'first' || waiting.stage === 'second';
      this.#tally.answered(waiting.stage, took, completes);
      if (completes) this.#lastCompleted = now;
      if (answer.kind === 'reply' && waiting.stage !== 'release') this.#bind(waiting.client, answer);
    }
    this.#onAnswer();
  }

  #bind(client: number, lease: Lease): void {
    this.#bound.add(client, lease);
    if (this.#releasesOwed === 0 || this.#bound.count === 0) return;
    this.#releasesOwed--;
    this.#release(this.#deps.now());
  }

  #answers(kind: AnswerKind, stage: Stage): boolean {
    if (kind === 'offer') return stage === 'first';
    // RFC 8415 §18.2.1: with rapid commit a SOLICIT may be answered by the REPLY.
    return stage !== 'first' || this.#options.rapidCommit;
  }

  /** `step` answers milliseconds until it wants to be called again, 0 = after what arrived was read, null = done. */
  #loop(step: () => number | null): Promise<void> {
    return new Promise((resolve) => {
      const turn = (): void => {
        this.#inFlight.expire(this.#deps.now() - this.#options.dropTime, (query) => this.#expired(query));
        this.#retransmissions?.due(this.#deps.now(), (xid, query) => this.#again(xid, query));
        const pause = this.#deps.signal?.aborted === true ? null : step();
        if (pause === null) resolve();
        else if (pause === 0) setImmediate(turn);
        else setTimeout(turn, pause);
      };
      turn();
    });
  }

  /** True when more is due than one burst. */
  #sendDue(pacer: Pacer, act: (dueAt: number) => void, now: number): boolean {
    for (let i = 0; i < burst; i++) {
      const dueAt = pacer.next();
      if (dueAt > now || this.#inFlight.open >= capacity / 2) return false;
      pacer.take();
      const lag = this.#deps.now() - dueAt;
      this.#lag.record(lag * 1000);
      act(lag > timerSlack ? dueAt : this.#deps.now());
    }
    return pacer.next() <= now;
  }

  #takeClient(): number {
    const client = this.#nextClient;
    this.#nextClient = (client + 1) % this.#options.clients;
    return client;
  }

  #begin(client: number, sentAt: number): void {
    const server = this.#nextServer;
    this.#nextServer = (server + 1) % this.#options.servers.length;
    const query: Query = { stage: 'first', client, server, sentAt, binding: null };
    const xid = this.#inFlight.add(query);
    this.#send('first', this.#deps.protocol.first(client, xid, 0), server);
    this.#retransmissions?.add(this.#deps.now(), xid, query);
  }

  #renew(sentAt: number): void {
    const binding = this.#bound.next();
    if (binding === undefined) return;
    const server = this.#nextServer;
    this.#nextServer = (server + 1) % this.#options.servers.length;
    const xid = this.#inFlight.add({ stage: 'renew', client: binding.client, server, sentAt, binding });
    this.#send('renew', this.#deps.protocol.renew(xid, binding), server);
  }

  #release(sentAt: number): void {
    const binding = this.#bound.next();
    if (binding === undefined) {
      this.#releasesOwed++;
      return;
    }
    this.#bound.remove(binding);
    const { protocol, socket, random } = this.#deps;
    this.#tally.released++;
    const server = this.#nextServer;
    if (protocol.answersRelease) {
      const xid = this.#inFlight.add({ stage: 'release', client: binding.client, server, sentAt, binding });
      this.#send('release', protocol.release(xid, binding), server);
    } else socket.send(protocol.release(Math.floor(random() * protocol.xids), binding), server);
  }

  #send(stage: Stage, bytes: Uint8Array, server: number): void {
    this.#tally.sent(stage);
    this.#deps.socket.send(bytes, server);
  }

  #expired(query: Query): void {
    this.#tally.lost(query.stage);
    this.#retry(query);
  }

  /** The same query with the same transaction id; false when it was answered or given up. */
  #again(xid: number, query: Query): boolean {
    if (this.#inFlight.peek(xid) !== query) return false;
    const { protocol, socket, now } = this.#deps;
    const { stage, client, binding } = query;
    const elapsed = now() - query.sentAt;
    const bytes =
      stage === 'first' || binding === null
        ? protocol.first(client, xid, elapsed)
        : protocol.second(client, xid, binding, elapsed);
    this.#tally.retransmitted(stage);
    socket.send(bytes, query.server);
    return true;
  }

  /** Before the run every client is bound, however often it takes. */
  #retry(query: Query): void {
    this.#toBind?.push(query.client);
  }
}
