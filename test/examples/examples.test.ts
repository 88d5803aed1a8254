// Every fleet example runs as it stands; only interface, database, paths and relay addresses are this machine's.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'jsonc-parser';
import type { RowDataPacket } from 'mysql2/promise';
import { formatIpv4, ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseHex } from '../../src/addr/hex.ts';
import {
  openSimulatedRelay,
  type BoundClient,
  type SimulatedClient,
  type SimulatedRelay,
} from '../../src/tools/simulated-relay.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, startDaemon, type Daemon } from '../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const examples = resolve(import.meta.dirname, '../../fleet-examples');
const address = '127.0.0.1';
const daemons: Daemon[] = [];
const relays: SimulatedRelay[] = [];
let shared: TestDatabase;
let branch: TestDatabase;

before(async () => {
  shared = await createTestDatabase();
  branch = await createTestDatabase();
});
after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  await Promise.all(relays.map((relay) => relay.close()));
  await shared.drop();
  await branch.drop();
});

/** The example's local file with this machine's interface and database. */
function localFile(path: string, database: TestDatabase | null): Record<string, unknown> {
  const file = parse(readFileSync(join(examples, path), 'utf8')) as { Dhcp4: Record<string, unknown> };
  const { 'control-sockets': _ours, ...dhcp4 } = file.Dhcp4;
  const access = database && databaseAccess(database.address);
  return {
    ...dhcp4,
    'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
    ...(access
      ? {
          'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
          'lease-database': access,
          'hosts-databases': [access],
        }
      : { 'lease-database': { ...(dhcp4['lease-database'] as object), name: 'leases4.csv' } }),
  };
}

async function serve(path: string, database: TestDatabase | null, port: number): Promise<Daemon> {
  const daemon = await startDaemon({
    dhcp4: localFile(path, database),
    args: ['-p', String(port), '--instance', path],
  });
  daemons.push(daemon);
  return daemon;
}

async function relayAt(relayAddress: string): Promise<SimulatedRelay> {
  const relay = await openSimulatedRelay({ address: relayAddress });
  relays.push(relay);
  return relay;
}

const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const addressOption = (bound: BoundClient, code: number): string =>
  formatIpv4(Buffer.from(bound.ack.options.get(code)!).readUInt32BE());

test('every example has a page that says what it shows', () => {
  for (const folder of readdirSync(examples, { withFileTypes: true })) {
    if (folder.isDirectory())
      assert.match(readFileSync(join(examples, folder.name, 'README.md'), 'utf8'), /^# \S/);
  }
});

test('two sites lease from one pool and both follow a change by plain SQL', async () => {
  await shared.pool.query(readFileSync(join(examples, 'two-sites-one-pool/config.sql'), 'utf8'));
  await shared.pool.query(`UPDATE dhcp4_subnet SET relay = '["127.0.0.1"]'`);
  const [north, south] = await Promise.all([
    serve('two-sites-one-pool/edge-north.json', shared, 22067),
    serve('two-sites-one-pool/edge-south.json', shared, 22068),
  ]);
  const relay = await relayAt(address);
  const bound = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      relay.bind({ hwaddr: mac(i) }, { address, port: i % 2 === 0 ? 22067 : 22068 }),
    ),
  );
  assert.equal(new Set(bound.map((client) => client.address)).size, 40, 'no address twice');
  for (const client of bound) {
    assert.ok(client.address >= parseIpv4('10.20.1.0') && client.address <= parseIpv4('10.20.16.255'));
    assert.equal(addressOption(client, 3), '10.20.0.1');
    assert.equal(addressOption(client, 6), '10.20.0.53');
  }
  await shared.pool.query("UPDATE dhcp4_global_parameter SET value = '7200' WHERE name = 'valid-lifetime'");
  for (const [i, daemon] of [north, south].entries()) {
    assert.equal((await sendCommand(daemon.controlSocket, 'config-backend-pull')).result, 0);
    const client = await relay.bind({ hwaddr: mac(100 + i) }, { address, port: 22067 + i });
    assert.equal(Buffer.from(client.ack.options.get(51)!).readUInt32BE(), 7200);
  }
  const [edges] = await shared.pool.query<RowDataPacket[]>(
    'SELECT COUNT(DISTINCT applied_epoch) AS epochs, COUNT(*) AS edges FROM fleet_server',
  );
  assert.deepEqual({ ...edges[0] }, { epochs: 1, edges: 2 });
});

test('one site behind relays: shared network, phones apart by class, reservations of four kinds', async () => {
  const sql = readFileSync(join(examples, 'relays-classes-reservations/config.sql'), 'utf8');
  // The relays are loopback addresses here.
  await branch.pool.query(
    sql.replace(`'["10.30.0.1"]'`, `'["127.0.0.30"]'`).replace(`'["10.40.0.1"]'`, `'["127.0.0.40"]'`),
  );
  await serve('relays-classes-reservations/edge.json', branch, 22069);
  const server = { address, port: 22069 };
  const floor1 = await relayAt('127.0.0.30');
  const requestedOptions = [1, 3, 7, 15, 66];

  const computer = await floor1.bind({ hwaddr: mac(1), requestedOptions }, server);
  assert.match(formatIpv4(computer.address), /^10\.30\.0\.1\d\d$/);
  assert.equal(text(computer.ack.options.get(15)), 'branch.example.net');
  assert.equal(addressOption(computer, 3), '10.30.0.1');
  const phone = await floor1.bind(
    { hwaddr: mac(2), requestedOptions, options: new Map([[60, Buffer.from('phone-7')]]) },
    server,
  );
  assert.match(formatIpv4(phone.address), /^10\.31\.0\.1\d\d$/);
  assert.equal(text(phone.ack.options.get(66)), 'tftp.example.net');
  assert.equal(Buffer.from(phone.ack.options.get(51)!).readUInt32BE(), 86_400);
  assert.equal(addressOption(phone, 3), '10.31.0.1');

  const link2 = await relayAt('127.0.0.40');
  const reserved: readonly (readonly [string, string, SimulatedClient])[] = [
    ['hardware address', '10.40.0.10', { hwaddr: mac(0x10), requestedOptions }],
    [
      'DUID',
      '10.40.0.11',
      { hwaddr: mac(0x91), options: new Map([[61, parseHex('ff0000000100030001020000000011')]]) },
    ],
    ['circuit-id', '10.40.0.12', { hwaddr: mac(0x92), agent: new Map([[1, Buffer.from('gi0/12')]]) }],
    ['client-id', '10.40.0.13', { hwaddr: mac(0x93), options: new Map([[61, parseHex('0163616D657261')]]) }],
  ];
  for (const [kind, expected, client] of reserved) {
    const bound = await link2.bind(client, server);
    assert.equal(formatIpv4(bound.address), expected, kind);
    if (kind === 'hardware address') assert.equal(addressOption(bound, 7), '10.40.0.5');
  }
});

test('one server with files only keeps its leases over a restart', async () => {
  const daemon = await serve('file-only/dhcp4.json', null, 22070);
  const relay = await relayAt(address);
  const onLink = new Map([[5, ipv4Bytes(parseIpv4('192.0.2.1'))]]);
  const server = { address, port: 22070 };
  const printer = await relay.bind({ hwaddr: mac(0x10), agent: onLink }, server);
  assert.equal(formatIpv4(printer.address), '192.0.2.10');
  const guest = await relay.bind({ hwaddr: mac(0x77), agent: onLink }, server);
  assert.match(formatIpv4(guest.address), /^192\.0\.2\.1\d\d$/);
  const netboot = await relay.discover(
    { hwaddr: mac(0x78), agent: onLink, options: new Map([[93, Uint8Array.of(0, 7)]]) },
    server,
  );
  assert.equal(text(netboot!.file).replaceAll('\0', ''), '/grub/efi64.efi');
  assert.equal(formatIpv4(netboot!.siaddr), '192.0.2.66');
  assert.match(
    readFileSync(join(daemon.directory, 'leases4.csv'), 'utf8'),
    new RegExp(`${formatIpv4(guest.address)},02:00:00:00:00:77`),
  );
  const answer = await sendCommand(daemon.controlSocket, 'lease4-get', {
    'ip-address': formatIpv4(guest.address),
  });
  assert.equal(answer.result, 0);
});
