// The bounded ring between sockets and processing: oldest dropped first, one transaction in flight per client.

export interface PacketQueueOptions {
  /** Packets that may wait; the oldest gives way to a newer one. */
  readonly capacity: number;
  /** Transactions that may wait for a store at the same time. */
  readonly maxInFlight: number;
}

export interface PacketQueueDeps<P> {
  /** Who sent it; '' = unknown, never held back for another. Must not throw. */
  readonly clientOf: (packet: P) => string;
  /** Answers one packet. Must not reject. */
  readonly process: (packet: P) => Promise<void>;
  /** A packet was pushed out by a newer one. */
  readonly onOverflow: (packet: P) => void;
  /** A waiting packet was replaced by a newer one of the same client. */
  readonly onReplaced: (packet: P) => void;
}

/**
 * While one packet of a client is in process, the newest later one of it waits; each newer one replaces the waiting one.
 * A retransmission therefore never races its original, and a flood of one client holds one place.
 */
export class PacketQueue<P> {
  readonly #options: PacketQueueOptions;
  readonly #deps: PacketQueueDeps<P>;
  readonly #ring: (P | undefined)[];
  #first = 0;
  #waiting = 0;
  #inFlight = 0;
  /** Clients in process → their newest later packet, if one came. */
  readonly #clients = new Map<string, P | null>();
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: PacketQueueOptions, deps: PacketQueueDeps<P>) {
    this.#options = options;
    this.#deps = deps;
    this.#ring = new Array<P | undefined>(options.capacity);
  }

  get length(): number {
    return this.#waiting;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  push(packet: P): void {
    if (this.#closed) return;
    if (this.#waiting === this.#options.capacity) this.#deps.onOverflow(this.#shift()!);
    this.#ring[(this.#first + this.#waiting) % this.#options.capacity] = packet;
    this.#waiting++;
    this.#pump();
  }

  /** Refuses more packets and resolves when everything accepted is answered. */
  async drain(): Promise<void> {
    this.#closed = true;
    if (this.#inFlight > 0 || this.#waiting > 0) await new Promise<void>((done) => this.#idle.push(done));
  }

  /** Resolves when nothing waits and nothing is in process. */
  async settled(): Promise<void> {
    if (this.#inFlight > 0 || this.#waiting > 0) await new Promise<void>((done) => this.#idle.push(done));
  }

  #pump(): void {
    while (this.#waiting > 0 && this.#inFlight < this.#options.maxInFlight) {
      const packet = this.#shift()!;
      const client = this.#deps.clientOf(packet);
      const later = client === '' ? undefined : this.#clients.get(client);
      if (later === undefined) this.#begin(client, packet);
      else {
        if (later !== null) this.#deps.onReplaced(later);
        this.#clients.set(client, packet);
      }
    }
  }

  #begin(client: string, packet: P): void {
    this.#inFlight++;
    if (client !== '') this.#clients.set(client, null);
    void this.#deps.process(packet).finally(() => this.#finish(client));
  }

  #finish(client: string): void {
    this.#inFlight--;
    const later = client === '' ? null : this.#clients.get(client);
    this.#clients.delete(client);
    if (later) this.#begin(client, later);
    this.#pump();
    if (this.#inFlight === 0 && this.#waiting === 0) {
      const idle = this.#idle;
      this.#idle = [];
      for (const done of idle) done();
    }
  }

  #shift(): P | undefined {
    const packet = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#options.capacity;
    this.#waiting--;
    return packet;
  }
}
