// Kea's ring, made fair: bounded, oldest dropped first, DISCOVERs before anything else, a share per client and circuit.
import { LinkedList, type ListNode } from './linked-list.ts';
import type { PacketQueue, QueueDrop, QueuedPacket, QueueServices } from './queue-types.ts';
import { StandingDelay } from './standing-delay.ts';
import { clientShare, isSentOnce, supersedes } from './supersede.ts';

export interface RingQueueOptions {
  readonly capacity: number;
}

/** Of so many packets taken while both kinds wait, one is a DISCOVER: renewals cannot shut newcomers out. */
const newcomerTurn = 8;
/** And one is a RELEASE or DECLINE that others were let past: a flood of them must not make renewals late. */
const overdueTurn = 8;
/** One circuit may hold this part of the ring, and at least `leastShare` packets. */
const circuitPart = 1 / 8;
/** A relay that does not tell its circuits is a whole network: it leaves a part of the ring to the others. */
const relayPart = 3 / 4;
const leastShare = 8;
/** So many sources are remembered while nothing waits from them: most send again at once. */
const keptSources = 256;

interface Waiting {
  readonly packet: QueuedPacket;
  kind: keyof Kinds;
  inKind: ListNode<Waiting> | null;
  inSource: ListNode<Waiting> | null;
}

/** A circuit, a relay, or everybody who is on the server's own links. */
interface Source extends Kinds {
  /** Set while DISCOVERs from here wait. */
  turn: ListNode<Source> | null;
}

interface Kinds {
  readonly newcomers: LinkedList<Waiting>;
  readonly completing: LinkedList<Waiting>;
  /** What is sent once (RELEASE, DECLINE) and waited so long that others go first. */
  readonly overdue: LinkedList<Waiting>;
}

export class RingQueue implements PacketQueue {
  readonly #capacity: number;
  readonly #deps: QueueServices;
  readonly #kinds = emptyKinds();
  readonly #byClient = new Map<string, Waiting[]>();
  readonly #bySource = new Map<string, Source>();
  /** Sources with DISCOVERs, whose turn is next first: a flood from one waits for itself. */
  readonly #turns = new LinkedList<Source>();
  readonly #delays = {
    newcomers: new StandingDelay(newcomerDelay),
    completing: new StandingDelay(completingDelay),
  };
  #turn = 0;
  #turnOfOverdue = 0;

  constructor(options: RingQueueOptions, deps: QueueServices) {
    this.#capacity = options.capacity;
    this.#deps = deps;
  }

  get size(): number {
    return sizeOf(this.#kinds);
  }

  enqueue(packet: QueuedPacket): void {
    this.#dropSuperseded(packet);
    if (!this.#makeRoomInSource(packet)) return;
    if (this.size >= this.#capacity && !this.#dropOldest(this.#kinds, packet, 'queue-full')) return;
    this.#add(packet);
  }

  dequeue(): QueuedPacket | undefined {
    const now = this.#deps.now();
    this.#dropLate('completing', now);
    this.#dropLate('newcomers', now);
    const kind = this.#nextKind();
    const oldest = this.#kinds[kind].first;
    if (!oldest) return undefined;
    if (kind !== 'overdue') this.#delays[kind].taken(now - oldest.packet.receivedAt, now);
    const next = this.#overdueBefore(kind === 'newcomers' ? this.#nextNewcomer() : oldest);
    this.#remove(next);
    return next.packet;
  }

  #nextKind(): keyof Kinds {
    const { newcomers, completing, overdue } = this.#kinds;
    if (overdue.size > 0) {
      this.#turnOfOverdue = (this.#turnOfOverdue + 1) % overdueTurn;
      if (this.#turnOfOverdue === 0 || newcomers.size + completing.size === 0) return 'overdue';
    }
    const both = completing.size > 0 && newcomers.size > 0;
    if (both) this.#turn = (this.#turn + 1) % newcomerTurn;
    return completing.size === 0 || (both && this.#turn === 0) ? 'newcomers' : 'completing';
  }

  /** A RELEASE that came before its client's REQUEST must not take away what that REQUEST obtains. */
  #overdueBefore(next: Waiting): Waiting {
    if (next.kind === 'overdue' || this.#kinds.overdue.size === 0) return next;
    const own = this.#byClient.get(next.packet.client);
    return own?.find(({ kind }) => kind === 'overdue') ?? next;
  }

  /** Of the source whose turn it is; that source is then the last. */
  #nextNewcomer(): Waiting {
    const source = this.#turns.first!;
    this.#turns.remove(source.turn!);
    source.turn = this.#turns.push(source);
    return source.newcomers.first!;
  }

  #dropSuperseded(packet: QueuedPacket): void {
    if (packet.client === '') return;
    const own = this.#byClient.get(packet.client);
    if (!own) return;
    for (const waiting of [...own]) {
      if (supersedes(this.#deps.family, packet.messageType, waiting.packet.messageType))
        this.#drop(waiting, 'duplicate');
    }
    if (own.length >= clientShare) this.#drop(own[0]!, 'queue-share');
  }

  /** False: the packet itself was dropped. */
  #makeRoomInSource(packet: QueuedPacket): boolean {
    if (packet.source === '') return true;
    const here = this.#bySource.get(packet.source);
    if (!here) return true;
    const part = packet.isCircuit ? circuitPart : relayPart;
    const share = Math.max(leastShare, Math.floor(this.#capacity * part));
    return sizeOf(here) < share || this.#dropOldest(here, packet, 'queue-share');
  }

  /** What is overdue gives way, then the oldest DISCOVER, else the oldest of the others, but never one of these to a DISCOVER. */
  #dropOldest(from: Kinds, packet: QueuedPacket, reason: QueueDrop): boolean {
    const oldest =
      from.overdue.first ?? from.newcomers.first ?? (packet.isCompleting ? from.completing.first : undefined);
    if (oldest) this.#drop(oldest, reason);
    else this.#deps.drop(packet, reason);
    return oldest !== undefined;
  }

  /** A packet that its client will ask for again, or has given up, must not cost one that is still waited for. */
  #dropLate(kind: 'newcomers' | 'completing', now: number): void {
    const list = this.#kinds[kind];
    const delay = this.#delays[kind];
    const limit = delay.limit(now);
    for (let oldest = list.first; oldest && now - oldest.packet.receivedAt > limit; oldest = list.first) {
      if (isSentOnce(this.#deps.family, oldest.packet.messageType)) this.#postpone(oldest);
      else this.#drop(oldest, 'queue-late');
    }
    if (list.size === 0) delay.emptied();
  }

  #postpone(waiting: Waiting): void {
    const here = this.#bySource.get(waiting.packet.source)!;
    this.#kinds[waiting.kind].remove(waiting.inKind!);
    here[waiting.kind].remove(waiting.inSource!);
    waiting.kind = 'overdue';
    waiting.inKind = this.#kinds.overdue.push(waiting);
    waiting.inSource = here.overdue.push(waiting);
  }

  #drop(waiting: Waiting, reason: QueueDrop): void {
    this.#remove(waiting);
    this.#deps.drop(waiting.packet, reason);
  }

  #add(packet: QueuedPacket): void {
    const kind = packet.isCompleting ? 'completing' : 'newcomers';
    const waiting: Waiting = { packet, kind, inKind: null, inSource: null };
    waiting.inKind = this.#kinds[kind].push(waiting);
    this.#delays[kind].arrived(this.#deps.now());
    if (packet.client !== '') {
      const own = this.#byClient.get(packet.client);
      if (own) own.push(waiting);
      else this.#byClient.set(packet.client, [waiting]);
    }
    let here = this.#bySource.get(packet.source);
    if (!here) {
      here = { ...emptyKinds(), turn: null };
      this.#bySource.set(packet.source, here);
    }
    waiting.inSource = here[kind].push(waiting);
    if (!packet.isCompleting) here.turn ??= this.#turns.push(here);
  }

  #remove(waiting: Waiting): void {
    const { packet, kind, inKind, inSource } = waiting;
    if (inKind) this.#kinds[kind].remove(inKind);
    const own = this.#byClient.get(packet.client);
    if (own) {
      if (own.length === 1) this.#byClient.delete(packet.client);
      else own.splice(own.indexOf(waiting), 1);
    }
    const here = inSource && this.#bySource.get(packet.source);
    if (!here) return;
    here[kind].remove(inSource);
    if (here.turn && here.newcomers.size === 0) {
      this.#turns.remove(here.turn);
      here.turn = null;
    }
    if (sizeOf(here) === 0 && this.#bySource.size > keptSources) this.#bySource.delete(packet.source);
  }
}

const emptyKinds = (): Kinds => ({
  newcomers: new LinkedList(),
  completing: new LinkedList(),
  overdue: new LinkedList(),
});
const sizeOf = ({ newcomers, completing, overdue }: Kinds): number =>
  newcomers.size + completing.size + overdue.size;

/** Milliseconds. RFC 2131 §4.1 has clients ask again after 3 to 5 s; who asks again earlier takes its own place in the queue. */
const patience = 3000;
const newcomerDelay = { patience, underLoad: 200 };
const completingDelay = { patience, underLoad: 300 };
