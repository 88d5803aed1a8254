// What an exchange costs the engine alone, without sockets and database: `node --import tsx bench/engine.ts [exchanges] > /dev/null`.
import { setTimeout as pause } from 'node:timers/promises';
import { createAllocator, defaultAllocation } from '../src/alloc/allocator.ts';
import { parseIpv4 } from '../src/addr/ipv4.ts';
import { systemClock } from '../src/engine/clock.ts';
import { NetworkState } from '../src/engine/network-state.ts';
import { createServer4 } from '../src/engine/v4/protocol.ts';
import { Statistics } from '../src/engine/statistics.ts';
import { createLogger, silentLogger } from '../src/log.ts';
import type { InboundDatagram } from '../src/net/transport.ts';
import { createBatchingLeaseStore } from '../src/store/batching.ts';
import { createFileHostStore } from '../src/store/file-hosts.ts';
import { lease4Rows } from '../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../src/store/memfile/memfile-backend.ts';
import { createProtocol4 } from '../src/tools/perf/protocol4.ts';
import { emptyAnswer } from '../src/tools/perf/protocol.ts';
import { buildConfig } from '../test/engine/world.ts';

const exchanges = Number(process.argv[2] ?? 50_000);
/** As a batch in a database near by takes. */
const storeMilliseconds = 5;
const burst = 16;

const snapshot = buildConfig({
  'valid-lifetime': 3600,
  'cache-threshold': 0,
  subnet4: [{ id: 1, subnet: '10.0.0.0/8', pools: [{ pool: '10.64.0.0-10.255.255.255' }] }],
});
const memory = await openMemfileBackend(
  { rows: lease4Rows, path: null, lfcInterval: 0, maxRowErrors: 0 },
  { logger: silentLogger, clock: Date.now },
);
const distant = {
  ...memory,
  findAll: (async (queries) => {
    await pause(storeMilliseconds);
    return await memory.findAll(queries);
  }) as typeof memory.findAll,
  writeAll: (async (writes) => {
    await pause(storeMilliseconds);
    return await memory.writeAll(writes);
  }) as typeof memory.writeAll,
};
const protocol = createProtocol4({
  giaddr: parseIpv4('10.0.0.2'),
  baseMac: 0x02_00_00_00_00_00,
  hasRelayPort: true,
  options: new Map(),
});
let handler: (datagram: InboundDatagram) => void = () => undefined;
const statistics = new Statistics({ family: 4, clock: Date.now });
let completed = 0;
let refused = 0;
let receive: (bytes: Uint8Array) => void = () => undefined;
const server = createServer4(
  {},
  {
    snapshot: () => snapshot,
    leases: createBatchingLeaseStore(distant, { lanes: 3 }),
    hosts: createFileHostStore(() => snapshot.hosts),
    transport: {
      interfaces: [{ name: 'eth0', index: 2, addresses: [parseIpv4('10.0.0.1')], mac: new Uint8Array(6) }],
      listen: (given) => {
        handler = given;
      },
      send: ({ bytes }) => receive(bytes),
      close: () => Promise.resolve(),
    },
    statistics,
    log: createLogger({ name: 'bench' }),
    clock: systemClock,
    random: Math.random,
    networkState: new NetworkState({}, { clock: systemClock }),
    allocator: createAllocator(
      { ...defaultAllocation, sharedLeases: true },
      { random: Math.random, clock: () => performance.now() },
    ),
  },
);
await server.start();

const inject = (bytes: Uint8Array): void =>
  handler({
    bytes,
    iface: 'eth0',
    source: parseIpv4('10.0.0.2'),
    sourcePort: 67,
    destination: parseIpv4('10.0.0.1'),
    serverAddress: parseIpv4('10.0.0.1'),
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
async function run(count: number): Promise<void> {
  const [startedWith, until] = [completed, next + count];
  while (next < until) {
    for (let i = 0; i < burst && next < until; i++, next++) inject(protocol.first(next, next, 0));
    // No more waiting than a busy server has.
    do await pause(0);
    while (server.queue().size > 0);
  }
  while (completed + refused < startedWith + count) await pause(1);
}

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
