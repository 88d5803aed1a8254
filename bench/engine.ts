// What an exchange costs the engine alone, without sockets and database: `node --import tsx bench/engine.ts [exchanges] [4|6|6pd] > /dev/null`; 6pd: a prefix too.
import { setTimeout as pause } from 'node:timers/promises';
import type { AddressOf, Family } from '../src/addr/family.ts';
import { parseIpv4 } from '../src/addr/ipv4.ts';
import { parseIpv6 } from '../src/addr/ipv6.ts';
import { createAllocator, defaultAllocation } from '../src/alloc/allocator.ts';
import { buildSnapshot } from '../src/config/build.ts';
import { splitParts } from '../src/config/split.ts';
import type { JsonMap } from '../src/config/written.ts';
import { systemClock } from '../src/engine/clock.ts';
import { NetworkState } from '../src/engine/network-state.ts';
import type { Server, ServerDeps } from '../src/engine/server.ts';
import { Statistics } from '../src/engine/statistics.ts';
import { createServer4 } from '../src/engine/v4/protocol.ts';
import { createServer6 } from '../src/engine/v6/protocol.ts';
import { createLogger, silentLogger } from '../src/log.ts';
import type { InboundDatagram } from '../src/net/transport.ts';
import { createBatchingLeaseStore } from '../src/store/batching.ts';
import { createFileHostStore } from '../src/store/file-hosts.ts';
import type { Lease, Lease4, Lease6 } from '../src/store/lease.ts';
import { lease4Rows, lease6Rows, type LeaseRows } from '../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../src/store/memfile/memfile-backend.ts';
import { emptyAnswer, type PerfProtocol } from '../src/tools/perf/protocol.ts';
import { createProtocol4 } from '../src/tools/perf/protocol4.ts';
import { createProtocol6 } from '../src/tools/perf/protocol6.ts';

/** As a batch in a database near by takes. */
const storeMilliseconds = 5;
const burst = 16;

interface Side<F extends Family, L extends Lease> {
  readonly family: F;
  readonly rows: LeaseRows<L>;
  readonly subnets: JsonMap;
  readonly server: AddressOf<F>;
  readonly relay: AddressOf<F>;
  readonly port: number;
  readonly protocol: PerfProtocol;
  readonly create: (deps: ServerDeps<F, L>) => Server<L>;
}

const [countText = '50000', familyText = '4'] = process.argv.slice(2);
const common = { baseMac: 0x02_00_00_00_00_00, options: new Map<number, Uint8Array>() };

const v4: Side<4, Lease4> = {
  family: 4,
  rows: lease4Rows,
  subnets: {
    subnet4: [{ id: 1, subnet: '10.0.0.0/8', pools: [{ pool: '10.64.0.0-10.255.255.255' }] }],
  },
  server: parseIpv4('10.0.0.1'),
  relay: parseIpv4('10.0.0.2'),
  port: 67,
  protocol: createProtocol4({ ...common, giaddr: parseIpv4('10.0.0.2'), hasRelayPort: true }),
  create: (deps) => createServer4({}, deps),
};

const v6: Side<6, Lease6> = {
  family: 6,
  rows: lease6Rows,
  subnets: {
    subnet6: [
      {
        id: 1,
        subnet: '2001:db8::/32',
        pools: [{ pool: '2001:db8:1::/64' }],
        'pd-pools': [{ prefix: '2001:db9::', 'prefix-len': 32, 'delegated-len': 56 }],
      },
    ],
  },
  server: parseIpv6('2001:db8::1'),
  relay: parseIpv6('2001:db8::2'),
  port: 547,
  protocol: createProtocol6({
    ...common,
    leases: familyText === '6pd' ? ['address', 'prefix'] : ['address'],
    rapidCommit: false,
    relay: { linkAddress: parseIpv6('2001:db8::2'), hasRelayPort: true },
  }),
  create: (deps) =>
    createServer6({}, { ...deps, serverDuid: () => Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1) }),
};

if (familyText.startsWith('6')) await measure(v6, Number(countText));
else await measure(v4, Number(countText));

async function measure<F extends Family, L extends Lease>(
  side: Side<F, L>,
  exchanges: number,
): Promise<void> {
  const { family, protocol } = side;
  const config: JsonMap = { 'valid-lifetime': 3600, 'cache-threshold': 0, ...side.subnets };
  const parts = splitParts(family, config, () => ({ file: 'bench', line: 1, column: 1 }));
  const { snapshot } = buildSnapshot(parts, null, { mode: 'strict', epoch: null });
  const memory = await openMemfileBackend(
    { rows: side.rows, path: null, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: Date.now },
  );
  const distant = {
    ...memory,
    backend: 'mysql' as const,
    findAll: (async (queries) => {
      await pause(storeMilliseconds);
      return await memory.findAll(queries);
    }) as typeof memory.findAll,
    writeAll: (async (writes) => {
      await pause(storeMilliseconds);
      return await memory.writeAll(writes);
    }) as typeof memory.writeAll,
  };
  let handler: (datagram: InboundDatagram<F>) => void = () => undefined;
  let completed = 0;
  let refused = 0;
  let receive: (bytes: Uint8Array) => void = () => undefined;
  const server = side.create({
    snapshot: () => snapshot,
    leases: createBatchingLeaseStore(distant, { lanes: 3 }),
    hosts: createFileHostStore(() => snapshot.hosts),
    transport: {
      interfaces: [{ name: 'eth0', index: 2, addresses: [side.server], mac: new Uint8Array(6) }],
      kernelDrops: null,
      listen: (given) => {
        handler = given;
      },
      send: ({ bytes }) => receive(bytes),
      close: () => Promise.resolve(),
    },
    statistics: new Statistics({ family, clock: Date.now }),
    log: createLogger({ name: 'bench' }),
    clock: systemClock,
    random: Math.random,
    networkState: new NetworkState({}, { clock: systemClock }),
    allocator: createAllocator(
      { ...defaultAllocation, sharedLeases: true },
      { random: Math.random, clock: () => performance.now() },
    ),
  });
  await server.start();

  const inject = (bytes: Uint8Array): void =>
    handler({
      bytes,
      iface: 'eth0',
      source: side.relay,
      sourcePort: side.port,
      destination: side.server,
      serverAddress: side.server,
      receivedAt: performance.now(),
    });
  const answer = emptyAnswer();
  receive = (bytes) => {
    if (!protocol.read(bytes, answer) || answer.refusal !== '') refused++;
    else if (answer.kind === 'reply') completed++;
    else inject(protocol.second(answer.xid, answer.xid, answer, 0));
  };

  let next = 0;
  /** Open loop: so many exchanges, as many at once as the in-flight limit lets in. */
  const run = async (count: number): Promise<void> => {
    const [startedWith, until] = [completed, next + count];
    while (next < until) {
      for (let i = 0; i < burst && next < until; i++, next++) inject(protocol.first(next, next, 0));
      // No more waiting than a busy server has.
      do await pause(0);
      while (server.queue().size > 0);
    }
    while (completed + refused < startedWith + count) await pause(1);
  };

  await run(5_000);
  const before = process.cpuUsage();
  const started = performance.now();
  await run(exchanges);
  const used = process.cpuUsage(before);
  const wall = performance.now() - started;
  console.error(
    `${exchanges} exchanges, ${refused} refused: ${((used.user + used.system) / exchanges).toFixed(1)} µs of CPU each, ` +
      `${((exchanges / wall) * 1000).toFixed(0)}/s`,
  );
  await server.stop();
}
