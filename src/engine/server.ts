// One DHCPv4 server: datagrams in, the pipeline, datagrams out; counts what happened and never lets an error escape.
import { isDeepStrictEqual } from 'node:util';
import type { Allocator } from '../alloc/allocator.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { JsonMap } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { InboundDatagram, Transport } from '../net/transport.ts';
import type { HostStore } from '../store/host-store.ts';
import type { Lease4 } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import { encodeSuboptions4 } from '../wire/v4/suboptions.ts';
import { messageType4 } from '../wire/v4/message.ts';
import type { Clock } from './clock.ts';
import { dropLogId } from './drop-log.ts';
import { dropReasons, statisticsOfDrop } from './drop-reasons.ts';
import { noHooks, type EngineHooks, type HookScope } from './hooks.ts';
import { LeaseTimers } from './lease-timers.ts';
import { LeaseUsage } from './lease-usage.ts';
import type { NetworkState } from './network-state.ts';
import { OptionAssembler } from './option-scopes.ts';
import { drop, runPipeline, type Drop } from './pipeline.ts';
import { Admission, type Place } from './admission.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import {
  defaultQueueCapacity,
  QueueTypes,
  type PacketQueue,
  type QueueServices,
  type QueuedPacket,
} from './queue-types.ts';
import { RecentOffers } from './recent-offers.ts';
import { reviewedReclaim } from './reviewed-reclaim.ts';
import type { Statistics } from './statistics.ts';
import { clientFields } from './v4/describe.ts';
import { settleDraws } from './v4/fresh-address.ts';
import { peekPacket4 } from './v4/peek.ts';
import { pipeline4 } from './v4/pipeline.ts';
import { ServerIdentifiers } from './v4/server-identifiers.ts';
import { startTransaction } from './v4/start-transaction.ts';
import { SubnetPreference } from './v4/subnet-preference.ts';
import type { Engine4, Transaction4 } from './v4/transaction.ts';

export interface Server4Options {
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

export interface Server4Deps {
  readonly snapshot: () => Snapshot;
  readonly leases: LeaseStore<Lease4>;
  readonly hosts: HostStore;
  readonly transport: Transport;
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

interface Waiting4 extends QueuedPacket {
  readonly datagram: InboundDatagram;
}

export interface Server4 {
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
  readonly timers: LeaseTimers<Lease4>;
}

const defaults = {
  serverPort: 67,
  clientPort: 68,
  queueCapacity: defaultQueueCapacity,
  maxInFlight: 4096,
  recountSeconds: 30,
} as const;

/** Seconds between error lines about a store that does not answer. */
const storeErrorInterval = 10;

export function createServer4(options: Server4Options, deps: Server4Deps): Server4 {
  const settings = { ...defaults, ...options };
  const { statistics, log, clock, transport, leases, networkState } = deps;
  const hooks = deps.hooks ?? noHooks;
  const usage = new LeaseUsage({ family: 4 }, { statistics });
  const engine: Engine4 = {
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
    options: new OptionAssembler({ encodeSuboptions: encodeSuboptions4 }),
    serverIdentifiers: new ServerIdentifiers({ transport }),
    serverPort: settings.serverPort,
    clientPort: settings.clientPort,
  };
  const reclaim = reviewedReclaim({
    hooks: () => hooks.begin(deps.snapshot().globals),
    leases,
    expire: (scope, lease4, remove) =>
      scope.call('lease4_expire', { lease4: { ...lease4 }, remove_lease: remove }),
    recover: (scope, lease4) => scope.call('lease4_recover', { lease4: { ...lease4 } }),
    isAsked: (scope) => scope.has('lease4_expire') || scope.has('lease4_recover'),
    log,
  });
  const timers = new LeaseTimers<Lease4>(
    { family: 4, recountSeconds: settings.recountSeconds },
    { snapshot: deps.snapshot, leases, usage, networkState, clock, random: deps.random, log, reclaim },
  );
  let lastStoreError = -Infinity;

  const countDrop = ({ drop: reason, detail }: Drop, t: Transaction4 | null): void => {
    for (const name of statisticsOfDrop(reason, 4)) statistics.counter(name).add();
    if (reason === 'store-unavailable' && clock.now() - lastStoreError >= storeErrorInterval * 1000) {
      lastStoreError = clock.now();
      log.error('FLOTILLA_STORE_UNAVAILABLE', `packets are dropped, nothing can be promised: ${detail}`);
    } else if (reason === 'processing-failed') {
      log.error(dropLogId(reason), detail, t ? clientFields(t) : {});
    } else if (log.debugEnabled) {
      log.debug(dropLogId(reason), detail, { reason, ...(t && clientFields(t)) });
    }
  };

  const process = async (datagram: InboundDatagram, place: Place): Promise<void> => {
    let t: Transaction4 | null = null;
    let isSettled = false;
    const snapshot = deps.snapshot();
    const begun = hooks.begin(snapshot.globals);
    const scope: HookScope | null = begun && {
      has: (point) => begun.has(point),
      call: (point, args) => place.outside(begun.call(point, args)),
      end: () => begun.end(),
    };
    try {
      t = startTransaction(engine, snapshot, datagram, scope);
      const result = await runPipeline(pipeline4, t);
      isSettled = true;
      settleDraws(t);
      if (result === 'reply') send(t);
      else if (result !== 'done') countDrop(result, t);
    } catch (error) {
      countDrop(drop(isStoreError(error) ? 'store-unavailable' : 'processing-failed', messageOf(error)), t);
    } finally {
      if (t && !isSettled) settleDraws(t);
      scope?.end();
    }
  };

  const send = (t: Transaction4): void => {
    transport.send({ ...t.outbound!, bytes: t.bytes! });
    statistics.counter('pkt4-sent').add();
    statistics.counter(sentStatistic.get(t.answer)!).add();
  };

  const queueTypes = deps.queueTypes ?? new QueueTypes({ family: 4 });
  const queueServices: QueueServices = {
    family: 4,
    now: () => clock.monotonic(),
    drop: (_packet, reason) => {
      statistics.counter('pkt4-received').add();
      countDrop(drop(reason, dropReasons[reason].meaning), null);
    },
  };
  const createQueue = (control: JsonMap | undefined): PacketQueue =>
    queueTypes.create(control, queueServices, settings.queueCapacity);
  /** What the configuration asked for last, and the type that serves: the ring where the one asked for could not. */
  const controlNow = queueControlOf(deps.snapshot());
  let asked = { control: controlNow, factory: queueTypes.factoryOf(controlNow) };
  let serving = asked.factory;
  const admission = new Admission<Waiting4>(
    { family: 4 },
    {
      queue: createQueue(asked.control),
      limit: new InFlightLimit({ max: settings.maxInFlight }),
      now: () => clock.monotonic(),
      process: ({ datagram }, place) => process(datagram, place),
      drop: queueServices.drop,
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
      transport.listen((datagram) =>
        admission.push({ ...peekPacket4(datagram.bytes), receivedAt: datagram.receivedAt, datagram }),
      );
      timers.start();
    },
    async stop() {
      forgetQueueTypes();
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

const sentStatistic: ReadonlyMap<number, string> = new Map([
  [messageType4.OFFER, 'pkt4-offer-sent'],
  [messageType4.ACK, 'pkt4-ack-sent'],
  [messageType4.NAK, 'pkt4-nak-sent'],
]);

const storeErrorCode = /^(STORE_|DATABASE_|LEASE_FILE)/;
const isStoreError = (error: unknown): boolean =>
  error instanceof FlotillaError && storeErrorCode.test(error.code);
