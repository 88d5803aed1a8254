// Queue types of hook libraries in real processes: start, -t, config-test, reloads good and bad, the example.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'jsonc-parser';
import { ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { openSimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { launchDaemon, startDaemon, type Daemon } from '../support/daemon.ts';
import { program } from '../support/program.ts';

const example = new URL('../../fleet-examples/queue-type/', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'flt-queue-'));
const daemons: Daemon[] = [];
const relay = await openSimulatedRelay({ address: '127.0.0.1' });
after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  await relay.close();
  rmSync(directory, { recursive: true });
});

/** Counts what goes through it. Leaves a timer behind, and says in a file when it is loaded and unloaded. */
const counted = (version: number): string => `
import { appendFileSync } from 'node:fs';
const say = (text) => appendFileSync(new URL('lives.log', import.meta.url), text + '\\n');
export function load(handle) {
  say('load');
  setInterval(() => undefined, 1000);
  handle.registerQueueType('counted', (element, { invalid }) => {
    if (element.depth !== undefined && !(element.depth > 0)) throw invalid('depth', 'depth must be above 0');
    const waiting = [];
    return {
      enqueue: (packet) => void (handle.count('site-queue-${version}'), waiting.push(packet)),
      dequeue: () => waiting.shift(),
      get size() { return waiting.length; },
    };
  });
}
export const unload = () => say('unload');
`;
const library = join(directory, 'counted.mjs');
const lives = (): string[] => readFileSync(join(directory, 'lives.log'), 'utf8').trim().split('\n');

const dhcp4 = (depth?: number, hasLibrary = true): Record<string, unknown> => ({
  'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
  'lease-database': { type: 'memfile', name: 'leases4.csv' },
  'dhcp-queue-control': {
    'enable-queue': true,
    'queue-type': 'counted',
    ...(depth !== undefined && { depth }),
  },
  ...(hasLibrary && { 'hooks-libraries': [{ library: 'counted.mjs' }] }),
  subnet4: [{ id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.100 - 192.0.2.199' }] }],
});
const agent = new Map([[5, ipv4Bytes(parseIpv4('192.0.2.1'))]]);
const bind = (port: number, last: number) =>
  relay.bind({ hwaddr: Uint8Array.of(2, 0, 0, 0, 7, last), agent }, { address: '127.0.0.1', port });
const place = String.raw`dhcp4\.json:\d+:\d+: Dhcp4\.dhcp-queue-control\.depth: depth must be above 0`;

test('a type of a library serves from the start, through config-test, refused, accepted and last reloads', async () => {
  writeFileSync(library, counted(1));
  const daemon = await startDaemon({ dhcp4: dhcp4(), args: ['-p', '23072'], directory });
  daemons.push(daemon);
  const taken = async (version: number): Promise<number> => {
    const name = `site-queue-${version}`;
    const { arguments: all } = await sendCommand(daemon.controlSocket, 'statistic-get', { name });
    return (all as Record<string, [[number]]>)[name]?.[0][0] ?? 0;
  };
  await bind(23072, 1);
  assert.equal(await taken(1), 2, 'a DISCOVER and a REQUEST');

  const socket = daemon.controlSocket;
  const configTest = (config: Record<string, unknown>) =>
    sendCommand(socket, 'config-test', { Dhcp4: config });
  assert.equal((await configTest(dhcp4(5))).result, 0);
  assert.match(String((await configTest(dhcp4(0))).text), /dhcp-queue-control\.depth: depth must be above 0/);
  assert.match(String((await configTest(dhcp4(5, false))).text), /queue type 'counted' is not registered/);
  assert.deepEqual(lives(), ['load'], 'an unchanged library is not loaded again to be asked');

  writeFileSync(library, `${counted(2)}\n`);
  assert.equal((await configTest(dhcp4(5))).result, 0);
  assert.deepEqual(lives(), ['load', 'load', 'unload']);
  daemon.writeConfig(dhcp4(0));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(new RegExp(`nothing changed: [^"]*${place}`));
  await bind(23072, 2);
  assert.deepEqual([await taken(1), await taken(2)], [4, 0]);

  daemon.writeConfig(dhcp4(7));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/reconfiguration succeeded/);
  await bind(23072, 3);
  assert.deepEqual([await taken(1), await taken(2)], [4, 2]);

  const { 'dhcp-queue-control': _queue, ...plainRing } = dhcp4(undefined, false);
  daemon.writeConfig(plainRing);
  assert.equal((await sendCommand(socket, 'config-reload')).result, 0);
  await bind(23072, 4);
  assert.deepEqual([await taken(1), await taken(2)], [4, 2]);
  const unloads = lives().filter((line) => line === 'unload').length;
  assert.equal(unloads, lives().length - unloads, 'each load has its unload');
  assert.doesNotMatch(daemon.log(), /FLOTILLA_QUEUE_/);
});

test('a type whose parameters are wrong ends the start with the place in the file', async () => {
  const daemon = launchDaemon({ dhcp4: dhcp4(0), args: ['-p', '23073'] });
  daemons.push(daemon);
  writeFileSync(join(daemon.directory, 'counted.mjs'), counted(1));
  assert.equal(await daemon.ended(), 1);
  assert.match(daemon.log(), new RegExp(`failed to initialize[^"]*${place}`));
});

test('-t loads the libraries, asks the type, unloads them and ends, whatever they leave open', () => {
  writeFileSync(library, counted(1));
  const file = join(directory, 'dhcp4.json');
  const check = (config: Record<string, unknown>) => {
    rmSync(join(directory, 'lives.log'), { force: true });
    writeFileSync(file, JSON.stringify({ Dhcp4: config }, null, 2));
    return spawnSync(process.execPath, [program, 'dhcp4', '-t', file], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  };
  const good = check(dhcp4(5));
  assert.deepEqual([good.status, good.stderr], [0, '']);
  assert.match(good.stdout, /configuration is good/);
  assert.deepEqual(lives(), ['load', 'unload']);
  const bad = check(dhcp4(0));
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, new RegExp(`dhcp4\\.json:16:16: Dhcp4\\.dhcp-queue-control\\.depth: depth must`));
  assert.deepEqual(lives(), ['load', 'unload']);
  const unknown = check(dhcp4(5, false));
  assert.match(unknown.stderr, /dhcp4\.json:15:\d+: .*queue type 'counted' is not registered/);
  assert.equal(existsSync(join(directory, 'lives.log')), false);
});

test('the example serves by its queue type', async () => {
  const { Dhcp4 } = parse(readFileSync(join(example, 'dhcp4.json'), 'utf8')) as {
    Dhcp4: Record<string, unknown>;
  };
  const { 'control-sockets': _ours, ...rest } = Dhcp4;
  const folder = mkdtempSync(join(tmpdir(), 'flt-queue-'));
  copyFileSync(join(example, 'newest-first.mjs'), join(folder, 'newest-first.mjs'));
  const daemon = await startDaemon({
    dhcp4: {
      ...rest,
      'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
      'lease-database': { type: 'memfile', name: 'leases4.csv' },
    },
    args: ['-p', '23074'],
    directory: folder,
  });
  daemons.push(daemon);
  await bind(23074, 1);
  assert.equal(await daemon.stop(), 0);
  rmSync(folder, { recursive: true });
});
