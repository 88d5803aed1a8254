// What receiving costs while the event loop is busy: one datagram per system call, many, a receiver thread.
// Run: node --import tsx bench/receive.ts [packets per second] [4 or 6: family]
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Family } from '../src/addr/family.ts';
import { parseIpv4 } from '../src/addr/ipv4.ts';
import { parseIpv6 } from '../src/addr/ipv6.ts';
import { loadLibc } from '../src/net/libc.ts';
import { openUdpSocket, type UdpSocket } from '../src/net/udp-socket.ts';

type Way = 'one by one' | 'in batches' | 'receiver thread';
type Take = (bytes: Uint8Array) => void;

const port = 26_067;
const seconds = 3;
const now = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** 300 bytes, the time of sending in the first 8. */
function generate(rate: number, family: Family): void {
  const socket = createSocket({
    type: `udp${family}`,
    lookup: (host, _options, done) => done(null, host, family),
  });
  const begin = now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(rate * seconds, ((now() - begin) / 1000) * rate);
    for (; sent < due; sent++) {
      const bytes = Buffer.alloc(300);
      bytes.writeDoubleLE(now());
      socket.send(bytes, port, family === 4 ? '127.0.0.1' : '::1');
    }
    if (sent >= rate * seconds) {
      clearInterval(timer);
      setTimeout(() => process.exit(), 500);
    }
  }, 2);
}

async function openSocket(isBatched: boolean, family: Family): Promise<UdpSocket<Family>> {
  const libc = loadLibc();
  if ('missing' in libc) throw new Error(libc.missing);
  const binding = { ...libc, canBatch: isBatched };
  const common = { iface: 'lo', port };
  return family === 4
    ? await openUdpSocket({ ...common, family, address: parseIpv4('127.0.0.1') }, binding)
    : await openUdpSocket({ ...common, family, address: parseIpv6('::1') }, binding);
}

const listen = (socket: UdpSocket<Family>, onMessage: Take): void =>
  socket.listen({ onMessage, onError: console.error, onSendFailure: console.error });

async function open(way: Way, family: Family, take: Take): Promise<() => Promise<unknown>> {
  if (way === 'receiver thread') {
    // A worker does not inherit the loader of TypeScript.
    const self = JSON.stringify(import.meta.url);
    const script = `import('tsx/esm/api').then(({ register }) => (register(), import(${self})))`;
    const worker = new Worker(script, { eval: true, workerData: family });
    await new Promise((ready) => worker.once('message', ready));
    worker.on('message', (batch: Uint8Array[]) => batch.forEach(take));
    return () => worker.terminate();
  }
  const socket = await openSocket(way === 'in batches', family);
  listen(socket, take);
  return () => socket.close();
}

/** Whatever gathered in a turn of its own loop goes over as one message. */
async function receiverThread(family: Family): Promise<void> {
  const socket = await openSocket(true, family);
  let batch: Uint8Array[] = [];
  listen(socket, (bytes) => {
    if (batch.push(bytes) === 1)
      setImmediate(() => {
        parentPort!.postMessage(batch);
        batch = [];
      });
  });
  parentPort!.postMessage('ready');
}

function spin(milliseconds: number): void {
  const end = now() + milliseconds;
  while (now() < end);
}

/** The loop works `busy` ms in every turn; once a second it stands still for `stall` ms. */
async function run(way: Way, family: Family, rate: number, busy: number, stall: number): Promise<string> {
  const ages: number[] = [];
  let isOver = false;
  const close = await open(way, family, (bytes) => {
    ages.push(now() - new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true));
  });
  const turn = (): void => {
    spin(busy);
    if (!isOver) setImmediate(turn);
  };
  if (busy > 0) setImmediate(turn);
  const stalls = stall > 0 ? setInterval(() => spin(stall), 1000) : undefined;
  const cpu = process.cpuUsage();
  const child = fork(new URL(import.meta.url), ['generate', String(rate), String(family)]);
  await new Promise((done) => child.once('exit', done));
  const { user, system } = process.cpuUsage(cpu);
  const atEnd = ages.length;
  isOver = true;
  clearInterval(stalls);
  await new Promise((done) => setTimeout(done, 300));
  await close();
  const sorted = ages.slice(0, atEnd).sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(1);
  const percent = ((100 * atEnd) / (rate * seconds)).toFixed(1);
  return [way, rate, busy, stall, `${percent} %`, at(0.5), at(0.99), ((user + system) / 1e6).toFixed(2)].join(
    ' | ',
  );
}

const familyOf = (word: unknown): Family => (Number(word) === 6 ? 6 : 4);

if (!isMainThread) await receiverThread(familyOf(workerData));
else if (process.argv[2] === 'generate') generate(Number(process.argv[3]), familyOf(process.argv[4]));
else {
  const rate = Number(process.argv[2] ?? 20_000);
  const family = familyOf(process.argv[3]);
  console.log('way | offered/s | busy ms per turn | stall ms per s | received | age p50 ms | p99 | CPU s');
  for (const [busy, stall] of [
    [0, 0],
    [0, 300],
    [1, 0],
    [5, 0],
    [20, 0],
  ] as const)
    for (const way of ['one by one', 'in batches', 'receiver thread'] as const)
      console.log(await run(way, family, rate, busy, stall));
  process.exit();
}
