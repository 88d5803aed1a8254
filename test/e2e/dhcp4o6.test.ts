// DHCPv4 over DHCPv6: both daemons of one machine, and a client that speaks to the DHCPv6 one only.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { messageType6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { openClient4o6, query4o6, type Client4o6 } from '../support/client4o6.ts';
import { startDaemon, type Daemon } from '../support/daemon.ts';
import {
  discover,
  fromMac,
  havingAddress,
  request,
  withRequestedAddress,
  withServerId,
} from '../support/packets4.ts';
import {
  throughRelay,
  withInterfaceId,
  withOption,
  withRelayPort,
  type PacketPart6,
} from '../support/packets6.ts';

const [serverPort, clientPort, ipcPort, otherPort] = [21_547, 21_546, 21_786, 21_796];
const scratch = mkdtempSync(join(tmpdir(), 'flt-4o6-'));
const watcher = join(scratch, 'watcher.mjs');
const OFFER = 2;
const ACK = 5;

const config4 = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  'interfaces-config': { interfaces: [] },
  'dhcp4o6-port': ipcPort,
  'option-data': [{ name: 'dhcp-server-identifier', data: '192.0.2.1' }],
  subnet4: [
    {
      id: 1,
      subnet: '192.0.2.0/24',
      pools: [{ pool: '192.0.2.10-192.0.2.90' }],
      '4o6-interface-id': 'port7',
    },
    {
      id: 2,
      subnet: '198.51.100.0/24',
      pools: [{ pool: '198.51.100.10-198.51.100.90' }],
      '4o6-subnet': '::/64',
    },
  ],
  ...more,
});
const config6 = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  'interfaces-config': { interfaces: ['lo'] },
  'server-id': { type: 'EN' },
  'dhcp4o6-port': ipcPort,
  'hooks-libraries': [{ library: watcher }],
  ...more,
});

let [daemon4, daemon6]: Daemon[] = [];
let client: Client4o6;

before(async () => {
  writeFileSync(
    watcher,
    `export function load(handle) {
       handle.register('buffer6_send', ({ response6 }) => {
         const isForOne = Buffer.from(response6.bytes).includes(Buffer.from([2, 0, 0, 0, 6, 0x0d]));
         handle.log.info('WATCHER', 'type ' + response6.bytes[0] + ' of ' + response6.message.type);
         return isForOne ? 'drop' : 'continue';
       });
     }`,
  );
  daemon4 = await startDaemon({ dhcp4: config4() });
  const args = ['-p', String(serverPort), '-P', String(clientPort)];
  daemon6 = await startDaemon({ dhcp6: config6(), args });
  client = await openClient4o6(clientPort, serverPort);
});

after(async () => {
  client?.close();
  rmSync(scratch, { recursive: true, force: true });
  for (const daemon of [daemon4, daemon6]) if (daemon?.process.exitCode === null) await daemon.stop();
});

async function statistic(daemon: Daemon, name: string): Promise<number> {
  const answer = await sendCommand(daemon.controlSocket, 'statistic-get', { name });
  const found = answer.arguments as Record<string, [[number]]>;
  return found[name]?.[0][0] ?? 0;
}

test('a client behind nothing but IPv6 leases an IPv4 address and renews it', async () => {
  const mac = fromMac('02:00:00:00:06:01');
  const offer = await client.ask(query4o6(discover(mac)));
  assert.equal(offer?.message.options.get(53)?.[0], OFFER);
  assert.equal(offer.packet.message.type, messageType6.DHCPV4_RESPONSE);
  assert.equal(offer.packet.message.transactionId, 0, 'flags of a response are 0');
  assert.deepEqual([...offer.packet.message.options.codes], [option6.dhcpv4Message]);
  const address = formatIpv4(offer.message.yiaddr);
  assert.match(address, /^198\.51\.100\./);
  const selecting = request(mac, withRequestedAddress(address), withServerId('192.0.2.1'));
  assert.equal((await client.ask(query4o6(selecting)))?.message.options.get(53)?.[0], ACK);
  const renewing = request(mac, havingAddress(address));
  const ack = await client.ask(query4o6(renewing, true));
  assert.equal(ack?.message.options.get(53)?.[0], ACK);
  assert.equal(formatIpv4(ack.message.ciaddr), address);
  assert.equal(await statistic(daemon6!, 'pkt6-dhcpv4-query-received'), 3);
  assert.equal(await statistic(daemon6!, 'pkt6-dhcpv4-response-sent'), 3);
  assert.equal(await statistic(daemon4!, 'pkt4-ack-sent'), 2);
});

test('through a relay the interface-id chooses the subnet, and the answer goes back through it', async () => {
  const relay = throughRelay('2001:db8::1', 'fe80::2', withInterfaceId('port7'), withRelayPort(0));
  const query = query4o6(discover(fromMac('02:00:00:00:06:02')), false, relay);
  const offer = await client.ask(query);
  assert.match(formatIpv4(offer!.message.yiaddr), /^192\.0\.2\./);
  const [envelope] = offer!.packet.relays;
  assert.equal(envelope?.type, messageType6.RELAY_REPL);
  assert.equal(Buffer.from(envelope.options.get(option6.interfaceId)!).toString(), 'port7');
});

test('what is no DHCPV4-QUERY, or is not of the other daemon, is dropped and counted', async () => {
  const nothing: PacketPart6 = ({ message }) => void message.options.delete(option6.dhcpv4Message);
  const [ours, mac] = [discover(fromMac('02:00:00:00:06:03')), 'pkt6-parse-failed'];
  assert.equal(await client.ask(query4o6(ours, false, nothing), 300), null);
  assert.equal(
    await client.ask(query4o6(ours, false, withOption(option6.dhcpv4Message, ours.bytes)), 300),
    null,
  );
  assert.equal(await statistic(daemon6!, mac), 2);
  const stranger = createSocket('udp6');
  for (const port of [ipcPort, ipcPort + 1]) stranger.send(query4o6(ours), port, '::1');
  for (const [daemon, name] of [
    [daemon6!, 'pkt6-parse-failed'],
    [daemon4!, 'pkt4-parse-failed'],
  ] as const) {
    const before = daemon === daemon6 ? 2 : 0;
    for (let i = 0; i < 50 && (await statistic(daemon, name)) === before; i++) await pause(20);
    assert.equal(await statistic(daemon, name), before + 1);
  }
  stranger.close();
});

test('buffer6_send sees what the DHCPv4 server answers, and may keep it back', async () => {
  await daemon6!.waitFor(/WATCHER type 21 of 21/);
  const sent = await statistic(daemon6!, 'pkt6-dhcpv4-response-sent');
  assert.equal(await client.ask(query4o6(discover(fromMac('02:00:00:00:06:0d'))), 500), null);
  assert.equal(await statistic(daemon6!, 'pkt6-dhcpv4-response-sent'), sent);
});

test('a reload takes another port, or none', async () => {
  const ask = (): ReturnType<Client4o6['ask']> =>
    client.ask(query4o6(discover(fromMac('02:00:00:00:06:04'))), 500);
  const reload = async (daemon: Daemon, config: Record<string, unknown>, pattern: RegExp): Promise<void> => {
    daemon.writeConfig(config);
    assert.equal((await sendCommand(daemon.controlSocket, 'config-reload')).result, 0);
    await daemon.waitFor(pattern);
  };
  await reload(daemon4!, config4({ 'dhcp4o6-port': otherPort }), new RegExp(`::1 port ${otherPort + 1}`));
  assert.equal(await ask(), null);
  await reload(daemon6!, config6({ 'dhcp4o6-port': otherPort }), new RegExp(`::1 port ${otherPort}"`));
  assert.ok(await ask());
  await reload(daemon6!, config6({ 'dhcp4o6-port': 0 }), /DYNAMIC_RECONFIGURATION_SUCCESS/);
  assert.equal(await ask(), null);
  assert.equal(await statistic(daemon6!, 'flotilla-no-dhcp4o6'), 1);
});

test('a port that somebody else has is an error line, and a reload tries again', async () => {
  const taken = createSocket({ type: 'udp6', ipv6Only: true });
  await new Promise<void>((resolve) => taken.bind(ipcPort, '::1', resolve));
  daemon6!.writeConfig(config6());
  await sendCommand(daemon6!.controlSocket, 'config-reload');
  await daemon6!.waitFor(/DHCP6_SRV_DHCP4O6_ERROR DHCPv4 over DHCPv6 is not served.*EADDRINUSE/);
  await new Promise<void>((resolve) => taken.close(() => resolve()));
  await sendCommand(daemon6!.controlSocket, 'config-reload');
  daemon4!.writeConfig(config4());
  await sendCommand(daemon4!.controlSocket, 'config-reload');
  const again = query4o6(discover(fromMac('02:00:00:00:06:05')));
  let answer = await client.ask(again, 500);
  for (let i = 0; !answer && i < 10; i++) answer = await client.ask(again, 500);
  assert.ok(answer);
});
