// The daemon as an operator meets it: checking a file, signals, reloads good and bad, boot without the database, secrets.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatIpv4, ipv4Bytes, parseIpv4 } from '../../src/addr/ipv4.ts';
import { openSimulatedRelay, type SimulatedClient } from '../../src/tools/simulated-relay.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, launchDaemon, startDaemon } from '../support/daemon.ts';
import { createMigratedServer } from '../support/migrated-server.ts';
import { openPool } from '../../src/db/connect.ts';
import { program } from '../support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'flt-daemon-'));
const relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 500, tries: 3 });
after(async () => {
  await relay.close();
  rmSync(scratch, { recursive: true, force: true });
});

const fileOnly = (pool = '192.0.2.100 - 192.0.2.199'): Record<string, unknown> => ({
  'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
  'lease-database': { type: 'memfile', name: 'leases4.csv' },
  'cache-threshold': 0,
  subnet4: [{ id: 1, subnet: '192.0.2.0/24', pools: [{ pool }] }],
});
const client = (last: number): SimulatedClient => ({
  hwaddr: Uint8Array.of(2, 0, 0, 0, 9, last),
  agent: new Map([[5, ipv4Bytes(parseIpv4('192.0.2.1'))]]),
});

test('-t says that a good file is good, and of a bad one file, line, column, key and what is allowed', () => {
  const good = join(scratch, 'good.json');
  const bad = join(scratch, 'bad.json');
  writeFileSync(good, JSON.stringify({ Dhcp4: fileOnly() }));
  writeFileSync(bad, '{\n  "Dhcp4": {\n    "valid-lifetim": 5,\n    "authoritative": "yes"\n  }\n}\n');
  assert.match(
    execFileSync(process.execPath, [program, 'dhcp4', '-t', good], { encoding: 'utf8' }),
    /configuration is good/,
  );
  const refused = spawnSync(process.execPath, [program, 'dhcp4', '-t', bad], { encoding: 'utf8' });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /bad\.json:3:5: Dhcp4\.valid-lifetim: .*did you mean 'valid-lifetime'/);
  assert.match(refused.stderr, /bad\.json:4:22: Dhcp4\.authoritative: /);
});

test('a file that is not good ends the start with exit code 1 and a line that scripts wait for', async () => {
  const daemon = launchDaemon({ dhcp4: fileOnly('192.0.2.9 - 192.0.2.1'), args: ['-p', '23067'] });
  await daemon.waitFor(/DHCP4_INIT_FAIL failed to initialize/);
  assert.equal(await daemon.ended(), 1);
  await daemon.stop();
});

test('SIGHUP takes a changed file, keeps serving by the old one when the new one is bad, SIGTERM exits 0', async () => {
  const daemon = await startDaemon({ dhcp4: fileOnly(), args: ['-p', '23068'] });
  const server = { address: '127.0.0.1', port: 23068 };
  assert.match(formatIpv4((await relay.bind(client(1), server)).address), /^192\.0\.2\.1\d\d$/);

  daemon.writeConfig(fileOnly('192.0.2.20 - 192.0.2.29'));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/);
  assert.match(formatIpv4((await relay.bind(client(2), server)).address), /^192\.0\.2\.2\d$/);

  daemon.writeConfig(fileOnly('10.0.0.1 - 10.0.0.9'));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/DHCP4_DYNAMIC_RECONFIGURATION_FAIL.*is not inside the subnet/);
  assert.match(formatIpv4((await relay.bind(client(3), server)).address), /^192\.0\.2\.2\d$/);
  assert.equal(statSync(daemon.controlSocket).mode & 0o777, 0o660);
  assert.equal(await daemon.stop('SIGTERM'), 0);
});

test('a reload that names another lease file and another interface address is taken without losing the process', async () => {
  const daemon = await startDaemon({ dhcp4: fileOnly(), args: ['-p', '23069'] });
  const server = { address: '127.0.0.1', port: 23069 };
  await relay.bind(client(4), server);
  daemon.writeConfig({
    ...fileOnly(),
    'lease-database': { type: 'memfile', name: 'other.csv' },
    'interfaces-config': { interfaces: ['lo/127.0.0.1'], 'dhcp-socket-type': 'udp' },
  });
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/);
  await relay.bind(client(5), server);
  const leases = await sendCommand(daemon.controlSocket, 'lease4-get-all');
  assert.equal(
    (leases.arguments as { leases: unknown[] }).leases.length,
    1,
    'only the lease of the new file',
  );
  assert.equal((await sendCommand(daemon.controlSocket, 'shutdown')).result, 0);
  assert.equal(await daemon.ended(), 0);
  await daemon.stop();
});

test('sync-writes false is taken, anything but a switch refused with its place, and a killed server has lost nothing', async () => {
  const file = join(scratch, 'sync-writes.json');
  const check = (value: unknown): ReturnType<typeof spawnSync> => {
    const leases = { type: 'memfile', name: 'leases4.csv', 'sync-writes': value };
    writeFileSync(file, JSON.stringify({ Dhcp4: { ...fileOnly(), 'lease-database': leases } }, null, 1));
    return spawnSync(process.execPath, [program, 'dhcp4', '-t', file], { encoding: 'utf8' });
  };
  assert.equal(check(false).status, 0);
  const refused = check(0);
  assert.equal(refused.status, 1);
  assert.match(
    String(refused.stderr),
    /sync-writes\.json:12:19: Dhcp4\.lease-database\.sync-writes: must be true or false/,
  );

  const leases = { type: 'memfile', name: 'leases4.csv', 'sync-writes': false };
  const config = { dhcp4: { ...fileOnly(), 'lease-database': leases }, args: ['-p', '23078'] };
  const directory = mkdtempSync(join(scratch, 'sync-writes-'));
  const killed = await startDaemon({ ...config, directory });
  assert.match(killed.log(), /DHCPSRV_MEMFILE_DB[^\n]*leases4\.csv, not synced \(sync-writes is false\)/);
  await relay.bind(client(10), { address: '127.0.0.1', port: 23078 });
  await killed.stop('SIGKILL');
  const daemon = await startDaemon({ ...config, directory });
  const found = await sendCommand(daemon.controlSocket, 'lease4-get-all');
  assert.equal((found.arguments as { leases: unknown[] }).leases.length, 1);
  assert.equal(await daemon.stop(), 0);
});

test('a reload that opens the service anew does not wait for parked packets, and parks again afterwards', async () => {
  const library = join(scratch, 'parking.mjs');
  writeFileSync(
    library,
    `export const load = (handle) => handle.register('subnet4_select', ({ query4 }) =>
      query4.message.chaddr.at(5) === 99 ? { park: new Promise(() => undefined) } : undefined);`,
  );
  const dhcp4 = { ...fileOnly(), 'hooks-libraries': [{ library }] };
  const daemon = await startDaemon({ dhcp4, args: ['-p', '23074'] });
  after(() => daemon.stop('SIGKILL'));
  const server = { address: '127.0.0.1', port: 23074 };
  const parked = async (): Promise<number> => {
    const name = 'flotilla-hook-parked';
    const { arguments: all } = await sendCommand(daemon.controlSocket, 'statistic-get', { name });
    return (all as Record<string, [[number]]>)[name]![0][0];
  };
  assert.equal(await relay.discover(client(99), server), null);
  assert.equal(await parked(), 1);
  daemon.writeConfig({ ...dhcp4, 'lease-database': { type: 'memfile', name: 'others.csv' } });
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/, 10_000);
  assert.equal(await parked(), 0);
  await relay.bind(client(12), server);
  assert.equal(await relay.discover(client(99), server), null);
  assert.equal(await parked(), 1);
  assert.equal(await daemon.stop(), 0);
});

test('config-set serves at once and in memory only, config-test changes nothing, config-reload brings the file back', async () => {
  const daemon = await startDaemon({ dhcp4: fileOnly(), args: ['-p', '23070'] });
  const server = { address: '127.0.0.1', port: 23070 };
  const sockets = { 'control-sockets': [{ 'socket-type': 'unix', 'socket-name': daemon.controlSocket }] };
  const other = { Dhcp4: { ...fileOnly('192.0.2.40 - 192.0.2.49'), ...sockets } };
  assert.equal((await sendCommand(daemon.controlSocket, 'config-test', other)).result, 0);
  assert.match(formatIpv4((await relay.bind(client(6), server)).address), /^192\.0\.2\.1\d\d$/);
  assert.equal((await sendCommand(daemon.controlSocket, 'config-set', other)).result, 0);
  assert.match(formatIpv4((await relay.bind(client(7), server)).address), /^192\.0\.2\.4\d$/);
  assert.equal((await sendCommand(daemon.controlSocket, 'config-set', { Dhcp4: { nonsense: 1 } })).result, 1);
  assert.equal((await sendCommand(daemon.controlSocket, 'config-reload')).result, 0);
  assert.match(formatIpv4((await relay.bind(client(8), server)).address), /^192\.0\.2\.1\d\d$/);

  assert.equal((await sendCommand(daemon.controlSocket, 'dhcp-disable')).result, 0);
  assert.equal(await relay.discover(client(9), server), null, 'a disabled server is silent');
  assert.equal((await sendCommand(daemon.controlSocket, 'dhcp-enable')).result, 0);
  assert.notEqual(await relay.discover(client(9), server), null);
  assert.equal(await daemon.stop(), 0);
});

test(
  'an edge boots from its last good configuration while the database is away, and no secret shows anywhere',
  { timeout: 90_000 },
  async () => {
    const { server, address } = await createMigratedServer();
    const directory = mkdtempSync(join(tmpdir(), 'flt-edge-'));
    const secret = 'S3cret-Passw0rd';
    const pool = openPool(address, 1);
    await pool.query(`CREATE USER edge@localhost IDENTIFIED BY '${secret}'; GRANT ALL ON flotilla.* TO edge@localhost;
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '192.0.2.0/24'); INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1);
    INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (1, INET_ATON('192.0.2.100'), INET_ATON('192.0.2.199'))`);
    await pool.end();
    const access = databaseAccess({ ...address, user: 'edge', password: secret });
    const dhcp4 = {
      'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
      'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
      'lease-database': access,
      'hosts-database': access,
    };
    const port = { address: '127.0.0.1', port: 23071 };
    const first = await startDaemon({ dhcp4, directory, args: ['-p', '23071', '--instance', 'edge'] });
    try {
      await relay.bind(client(10), port);
      const shown = JSON.stringify(await sendCommand(first.controlSocket, 'config-get'));
      assert.ok(shown.includes('192.0.2.0/24'));
      assert.ok(!shown.includes(secret), 'config-get hides passwords');
      assert.ok(!first.log().includes(secret), 'the log hides passwords');
      assert.equal(await first.stop(), 0);

      await server.kill();
      const second = await startDaemon({
        dhcp4,
        directory,
        args: ['-p', '23071', '--instance', 'edge', '-d'],
      });
      try {
        await second.waitFor(/last good configuration/);
        const config = (await sendCommand(second.controlSocket, 'config-get')).arguments as {
          Dhcp4: { subnet4: { subnet: string }[] };
        };
        assert.deepEqual(
          config.Dhcp4.subnet4.map(({ subnet }) => subnet),
          ['192.0.2.0/24'],
        );
        assert.equal(await relay.discover(client(11), port), null, 'no offer without the lease database');
        await server.restart();
        const deadline = Date.now() + 30_000;
        let bound = false;
        while (!bound && Date.now() < deadline) {
          bound = await relay.bind(client(11), port).then(
            () => true,
            () => false,
          );
        }
        assert.ok(bound, `did not recover:\n${second.log().slice(-2000)}`);
        assert.ok(!second.log().includes(secret), 'the log hides passwords while the database is away');
      } finally {
        assert.equal(await second.stop(), 0);
      }
    } finally {
      await first.stop('SIGKILL');
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
