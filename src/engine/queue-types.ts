// The kinds of queue that packets can wait in: Kea's ring, and those that hook libraries registered under names.
import type { Family } from '../addr/family.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { DropReason } from './drop-reasons.ts';
import { RingQueue } from './ring-queue.ts';

/** What a queue may know of a packet, read from the raw bytes without decoding them. */
export interface QueuedPacket {
  /** The DHCP message as it came. */
  readonly bytes: Uint8Array;
  /** Client identifier (v6: DUID) or hardware address; '' when the bytes name nobody. */
  readonly client: string;
  /** Relay and circuit that it came by; '' when it came directly. */
  readonly source: string;
  /** Whether the relay told the circuit, so that `source` is one line and not a whole network. */
  readonly isCircuit: boolean;
  /** v4: the value of option 53; 0 when there is none. */
  readonly messageType: number;
  /** The client is past its DISCOVER or SOLICIT: REQUEST in all its forms, RELEASE, DECLINE, INFORM. */
  readonly isCompleting: boolean;
  /** Milliseconds, on the clock of {@link QueueDeps.now}. */
  readonly receivedAt: number;
}

/** Packets that wait. Every packet that was taken in must come out of `dequeue` or go to `drop`, once. Nothing is awaited. */
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

/** Makes a queue from `dhcp-queue-control`, also only to check it. A throw refuses the configuration. */
export type QueueFactory = (element: JsonMap, deps: QueueDeps) => PacketQueue;

/** What the server itself gives to a queue. */
export type QueueServices = Omit<QueueDeps, 'invalid'>;

/** Packets that wait at most when `dhcp-queue-control` is absent or switched off: congestion handling is always on. */
export const defaultQueueCapacity = 16_384;

/** Types by name, beside the standard ring. */
export type RegisteredQueueTypes = ReadonlyMap<string, QueueFactory>;

/** Every queue type of one server. */
export class QueueTypes {
  readonly #family: Family;
  readonly #ring: QueueFactory;
  #registered: RegisteredQueueTypes;
  readonly #listeners = new Set<() => void>();

  constructor(options: { readonly family: Family; readonly registered?: RegisteredQueueTypes }) {
    this.#family = options.family;
    this.#registered = options.registered ?? new Map<string, never>();
    this.#ring = (json, deps) => {
      const capacity = json['capacity'] ?? kea.capacity;
      if (typeof capacity !== 'number' || !Number.isInteger(capacity) || capacity < 1)
        throw invalid('capacity', 'capacity must be a whole number above 0');
      return new RingQueue({ capacity }, deps);
    };
  }

  /** `kea-ring4` or `kea-ring6`. */
  get standard(): string {
    return `kea-ring${this.#family}`;
  }

  /** Other registered types in place of those before; they count from the next configuration or {@link changed} on. */
  use(registered: RegisteredQueueTypes): void {
    this.#registered = registered;
  }

  /** What is registered has changed: a server goes over to the queue that its configuration now means. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The type that `dhcp-queue-control` names; the standard ring when the queue is not enabled. */
  typeOf(json: JsonMap | undefined): string {
    if (json?.['enable-queue'] !== true) return this.standard;
    const type = json['queue-type'];
    return typeof type === 'string' ? type : this.standard;
  }

  /** What makes the queue of this `dhcp-queue-control`; undefined when its type is not registered. */
  factoryOf(json: JsonMap | undefined): QueueFactory | undefined {
    const type = this.typeOf(json);
    return type === this.standard ? this.#ring : this.#registered.get(type);
  }

  /** Whether queues of this factory may go on serving. */
  has(factory: QueueFactory | undefined): boolean {
    return factory === this.#ring || [...this.#registered.values()].some((one) => one === factory);
  }

  /** The queue of this `dhcp-queue-control`. Throws CONFIG_INVALID with the place of what is wrong. */
  create(json: JsonMap | undefined, services: QueueServices, capacity = defaultQueueCapacity): PacketQueue {
    const type = this.typeOf(json);
    const factory = this.factoryOf(json);
    if (!factory) {
      const known = [this.standard, ...this.#registered.keys()].map((name) => `'${name}'`).join(', ');
      throw invalid('queue-type', `queue type '${type}' is not registered; there are ${known}`);
    }
    const enabled = json?.['enable-queue'] === true;
    try {
      const queue: unknown = factory(enabled ? json : { capacity }, { ...services, invalid });
      if (!isQueue(queue)) throw new Error('the factory made no queue with enqueue, dequeue and size');
      return queue;
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

const isQueue = (made: unknown): made is PacketQueue =>
  typeof made === 'object' &&
  made !== null &&
  'enqueue' in made &&
  typeof made.enqueue === 'function' &&
  'dequeue' in made &&
  typeof made.dequeue === 'function' &&
  'size' in made &&
  typeof made.size === 'number';

const invalid = (key: string, message: string): FlotillaError =>
  new FlotillaError('CONFIG_INVALID', message, { key: `${element}.${key}` });
const element = 'dhcp-queue-control';
const kea = { capacity: 64 };
