// One server: datagrams in, the pipeline, datagrams out; counts what happened and never lets an error escape.
import { isDeepStrictEqual } from 'node:util';
import type { Family } from '../addr/family.ts';
import type { Allocator } from '../alloc/allocator.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { LogFields, Logger } from '../log.ts';
import type { InboundDatagram, OutboundDatagram, Transport } from '../net/transport.ts';
import type { HostStore } from '../store/host-store.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { Clock } from './clock.ts';
import { dropLogId } from './drop-log.ts';
import { dropReasons, statisticsOfDrop } from './drop-reasons.ts';
import { noHooks, type EngineHooks, type HookScope } from './hooks.ts';
import type { ReclaimCallouts } from './lease-reuse.ts';
import { LeaseTimers } from './lease-timers.ts';
import { LeaseUsage } from './lease-usage.ts';
import type { NetworkState } from './network-state.ts';
import type { EngineServices } from './packet-context.ts';
import { drop, runPipeline, type Drop, type PipelineEnd, type Step } from './pipeline.ts';
import { Admission, type AdmissiblePacket, type Place } from './admission.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import {
  defaultQueueCapacity,
  QueueTypes,
  type PacketQueue,
  type QueueDrop,
  type QueueServices,
  type QueuedPacket,
} from './queue-types.ts';
import { KnownLeases } from './known-leases.ts';
import { RecentOffers } from './recent-offers.ts';
import { reviewedReclaim } from './reviewed-reclaim.ts';
import { Shedding } from './shedding.ts';
import type { Statistics } from './statistics.ts';
import { SubnetPreference } from './subnet-preference.ts';

export interface ServerOptions {
  /** `-p`: the port of servers and relays. */
  readonly serverPort?: number;
  /** `-P`: the port of clients. */
  readonly clientPort?: number;
  /** Packets that may wait for processing; an enabled `dhcp-queue-control` wins. */
  readonly queueCapacity?: number;
  /** Packets that may be in process at once, at most: see in-flight-limit.ts. */
  readonly maxInFlight?: number;
  /** Seconds between recounts of assigned addresses from a shared store; 0 = none. */
  readonly recountSeconds?: number;
}

export interface ServerDeps<F extends Family, L extends Lease> {
  readonly snapshot: () => Snapshot;
  readonly leases: LeaseStore<L>;
  readonly hosts: HostStore;
  readonly transport: Transport<F>;
  readonly statistics: Statistics;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly networkState: NetworkState;
  readonly allocator: Allocator;
  /** Queue types beside Kea's ring; without it there is the ring alone. */
  readonly queueTypes?: QueueTypes;
  /** Without: no library is ever asked. */
  readonly hooks?: EngineHooks;
}

/** What a protocol is to its server: v4/protocol.ts, v6/protocol.ts. */
export interface Protocol<F extends Family, L extends Lease, T> {
  readonly ports: { readonly server: number; readonly client: number };
  /** Never throws. */
  peek(bytes: Uint8Array): Omit<QueuedPacket, 'receivedAt'>;
  /** What makes the transactions of one server. */
  engine(
    services: EngineServices<F, L>,
  ): (snapshot: Snapshot, datagram: InboundDatagram<F>, hooks: HookScope | null) => T;
  readonly pipeline: readonly Step<T>[];
  /** Once per packet, whatever became of it: what was set aside for the client and is not needed. */
  settle(transaction: T): void;
  /** After the pipeline said `reply`. */
  outbound(transaction: T): OutboundDatagram<F>;
  /** Statistic of what is sent, beside pktN-sent. */
  sentStatistic(transaction: T): string | undefined;
  clientFields(transaction: T): LogFields;
  readonly reclaim: ReclaimCallouts<L>;
}

interface Waiting<F extends Family> extends AdmissiblePacket {
  readonly datagram: InboundDatagram<F>;
}

export interface Server<L extends Lease> {
  /** Counts what the store holds, then listens and starts the lease timers. */
  start(): Promise<void>;
  /** Answers what was accepted, stops the timers; the stores stay open. */
  stop(): Promise<void>;
  /** After each swap: totals and counters of new, changed and gone subnets. */
  onSnapshot(next: Snapshot, previous: Snapshot | null): void;
  /** Resolves when nothing is waiting or in process. */
  settled(): Promise<void>;
  /** Packets that wait: now, and averaged over about the last 10, 100 and 1000 that came. */
  queue(): { readonly size: number; readonly averages: readonly [number, number, number] };
  readonly timers: LeaseTimers<L>;
}

const defaults = {
  queueCapacity: defaultQueueCapacity,
  maxInFlight: 4096,
  recountSeconds: 30,
} as const;

/** Seconds between error lines about a store that does not answer. */
const storeErrorInterval = 10;

export function createServer<F extends Family, L extends Lease, T>(
  family: F,
  protocol: Protocol<F, L, T>,
  options: ServerOptions,
  deps: ServerDeps<F, L>,
): Server<L> {
  const settings = { ...defaults, ...options };
  const { statistics, log, clock, transport, leases, networkState } = deps;
  const hooks = deps.hooks ?? noHooks;
  const usage = new LeaseUsage({ family }, { statistics });
  const startTransaction = protocol.engine({
    family,
    leases,
    hosts: deps.hosts,
    transport,
    statistics,
    usage,
    log,
    networkState,
    allocator: deps.allocator,
    preference: new SubnetPreference(),
    recentOffers: new RecentOffers(() => clock.monotonic()),
    knownLeases: leases.backend === 'memfile' ? null : new KnownLeases(() => clock.monotonic()),
    serverPort: settings.serverPort ?? protocol.ports.server,
    clientPort: settings.clientPort ?? protocol.ports.client,
  });
  const reclaim = reviewedReclaim<L>({
    ...protocol.reclaim,
    hooks: () => hooks.begin(deps.snapshot().globals),
    leases,
    log,
  });
  const timers = new LeaseTimers<L>(
    { family, recountSeconds: settings.recountSeconds },
    { snapshot: deps.snapshot, leases, usage, networkState, clock, random: deps.random, log, reclaim },
  );
  let lastStoreError = -Infinity;
  const [received, sent] = [
    statistics.counter(`pkt${family}-received`),
    statistics.counter(`pkt${family}-sent`),
  ];

  /** A message that a hook library spoilt may not even tell who sent it. */
  const fieldsOf = (t: T | null): LogFields => {
    try {
      return t ? protocol.clientFields(t) : {};
    } catch {
      return {};
    }
  };

  const countDrop = ({ drop: reason, detail }: Drop, t: T | null): void => {
    for (const name of statisticsOfDrop(reason, family)) statistics.counter(name).add();
    if (reason === 'store-unavailable' && clock.now() - lastStoreError >= storeErrorInterval * 1000) {
      lastStoreError = clock.now();
      log.error('FLOTILLA_STORE_UNAVAILABLE', `packets are dropped, nothing can be promised: ${detail}`);
    } else if (reason === 'processing-failed') {
      log.error(dropLogId(reason, family), detail, fieldsOf(t));
    } else if (log.debugEnabled) {
      log.debug(dropLogId(reason, family), detail, { reason, ...fieldsOf(t) });
    }
  };

  /** Never rejects: the packet's place, and its client's, would stay taken. */
  const process = async (datagram: InboundDatagram<F>, place: Place): Promise<void> => {
    let t: T | null = null;
    const snapshot = deps.snapshot();
    const begun = hooks.begin(snapshot.globals);
    const scope: HookScope | null = begun && {
      has: (point) => begun.has(point),
      call: (point, args) => place.outside(begun.call(point, args)),
      end: () => begun.end(),
    };
    let result: PipelineEnd;
    try {
      t = startTransaction(snapshot, datagram, scope);
      result = await runPipeline(protocol.pipeline, t);
    } catch (error) {
      result = failed(error);
    }
    try {
      if (t) protocol.settle(t);
    } catch (error) {
      result = failed(error, typeof result === 'object' ? `${result.detail}; then ` : '');
    }
    try {
      if (t && result === 'reply') send(t);
    } catch (error) {
      result = failed(error);
    }
    if (typeof result === 'object') countDrop(result, t);
    scope?.end();
  };

  const send = (t: T): void => {
    transport.send(protocol.outbound(t));
    sent.add();
    const kind = protocol.sentStatistic(t);
    if (kind !== undefined) statistics.counter(kind).add();
  };

  const queueTypes = deps.queueTypes ?? new QueueTypes({ family });
  const shedding =
    transport.kernelDrops &&
    new Shedding({
      kernelDrops: transport.kernelDrops,
      now: () => clock.monotonic(),
      after: (milliseconds, action) => clock.after(milliseconds, action),
      count(dropped) {
        received.add(dropped);
        for (const name of statisticsOfDrop('unread', family)) statistics.counter(name).add(dropped);
      },
    });
  const dropUnprocessed = (packet: QueuedPacket, reason: QueueDrop | 'closing'): void => {
    shedding?.dropped(packet, reason);
    received.add();
    countDrop(drop(reason, dropReasons[reason].meaning), null);
  };
  const queueServices: QueueServices = { family, now: () => clock.monotonic(), drop: dropUnprocessed };
  const createQueue = (control: JsonMap | undefined): PacketQueue =>
    queueTypes.create(control, queueServices, settings.queueCapacity);
  /** What the configuration asked for last, and the type that serves: the ring where the one asked for could not. */
  const controlNow = queueControlOf(deps.snapshot());
  let asked = { control: controlNow, factory: queueTypes.factoryOf(controlNow) };
  let serving = asked.factory;
  const admission = new Admission<Waiting<F>>(
    { family },
    {
      queue: createQueue(asked.control),
      limit: new InFlightLimit({ max: settings.maxInFlight }),
      now: () => clock.monotonic(),
      process(packet, place) {
        shedding?.begun(packet);
        return process(packet.datagram, place);
      },
      drop: dropUnprocessed,
      replaceFailed: (error) => {
        const type = queueTypes.typeOf(asked.control);
        log.error(
          'FLOTILLA_QUEUE_FAILED',
          `queue type '${type}' failed, the standard one serves: ${messageOf(error)}`,
        );
        serving = queueTypes.factoryOf(undefined);
        return createQueue(undefined);
      },
    },
  );
  const applyQueueControl = (next: Snapshot): void => {
    const control = queueControlOf(next);
    const factory = queueTypes.factoryOf(control);
    if (factory === asked.factory && isDeepStrictEqual(control, asked.control)) return;
    asked = { control, factory };
    try {
      const queue = createQueue(control);
      serving = factory;
      admission.replaceQueue(queue);
    } catch (error) {
      // The type that serves may have been taken away.
      const stays = queueTypes.has(serving);
      const outcome = stays ? 'the queue stays as it is' : 'the standard queue serves';
      log.error('FLOTILLA_QUEUE_REFUSED', `${outcome}: ${messageOf(error)}`);
      if (stays) return;
      serving = queueTypes.factoryOf(undefined);
      admission.replaceQueue(createQueue(undefined));
    }
  };
  const forgetQueueTypes = queueTypes.onChanged(() => applyQueueControl(deps.snapshot()));

  const onSnapshot = (next: Snapshot, previous: Snapshot | null): void => {
    usage.onSnapshot(next, previous);
    applyQueueControl(next);
    void timers.recount();
  };

  return {
    async start() {
      usage.onSnapshot(deps.snapshot(), null);
      await timers.recount();
      transport.listen((datagram) => {
        // Field by field: a spread costs ten times as much.
        const { bytes, client, source, isCircuit, messageType, isCompleting } = protocol.peek(datagram.bytes);
        const { receivedAt } = datagram;
        const packet = {
          bytes,
          client,
          source,
          isCircuit,
          messageType,
          isCompleting,
          receivedAt,
          datagram,
          queued: null,
        };
        shedding?.read(packet);
        admission.push(packet);
      });
      shedding?.start();
      timers.start();
    },
    async stop() {
      forgetQueueTypes();
      shedding?.stop();
      await admission.drain();
      await timers.stop();
    },
    onSnapshot,
    settled: () => admission.settled(),
    queue: () => ({ size: admission.waiting, averages: admission.averages }),
    timers,
  };
}

const queueControlOf = ({ written }: Snapshot): JsonMap | undefined =>
  written['dhcp-queue-control'] as JsonMap | undefined;

const storeErrorCode = /^(STORE_|DATABASE_|LEASE_FILE)/;
const failed = (error: unknown, before = ''): Drop =>
  drop(isStoreError(error) ? 'store-unavailable' : 'processing-failed', `${before}${messageOf(error)}`);
const isStoreError = (error: unknown): boolean =>
  error instanceof FlotillaError && storeErrorCode.test(error.code);
