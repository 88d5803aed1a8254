// The example hook library in a real daemon: leases are logged, an option is given, a reload takes a changed file.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'jsonc-parser';
import { formatIpv4, ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { openSimulatedRelay, type SimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { launchDaemon, startDaemon, type Daemon } from '../support/daemon.ts';

const example = resolve(import.meta.dirname, '../../fleet-examples/hook-library');
const directory = mkdtempSync(join(tmpdir(), 'flt-'));
const daemons: Daemon[] = [];
let relay: SimulatedRelay | undefined;
after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  await relay?.close();
  rmSync(directory, { recursive: true });
});

/** The example's file with this machine's interface and paths. */
function localFile(parameters: object = {}): Record<string, unknown> {
  const text = readFileSync(join(example, 'dhcp4.json'), 'utf8');
  const { Dhcp4 } = parse(text) as {
    Dhcp4: { 'hooks-libraries': [{ library: string; parameters: object }]; [key: string]: unknown };
  };
  const { 'control-sockets': _ours, ...dhcp4 } = Dhcp4;
  const [entry] = dhcp4['hooks-libraries'];
  return {
    ...dhcp4,
    'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
    'lease-database': { type: 'memfile', name: 'leases4.csv' },
    'hooks-libraries': [
      {
        library: entry.library,
        parameters: { ...entry.parameters, file: join(directory, 'lease-log.jsonl'), ...parameters },
      },
    ],
  };
}

const lines = (): Record<string, unknown>[] =>
  readFileSync(join(directory, 'lease-log.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('the example library logs leases and gives an option, and its next version takes over at SIGHUP', async () => {
  copyFileSync(join(example, 'lease-log.mjs'), join(directory, 'lease-log.mjs'));
  const args = ['-p', '22071'];
  const daemon = await startDaemon({ dhcp4: localFile(), args, directory });
  daemons.push(daemon);
  relay = await openSimulatedRelay({ address: '127.0.0.1' });
  const agent = new Map([[5, ipv4Bytes(parseIpv4('192.0.2.1'))]]);
  const server = { address: '127.0.0.1', port: 22071 };
  const bind = (last: number) =>
    relay!.bind({ hwaddr: Uint8Array.of(2, 0, 0x5e, 0, 0, last), agent }, server);

  const first = await bind(1);
  assert.equal(Buffer.from(first.ack.options.get(66)!).toString(), 'tftp.example.net');
  const [line] = lines();
  assert.equal(line?.['address'], formatIpv4(first.address));
  assert.equal(line['client'], '02:00:5e:00:00:01');
  const where = await sendCommand(daemon.controlSocket, 'lease-log-where');
  assert.deepEqual(where.arguments, { file: join(directory, 'lease-log.jsonl') });

  const source = readFileSync(join(example, 'lease-log.mjs'), 'utf8');
  writeFileSync(join(directory, 'lease-log.mjs'), source.replace("event: 'leased'", "event: 'leased anew'"));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/HOOKS_LIBRARY_UNLOADED/);
  await bind(2);
  assert.equal(lines().at(-1)?.['event'], 'leased anew');

  daemon.writeConfig(localFile({ gifts: [{ prefix: '02', code: 999, text: 'x' }] }));
  daemon.process.kill('SIGHUP');
  const refused = await daemon.waitFor(/nothing changed: [^"]*/);
  assert.match(
    refused[0],
    /dhcp4\.json:\d+:\d+: Dhcp4\.hooks-libraries\[0\]\.parameters\.gifts\[0\]\.code: must be an option code/,
  );
  await bind(3);
  assert.equal(lines().length, 3);
  assert.equal(await daemon.stop(), 0);
  assert.equal(daemon.log().match(/"id":"HOOKS_LIBRARY_UNLOADED"/g)?.length, 2);
});

test('a library that refuses its parameters ends the start with the place in the file', async () => {
  const daemon = launchDaemon({ dhcp4: localFile({ file: 7 }), args: ['-p', '22072'] });
  daemons.push(daemon);
  writeFileSync(
    join(daemon.directory, 'lease-log.mjs'),
    readFileSync(join(example, 'lease-log.mjs'), 'utf8'),
  );
  assert.equal(await daemon.ended(), 1);
  assert.match(daemon.log(), /failed to initialize[^"]*hooks-libraries\[0\]\.parameters\.file: must name/);
});
