// From the queue into processing: a bounded number of packets at once, and of each client one after the other.
import type { Family } from '../addr/family.ts';
import type { InFlightLimit } from './in-flight-limit.ts';
import type { PacketQueue, QueueDrop, QueuedPacket } from './queue-types.ts';
import { clientShare, supersedes } from './supersede.ts';

export interface AdmissionOptions {
  readonly family: Family;
}

/** What a queue gives is checked by it: a packet comes out once. */
export interface AdmissiblePacket extends QueuedPacket {
  /** Itself from when it goes into a queue until it comes out; so a copy of it shows. */
  queued?: object | null;
}

export interface AdmissionDeps<P extends AdmissiblePacket> {
  readonly queue: PacketQueue;
  readonly limit: InFlightLimit;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Answers one packet. Must not reject. */
  readonly process: (packet: P, place: Place) => Promise<void>;
  readonly drop: (packet: QueuedPacket, reason: QueueDrop | 'closing') => void;
  /** The queue of a hook library threw: what goes on in its place, and never throws. */
  readonly replaceFailed: (error: unknown) => PacketQueue;
}

/** A packet's place among those in process. */
export interface Place {
  /**
   * Gives the place to others while `work` is under way: a packet that waits for a hook library asks nothing of the
   * stores, and neither its number nor its time may hold back packets that do.
   */
  outside<T>(work: Promise<T>): Promise<T>;
}

/** Packets outside at once, at most; more keep their place. */
const maxOutside = 8192;

/** Packets that a client sends while one of it is in process wait beside the queue: a retransmission never races its original. */
export class Admission<P extends AdmissiblePacket> {
  readonly #options: AdmissionOptions;
  readonly #deps: AdmissionDeps<P>;
  #queue: PacketQueue;
  #inFlight = 0;
  #outside = 0;
  #isQueueEmpty = true;
  /** Clients in process → what they sent since. */
  readonly #clients = new Map<string, P[] | null>();
  /** How many waited when a packet came, over about 10, 100 and 1000 packets. */
  #averages: [number, number, number] = [0, 0, 0];
  #idle: (() => void)[] = [];
  #isClosed = false;

  constructor(options: AdmissionOptions, deps: AdmissionDeps<P>) {
    this.#options = options;
    this.#deps = deps;
    this.#queue = deps.queue;
  }

  /** Packets in the queue. */
  get waiting(): number {
    const size = this.#guarded(sizeOf);
    if (size !== undefined) return size;
    this.#pump();
    return this.#queue.size;
  }

  /** Packets that waited, averaged over about the last 10, 100 and 1000 that came. */
  get averages(): readonly [number, number, number] {
    return this.#averages;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  push(packet: P): void {
    if (this.#isClosed) {
      this.#deps.drop(packet, 'closing');
      return;
    }
    this.#isQueueEmpty = false;
    this.#enqueue(packet);
    this.#pump();
    const size = this.waiting;
    const [few, some, many] = this.#averages;
    this.#averages = [few + (size - few) / 10, some + (size - some) / 100, many + (size - many) / 1000];
  }

  /** Another queue from now on; what waits goes over into it. */
  replaceQueue(next: PacketQueue): void {
    const previous = this.#queue;
    this.#queue = next;
    this.#isQueueEmpty = false;
    this.#move(previous);
    this.#pump();
  }

  /** Refuses more packets and resolves when everything accepted is answered. */
  drain(): Promise<void> {
    this.#isClosed = true;
    return this.settled();
  }

  /** Resolves when nothing waits and nothing is in process. */
  async settled(): Promise<void> {
    if (!this.#isIdle()) await new Promise<void>((done) => this.#idle.push(done));
  }

  #isIdle(): boolean {
    return this.#inFlight === 0 && this.#outside === 0 && this.#isQueueEmpty;
  }

  #pump(): void {
    while (!this.#isQueueEmpty && this.#deps.limit.admits(this.#inFlight, this.#deps.now())) {
      const asked = this.#queue;
      const packet = this.#guarded((queue) => this.#takenFrom(queue));
      if (!packet) this.#isQueueEmpty = asked === this.#queue;
      else if (packet.client !== '' && this.#clients.has(packet.client)) this.#hold(packet);
      else this.#begin(packet);
    }
    if (!this.#isIdle()) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const done of idle) done();
  }

  #begin(packet: P): void {
    const { now, process, limit } = this.#deps;
    const { client } = packet;
    const start = now();
    this.#inFlight++;
    if (client !== '' && !this.#clients.has(client)) this.#clients.set(client, null);
    let msOutside = 0;
    const outside = async <T>(work: Promise<T>): Promise<T> => {
      if (this.#outside >= maxOutside) return work;
      const left = now();
      this.#inFlight--;
      this.#outside++;
      this.#pump();
      try {
        return await work;
      } finally {
        this.#inFlight++;
        this.#outside--;
        msOutside += now() - left;
      }
    };
    void process(packet, { outside }).then(() => {
      const end = now();
      limit.finished(end - start - msOutside, end);
      this.#inFlight--;
      this.#next(client);
      this.#pump();
    });
  }

  /** The client's next packet, or nobody is in process for it any more. */
  #next(client: string): void {
    const held = this.#clients.get(client);
    const packet = held?.shift();
    if (packet) this.#begin(packet);
    else this.#clients.delete(client);
  }

  #hold(packet: P): void {
    const held = this.#clients.get(packet.client) ?? [];
    const kept = held.filter((older) => {
      const isSuperseded = supersedes(this.#options.family, packet.messageType, older.messageType);
      if (isSuperseded) this.#deps.drop(older, 'duplicate');
      return !isSuperseded;
    });
    if (kept.length >= clientShare) this.#deps.drop(kept.shift()!, 'queue-share');
    kept.push(packet);
    this.#clients.set(packet.client, kept);
  }

  #enqueue(packet: P): void {
    packet.queued = packet;
    try {
      this.#queue.enqueue(packet);
    } catch (error) {
      this.#replaceFailed(error, packet);
      packet.queued = packet;
      this.#queue.enqueue(packet);
    }
  }

  /** A queue that gave the same packet again and again would never be empty, and the server in this loop for ever. */
  #takenFrom(queue: PacketQueue): P | undefined {
    const packet = queue.dequeue() as P | undefined;
    if (!packet) return undefined;
    if (packet.queued !== packet) throw new Error('dequeue gave a packet that was not waiting');
    packet.queued = null;
    return packet;
  }

  #guarded<R>(use: (queue: PacketQueue) => R): R | undefined {
    try {
      return use(this.#queue);
    } catch (error) {
      this.#replaceFailed(error);
      return undefined;
    }
  }

  #replaceFailed(error: unknown, except?: P): void {
    const failed = this.#queue;
    this.#queue = this.#deps.replaceFailed(error);
    this.#isQueueEmpty = false;
    this.#move(failed, except);
  }

  /** What `from` still gives goes into the queue in service. */
  #move(from: PacketQueue, except?: P): void {
    for (;;) {
      let packet: P | undefined;
      try {
        packet = this.#takenFrom(from);
      } catch {
        return; // A queue that threw has had its line in the log, one that leaves needs none.
      }
      if (!packet) return;
      if (packet !== except) this.#enqueue(packet);
    }
  }
}

const sizeOf = (queue: PacketQueue): number => queue.size;
