// The kinds of queue that packets can wait in: Kea's ring, and those that are registered under names of their own.
import type { Family } from '../addr/family.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { DropReason } from './drop-reasons.ts';
import { RingQueue } from './ring-queue.ts';

/** What a queue may know of a packet, read from the raw bytes without decoding them. */
export interface QueuedPacket {
  /** The DHCP message as it came. */
  readonly bytes: Uint8Array;
  /** Client identifier or hardware address; '' when the bytes name nobody. */
  readonly client: string;
  /** Relay and circuit that it came by; '' when it came directly. */
  readonly source: string;
  /** Whether the relay told the circuit, so that `source` is one line and not a whole network. */
  readonly isCircuit: boolean;
  /** The value of option 53; 0 when there is none. */
  readonly messageType: number;
  /** The client is past its DISCOVER: REQUEST in all its forms, RELEASE, DECLINE, INFORM. */
  readonly isCompleting: boolean;
  /** Milliseconds, on the clock of {@link QueueDeps.now}. */
  readonly receivedAt: number;
}

/** Packets that wait. Every packet that was taken in must come out of `dequeue` or go to `drop`, once. */
export interface PacketQueue {
  /** May drop this packet or others to make room. */
  enqueue(packet: QueuedPacket): void;
  /** The packet to answer next; undefined when none waits. */
  dequeue(): QueuedPacket | undefined;
  readonly size: number;
}

export type QueueDrop = Extract<DropReason, 'queue-full' | 'duplicate' | 'queue-share' | 'queue-late'>;

export interface QueueDeps {
  readonly family: Family;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Counts a packet that will not be answered. */
  readonly drop: (packet: QueuedPacket, reason: QueueDrop) => void;
  /** The error to throw for a key of `dhcp-queue-control` whose value is wrong: it names the place. */
  readonly invalid: (key: string, message: string) => Error;
}

/** Makes a queue from `dhcp-queue-control`. A throw refuses the configuration. */
export type QueueFactory = (element: JsonMap, deps: QueueDeps) => PacketQueue;

/** What the server itself gives to a queue. */
export type QueueServices = Omit<QueueDeps, 'invalid'>;

/** Packets that wait at most when `dhcp-queue-control` is absent or switched off: congestion handling is always on. */
export const defaultQueueCapacity = 16_384;

/** Every queue type of one server. */
export class QueueTypes {
  readonly #family: Family;
  readonly #factories = new Map<string, QueueFactory>();
  readonly #listeners = new Set<(name: string) => void>();

  constructor(options: { readonly family: Family }) {
    this.#family = options.family;
    this.#factories.set(this.standard, (json, deps) => {
      const capacity = json['capacity'] ?? kea.capacity;
      if (typeof capacity !== 'number' || !Number.isInteger(capacity) || capacity < 1)
        throw invalid('capacity', 'capacity must be a whole number above 0');
      return new RingQueue({ capacity }, deps);
    });
  }

  /** `kea-ring4` or `kea-ring6`. */
  get standard(): string {
    return `kea-ring${this.#family}`;
  }

  /** Throws CONFIG_INVALID when the name is taken. The type counts from the next configuration on. */
  registerQueueType(name: string, factory: QueueFactory): void {
    if (name === '') throw invalid('queue-type', 'a queue type needs a name');
    if (this.#factories.has(name)) throw invalid('queue-type', `queue type '${name}' exists already`);
    this.#factories.set(name, factory);
  }

  /** A server whose packets wait in such a queue goes over to the standard ring. False when there is no such type. */
  unregisterQueueType(name: string): boolean {
    if (name === this.standard || !this.#factories.delete(name)) return false;
    for (const listener of this.#listeners) listener(name);
    return true;
  }

  onUnregistered(listener: (name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The type that `dhcp-queue-control` names; the standard ring when the queue is not enabled. */
  typeOf(json: JsonMap | undefined): string {
    if (json?.['enable-queue'] !== true) return this.standard;
    const type = json['queue-type'];
    return typeof type === 'string' ? type : this.standard;
  }

  /** The queue of this `dhcp-queue-control`. Throws CONFIG_INVALID with the place of what is wrong. */
  create(json: JsonMap | undefined, services: QueueServices, capacity = defaultQueueCapacity): PacketQueue {
    const type = this.typeOf(json);
    const factory = this.#factories.get(type);
    if (!factory) {
      const known = [...this.#factories.keys()].map((name) => `'${name}'`).join(', ');
      throw invalid('queue-type', `queue type '${type}' is not registered; there are ${known}`);
    }
    const enabled = json?.['enable-queue'] === true;
    try {
      return factory(enabled ? json : { capacity }, { ...services, invalid });
    } catch (error) {
      if (error instanceof FlotillaError && error.location.key !== undefined) throw error;
      throw new FlotillaError('CONFIG_INVALID', `queue type '${type}': ${messageOf(error)}`, {
        key: element,
      });
    }
  }

  /** Throws what {@link create} would throw; for a configuration that is not in force yet. */
  check(json: JsonMap | undefined): void {
    this.create(json, { family: this.#family, now: () => 0, drop: () => undefined });
  }
}

const invalid = (key: string, message: string): FlotillaError =>
  new FlotillaError('CONFIG_INVALID', message, { key: `${element}.${key}` });
const element = 'dhcp-queue-control';
const kea = { capacity: 64 };
