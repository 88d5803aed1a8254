// A small network around the real engine: fake sockets and clock, real configuration, allocator and store.
import assert from 'node:assert/strict';
import { createAllocator, defaultAllocation } from '../../src/alloc/allocator.ts';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { splitParts } from '../../src/config/split.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import type { EngineHooks } from '../../src/engine/hooks.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import type { QueueTypes } from '../../src/engine/queue-types.ts';
import type { Server, ServerOptions } from '../../src/engine/server.ts';
import { createServer4 } from '../../src/engine/v4/protocol.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import type { Logger } from '../../src/log.ts';
import type { InboundDatagram, OutboundDatagram, Transport } from '../../src/net/transport.ts';
import { createFileHostStore } from '../../src/store/file-hosts.ts';
import type { HostStore } from '../../src/store/host-store.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { decodeMessage4 } from '../../src/wire/v4/codec.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import type { TestPacket4 } from '../support/packets4.ts';
import type { FakeClock } from './fake-clock.ts';
import { mulberry32 } from '../support/mutate-packets.ts';

/** Where a world's leases live. `age` makes every lease `seconds` older. */
export interface WorldStore {
  readonly leases: LeaseStore<Lease4>;
  age(seconds: number): Promise<void>;
}

export interface WorldOptions {
  /** Keys of `Dhcp4`; reservations, classes, networks and subnets as an operator writes them. */
  readonly config: JsonMap;
  readonly server?: ServerOptions;
  readonly sharedLeases?: boolean;
  /** Instead of the reservations of the configuration. */
  readonly hosts?: HostStore;
  readonly queueTypes?: QueueTypes;
  /** Hook libraries; made for the world's clock and statistics. */
  readonly hooks?: (world: World) => EngineHooks;
  /** Instead of {@link serverAddress}, where several worlds stand for the servers of one link. */
  readonly serverAddress?: string;
  /** Milliseconds that offers are held. */
  readonly offerHold?: number;
}

export interface Reply extends OutboundDatagram {
  readonly message: Message4;
  readonly yiaddr: string;
  /** 2 OFFER, 5 ACK, 6 NAK. */
  readonly type: number;
  /** Option payload as bytes in hexadecimal, '' when absent. */
  hex(code: number): string;
  text(code: number): string;
  number(code: number): number | undefined;
  readonly to: string;
}

export interface LogLine {
  readonly level: string;
  readonly id: string;
  readonly text: string;
}

/** The server's address on eth0, where unrelayed packets arrive. */
export const serverAddress = '192.0.2.1';

export class World {
  readonly clock: FakeClock;
  readonly store: WorldStore;
  readonly statistics: Statistics;
  readonly networkState: NetworkState;
  readonly log: LogLine[] = [];
  readonly sent: Reply[] = [];
  readonly hooks: EngineHooks | undefined;
  snapshot: Snapshot;
  server: Server<Lease4>;
  readonly #options: WorldOptions;
  #handler: (datagram: InboundDatagram) => void = () => undefined;

  constructor(options: WorldOptions, store: WorldStore, clock: FakeClock) {
    this.#options = options;
    this.store = store;
    this.clock = clock;
    this.statistics = new Statistics({ family: 4, clock: () => clock.now() });
    this.networkState = new NetworkState({}, { clock });
    this.snapshot = buildConfig(options.config);
    this.hooks = options.hooks?.(this);
    this.server = this.#makeServer();
  }

  /** Delivers a datagram without waiting for anything. */
  inject(packet: TestPacket4 | Uint8Array, how: Partial<InboundDatagram> = {}): void {
    const bytes = packet instanceof Uint8Array ? packet : packet.bytes;
    const giaddr = packet instanceof Uint8Array ? 0 : packet.message.giaddr;
    const relayed = giaddr !== 0;
    this.#handler({
      bytes,
      iface: 'eth0',
      source: relayed ? giaddr : 0,
      sourcePort: relayed ? 67 : 68,
      destination: relayed ? this.#address : 0xffffffff,
      serverAddress: this.#address,
      receivedAt: this.clock.now(),
      ...how,
    });
  }

  /** Sends one packet and waits until the server is idle: its reply, or null for silence. */
  async send(packet: TestPacket4 | Uint8Array, how: Partial<InboundDatagram> = {}): Promise<Reply | null> {
    const before = this.sent.length;
    this.inject(packet, how);
    await this.server.settled();
    assert.ok(this.sent.length <= before + 1, 'one packet is answered at most once');
    return this.sent[before] ?? null;
  }

  /** As `send`, for an ordinary renewal: unicast from the client's address to the server's. */
  async unicast(packet: TestPacket4): Promise<Reply | null> {
    return await this.send(packet, {
      source: packet.message.ciaddr,
      destination: parseIpv4(serverAddress),
    });
  }

  /** Time passes: leases age, timers fire. */
  async pass(seconds: number): Promise<void> {
    await this.store.age(seconds);
    await this.clock.advance(seconds * 1000, () => this.server.timers.idle());
  }

  async reconfigure(config: JsonMap): Promise<void> {
    const previous = this.snapshot;
    this.snapshot = buildConfig(config);
    this.server.onSnapshot(this.snapshot, previous);
    await this.clock.advance(0);
  }

  /** The process starts anew; the leases stay where they are. */
  async restart(): Promise<void> {
    await this.server.stop();
    this.server = this.#makeServer();
    await this.server.start();
  }

  async lease(address: string): Promise<Lease4 | undefined> {
    const number = parseIpv4(address);
    const found = await this.store.leases.find({ client: null, subnetIds: [], addresses: [number] });
    return found.held[0];
  }

  stat(name: string): number {
    return Number(this.statistics.get(name) ?? 0);
  }

  logged(id: string): boolean {
    return this.log.some((line) => line.id === id);
  }

  get #address(): number {
    return parseIpv4(this.#options.serverAddress ?? serverAddress);
  }

  #makeServer(): Server<Lease4> {
    return createServer4(this.#options.server ?? {}, {
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
      allocator: createAllocator(
        {
          ...defaultAllocation,
          sharedLeases: this.#options.sharedLeases ?? false,
          ...(this.#options.offerHold !== undefined && { offerHold: this.#options.offerHold }),
        },
        { random: mulberry32(1), clock: () => this.clock.now() },
      ),
    });
  }

  #transport(): Transport {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 0xfe);
    return {
      interfaces: [{ name: 'eth0', index: 2, addresses: [this.#address], mac }],
      listen: (handler) => {
        this.#handler = handler;
      },
      send: (datagram) => this.sent.push(readReply(datagram)),
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

function readReply(datagram: OutboundDatagram): Reply {
  const message = decodeMessage4(datagram.bytes);
  const option = (code: number): Buffer => Buffer.from(message.options.get(code) ?? []);
  return {
    ...datagram,
    message,
    yiaddr: formatIpv4(message.yiaddr),
    type: option(53)[0]!,
    hex: (code) => option(code).toString('hex'),
    text: (code) => option(code).toString('latin1'),
    number: (code) => (option(code).length === 4 ? option(code).readUInt32BE() : undefined),
    to: `${formatIpv4(datagram.destination)}:${datagram.destinationPort}`,
  };
}

/** `Dhcp4` as an operator writes it → a snapshot, any error thrown. */
export function buildConfig(config: JsonMap): Snapshot {
  const parts = splitParts(4, config, () => ({ file: 'scenario', line: 1, column: 1 }));
  return buildSnapshot(parts, null, { mode: 'strict', epoch: null }).snapshot;
}
