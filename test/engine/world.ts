// A small network around the real engine: fake sockets and clock, real configuration, allocator and store.
import assert from 'node:assert/strict';
import { createAllocator, defaultAllocation, type Allocator } from '../../src/alloc/allocator.ts';
import type { AddressOf, Family } from '../../src/addr/family.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { splitParts } from '../../src/config/split.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import type { EngineHooks } from '../../src/engine/hooks.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import type { QueueTypes } from '../../src/engine/queue-types.ts';
import type { Server, ServerDeps, ServerOptions } from '../../src/engine/server.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import type { Logger } from '../../src/log.ts';
import type { InboundDatagram, Transport } from '../../src/net/transport.ts';
import { createFileHostStore } from '../../src/store/file-hosts.ts';
import type { HostStore } from '../../src/store/host-store.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { bytesOf } from '../support/bytes-of.ts';
import { mulberry32 } from '../support/mutate-packets.ts';
import type { FakeClock } from './fake-clock.ts';
import { worldKinds, type LeaseOf, type PacketOf, type ReplyOf, type WorldKind } from './world-kinds.ts';

export { serverAddress } from './world-kinds.ts';

/** Where a world's leases live. `age` makes every lease `seconds` older. */
export interface WorldStore<F extends Family = 4> {
  readonly leases: LeaseStore<LeaseOf<F>>;
  age(seconds: number): Promise<void>;
}

export interface WorldOptions<F extends Family = 4> {
  /** 4 unless it says otherwise. */
  readonly family?: F;
  /** Keys of `Dhcp4` or `Dhcp6`; reservations, classes, networks and subnets as an operator writes them. */
  readonly config: JsonMap;
  readonly server?: ServerOptions;
  readonly sharedLeases?: boolean;
  /** Instead of the reservations of the configuration. */
  readonly hosts?: HostStore;
  readonly queueTypes?: QueueTypes;
  /** Hook libraries; made for the world's clock and statistics. */
  readonly hooks?: (world: World<F>) => EngineHooks;
  /** Instead of the first of its kind, where several worlds stand for the servers of one link. */
  readonly serverAddress?: string;
  /** Of a DHCPv6 server, likewise. */
  readonly serverDuid?: string;
  /** Instead of the allocator as it is made. */
  readonly allocator?: (made: Allocator) => Allocator;
  /** Milliseconds that offers are held. */
  readonly offerHold?: number;
}

export type Reply<F extends Family = 4> = ReplyOf<F>;

export interface LogLine {
  readonly level: string;
  readonly id: string;
  readonly text: string;
}

/** DUID-LL of the server. */
export const serverDuid = '00:03:00:01:02:00:00:00:00:fe';

export class World<F extends Family = 4> {
  readonly family: F;
  readonly clock: FakeClock;
  readonly store: WorldStore<F>;
  readonly statistics: Statistics;
  readonly networkState: NetworkState;
  readonly log: LogLine[] = [];
  readonly sent: Reply<F>[] = [];
  readonly hooks: EngineHooks | undefined;
  snapshot: Snapshot;
  server: Server<LeaseOf<F>>;
  readonly #kind: WorldKind<F>;
  readonly #options: WorldOptions<F>;
  #handler: (datagram: InboundDatagram<F>) => void = () => undefined;

  constructor(options: WorldOptions<F>, store: WorldStore<F>, clock: FakeClock) {
    this.family = options.family ?? (4 as F);
    this.#kind = worldKinds[this.family];
    this.#options = options;
    this.store = store;
    this.clock = clock;
    this.statistics = new Statistics({ family: this.family, clock: () => clock.now() });
    this.networkState = new NetworkState({}, { clock });
    this.snapshot = buildConfig(options.config, this.family);
    this.hooks = options.hooks?.(this);
    this.server = this.#makeServer();
  }

  /** Delivers a datagram without waiting for anything. */
  inject(packet: PacketOf<F> | Uint8Array, how: Partial<InboundDatagram<F>> = {}): void {
    this.#handler({
      bytes: packet instanceof Uint8Array ? packet : packet.bytes,
      iface: 'eth0',
      ...this.#kind.usualWay(packet, this.#address),
      receivedAt: this.clock.now(),
      ...how,
    });
  }

  /** Sends one packet and waits until the server is idle: its reply, or null for silence. */
  async send(
    packet: PacketOf<F> | Uint8Array,
    how: Partial<InboundDatagram<F>> = {},
  ): Promise<Reply<F> | null> {
    const before = this.sent.length;
    this.inject(packet, how);
    await this.server.settled();
    assert.ok(this.sent.length <= before + 1, 'one packet is answered at most once');
    return this.sent[before] ?? null;
  }

  /** As `send`, for an ordinary renewal: unicast from the client's address to the server's. */
  async unicast(packet: PacketOf<F>): Promise<Reply<F> | null> {
    return await this.send(packet, this.unicastWay(packet));
  }

  unicastWay(packet: PacketOf<F> | Uint8Array): Partial<InboundDatagram<F>> {
    return this.#kind.unicastWay(packet);
  }

  /** Time passes: leases age, timers fire. */
  async pass(seconds: number): Promise<void> {
    await this.store.age(seconds);
    await this.clock.advance(seconds * 1000, () => this.server.timers.idle());
  }

  async reconfigure(config: JsonMap): Promise<void> {
    const previous = this.snapshot;
    this.snapshot = buildConfig(config, this.family);
    this.server.onSnapshot(this.snapshot, previous);
    await this.clock.advance(0);
    // Leases are counted anew: what a packet changes meanwhile may be counted before, or not at all.
    await this.server.timers.idle();
  }

  /** The process starts anew; the leases stay where they are. */
  async restart(): Promise<void> {
    await this.server.stop();
    this.server = this.#makeServer();
    await this.server.start();
  }

  /** `address`: of a prefix, its first one. */
  async lease(address: string): Promise<LeaseOf<F> | undefined> {
    const addresses = [this.#kind.parseAddress(address)];
    const found = await this.store.leases.find({ client: null, subnetIds: [], addresses });
    return found.held[0];
  }

  stat(name: string): number {
    return Number(this.statistics.get(name) ?? 0);
  }

  logged(id: string): boolean {
    return this.log.some((line) => line.id === id);
  }

  get #address(): AddressOf<F> {
    return this.#kind.parseAddress(this.#options.serverAddress ?? this.#kind.addresses[0]!);
  }

  #makeServer(): Server<LeaseOf<F>> {
    const duid = bytesOf(this.#options.serverDuid ?? serverDuid);
    const allocator = createAllocator(
      {
        ...defaultAllocation,
        sharedLeases: this.#options.sharedLeases ?? false,
        ...(this.#options.offerHold !== undefined && { offerHold: this.#options.offerHold }),
      },
      { random: mulberry32(1), clock: () => this.clock.now() },
    );
    const deps: ServerDeps<F, LeaseOf<F>> = {
      snapshot: () => this.snapshot,
      leases: this.store.leases,
      hosts: this.#options.hosts ?? createFileHostStore(() => this.snapshot.hosts),
      transport: this.#transport(),
      statistics: this.statistics,
      log: this.logger,
      clock: this.clock,
      random: mulberry32(1),
      networkState: this.networkState,
      ...(this.#options.queueTypes && { queueTypes: this.#options.queueTypes }),
      ...(this.hooks && { hooks: this.hooks }),
      allocator: this.#options.allocator?.(allocator) ?? allocator,
    };
    return this.#kind.createServer(this.#options.server ?? {}, deps, duid);
  }

  #transport(): Transport<F> {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 0xfe);
    const others = this.#kind.addresses.slice(1).map((text) => this.#kind.parseAddress(text));
    return {
      interfaces: [{ name: 'eth0', index: 2, addresses: [this.#address, ...others], mac }],
      kernelDrops: null,
      listen: (handler) => {
        this.#handler = handler;
      },
      send: (datagram) => this.sent.push(this.#kind.readReply(datagram)),
      close: () => Promise.resolve(),
    };
  }

  /** Everything it is told ends in `log`. */
  get logger(): Logger {
    const at =
      (level: string) =>
      (id: string, text: string): void => {
        this.log.push({ level, id, text });
      };
    return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), debugEnabled: true };
  }
}

/** `Dhcp4` or `Dhcp6` as an operator writes it → a snapshot, any error thrown. */
export function buildConfig(config: JsonMap, family: Family = 4): Snapshot {
  const parts = splitParts(family, config, () => ({ file: 'scenario', line: 1, column: 1 }));
  return buildSnapshot(parts, null, { mode: 'strict', epoch: null }).snapshot;
}
