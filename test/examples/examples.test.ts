// Every fleet example runs as it stands; only interface, database, paths and relay addresses are this machine's.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'jsonc-parser';
import type { RowDataPacket } from 'mysql2/promise';
import type { Family } from '../../src/addr/family.ts';
import { formatIpv4, ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseHex } from '../../src/addr/hex.ts';
import { formatIpv6, ipv6Bytes, parseIpv6 } from '../../src/addr/ipv6.ts';
import {
  openSimulatedRelay,
  type BoundClient,
  type SimulatedClient,
  type SimulatedRelay,
} from '../../src/tools/simulated-relay.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, startDaemon, type Daemon, type DaemonConfig } from '../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ipv6Missing = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address: each }) => each === '::1'),
)
  ? false
  : 'this machine has no ::1';
const examples = resolve(import.meta.dirname, '../../fleet-examples');
const address = '127.0.0.1';
const daemons: Daemon[] = [];
const relays: { close(): Promise<void> }[] = [];
let shared: TestDatabase;
let branch: TestDatabase;
let access: TestDatabase;

before(async () => {
  shared = await createTestDatabase();
  branch = await createTestDatabase();
  access = await createTestDatabase();
});
after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  await Promise.all(relays.map((relay) => relay.close()));
  await shared.drop();
  await branch.drop();
  await access.drop();
});

/** The example's local file with this machine's interface and database. */
function localFile(path: string, database: TestDatabase | null): DaemonConfig {
  const [[family, map]] = Object.entries(
    parse(readFileSync(join(examples, path), 'utf8')) as Record<string, DaemonConfig>,
  ) as [[string, DaemonConfig]];
  const { 'control-sockets': _ours, ...file } = map;
  const access = database && databaseAccess(database.address);
  return {
    ...file,
    'interfaces-config': { interfaces: ['lo'], ...(family === 'Dhcp4' && { 'dhcp-socket-type': 'udp' }) },
    ...(access
      ? {
          'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
          'lease-database': access,
          'hosts-databases': [access],
        }
      : { 'lease-database': { ...(file['lease-database'] as object), name: 'leases4.csv' } }),
  };
}

async function serve(
  path: string,
  database: TestDatabase | null,
  port: number,
  family: Family = 4,
): Promise<Daemon> {
  const file = localFile(path, database);
  const daemon = await startDaemon({
    ...(family === 4 ? { dhcp4: file } : { dhcp6: file }),
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

test(
  'an access network with both families: two edges, four daemons, addresses and prefixes from one database',
  { skip: ipv6Missing },
  async () => {
    for (const family of [4, 6]) {
      const sql = readFileSync(join(examples, `dual-stack/config-dhcp${family}.sql`), 'utf8');
      await access.pool.query(sql.replace(`'["10.20.0.1"]'`, `'["127.0.0.1"]'`));
    }
    const edges = ['north', 'south'] as const;
    const servers = { 4: [22071, 22072], 6: [22547, 22548] } as const;
    for (const [i, edge] of edges.entries()) {
      await serve(`dual-stack/${edge}-dhcp4.json`, access, servers[4][i]!);
      await serve(`dual-stack/${edge}-dhcp6.json`, access, servers[6][i]!, 6);
    }
    const relay4 = await relayAt(address);
    const relay6 = await openSimulatedRelay({ family: 6, address: '::1' });
    relays.push(relay6);
    const linkAddress = parseIpv6('2001:db8:20::1');
    const bound = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        relay6.bind(
          { hwaddr: mac(100 + i), iaPd: [7], linkAddress, requestedOptions: [23, 24, 31] },
          { address: '::1', port: servers[6][i % 2]! },
        ),
      ),
    );
    assert.equal(new Set(bound.flatMap(({ addresses }) => addresses.map((each) => each.address))).size, 20);
    assert.equal(new Set(bound.flatMap(({ prefixes }) => prefixes.map((each) => each.prefix))).size, 20);
    for (const { addresses, prefixes, ack } of bound) {
      assert.match(formatIpv6(addresses[0]!.address), /^2001:db8:20::1:[0-9a-f]{1,4}$/);
      assert.match(
        formatIpv6(prefixes[0]!.prefix),
        /^2001:db8:20[0-9a-f]{2}:[0-9a-f]{1,2}00::$|^2001:db8:20[0-9a-f]{2}::$/,
      );
      assert.equal(prefixes[0]!.length, 56);
      assert.equal(addresses[0]!.validLifetime, 3600);
      assert.equal(addresses[0]!.preferredLifetime, 1800);
      const servers53 = [ipv6Bytes(parseIpv6('2001:db8::53')), ipv6Bytes(parseIpv6('2001:db8::54'))];
      assert.deepEqual(Buffer.from(ack.options.get(23)!), Buffer.concat(servers53));
      assert.equal(text(ack.options.get(24)), '\u0006access\u0007example\u0003net\0');
      assert.deepEqual(Buffer.from(ack.options.get(31)!), Buffer.from(ipv6Bytes(parseIpv6('2001:db8::123'))));
    }

    // The customer with the reservation: DUID-LL, in DHCPv4 within a client identifier (RFC 4361).
    const duid = parseHex('00030001020000000020');
    for (const port of servers[6]) {
      const customer = await relay6.bind(
        { hwaddr: mac(0x20), duid, iaPd: [7], linkAddress },
        { address: '::1', port },
      );
      assert.equal(formatIpv6(customer.addresses[0]!.address), '2001:db8:20::20');
      assert.equal(formatIpv6(customer.prefixes[0]!.prefix), '2001:db8:20ff:2000::');
    }
    const clientId = new Map([[61, Buffer.concat([Uint8Array.of(255, 0, 0, 0, 1), duid])]]);
    for (const port of servers[4]) {
      const customer = await relay4.bind({ hwaddr: mac(0x20), options: clientId }, { address, port });
      assert.equal(formatIpv4(customer.address), '10.20.0.20');
    }

    const [stored] = await access.pool.query<RowDataPacket[]>(
      'SELECT lease_type, CAST(leases AS UNSIGNED) AS leases FROM lease6_stat WHERE state = 0 ORDER BY lease_type',
    );
    assert.deepEqual(
      stored.map((row) => ({ ...row })),
      [
        { lease_type: 0, leases: 21 },
        { lease_type: 2, leases: 21 },
      ],
    );
  },
);
