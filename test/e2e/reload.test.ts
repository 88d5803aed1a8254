// Reloads that cannot be carried out: the previous configuration serves on, or the next reload opens what is missing.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openService } from '../../src/bin/open-service.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { checkConfig } from '../../src/config/load.ts';
import { noHooks } from '../../src/engine/hooks.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import { QueueTypes } from '../../src/engine/queue-types.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import { silentLogger } from '../../src/log.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { openSimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { databaseAccess, startDaemon } from '../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const scratch = mkdtempSync(join(tmpdir(), 'flt-reload-'));
const relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 2_000, tries: 3 });
after(async () => {
  await relay.close();
  rmSync(scratch, { recursive: true, force: true });
});

const interfaces = { 'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' } };
const base = {
  ...interfaces,
  subnet4: [
    {
      id: 1,
      subnet: '10.9.0.0/24',
      relay: { 'ip-addresses': ['127.0.0.1'] },
      pools: [{ pool: '10.9.0.10 - 10.9.0.99' }],
    },
  ],
};
const client = (last: number) => ({ hwaddr: Uint8Array.of(2, 0x5f, 0, 0, 0, last) });
const memfile = { type: 'memfile', persist: false };
const setVersion = (database: TestDatabase, version: number) =>
  database.pool.query(`UPDATE schema_version SET version = ${version}`);
async function openDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  after(() => database.drop());
  return database;
}

test('a reload whose lease database has a foreign schema leaves the previous configuration serving', async () => {
  const database = await openDatabase();
  await setVersion(database, 99);
  const daemon = await startDaemon({ dhcp4: { ...base, 'lease-database': memfile }, args: ['-p', '23081'] });
  after(() => daemon.stop('SIGKILL'));
  const server = { address: '127.0.0.1', port: 23081 };
  daemon.writeConfig({ ...base, 'lease-database': databaseAccess(database.address) });
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/DHCP4_DYNAMIC_RECONFIGURATION_FAIL.*nothing changed: .*schema_version/);
  assert.match(daemon.log(), /FLOTILLA_RELOAD_OPEN_FAIL/);
  assert.match(daemon.log(), /FLOTILLA_RELOAD_REVERTED/);
  await relay.bind(client(1), server);

  await setVersion(database, 30);
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/);
  await relay.bind(client(2), server);
  const [rows] = await database.pool.query('SELECT 1 FROM lease4');
  assert.equal((rows as unknown[]).length, 1);
  assert.equal(await daemon.stop(), 0);
});

test('when the previous configuration cannot be opened either, a reload with the same file serves again', async () => {
  const [first, second] = [await openDatabase(), await openDatabase()];
  const daemon = await startDaemon({
    dhcp4: { ...base, 'lease-database': databaseAccess(first.address) },
    args: ['-p', '23082'],
  });
  after(() => daemon.stop('SIGKILL'));
  for (const database of [first, second]) await setVersion(database, 99);
  daemon.writeConfig({ ...base, 'lease-database': databaseAccess(second.address) });
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/DHCP4_DYNAMIC_RECONFIGURATION_FAIL.*nobody is served: /);
  assert.match(daemon.log(), /FLOTILLA_RELOAD_REVERT_FAIL/);
  const { sockets } = (await sendCommand(daemon.controlSocket, 'status-get')).arguments as {
    sockets: { status: string };
  };
  assert.equal(sockets.status, 'failed');

  await setVersion(second, 30);
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/);
  await relay.bind(client(3), { address: '127.0.0.1', port: 23082 });
  assert.equal(await daemon.stop(), 0);
});

test('a config backend with a foreign schema leaves the one before it in force', async () => {
  const [good, foreign] = [await openDatabase(), await openDatabase()];
  await setVersion(foreign, 99);
  await good.pool.query(`
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay) VALUES (7, '10.7.0.0/24', '["127.0.0.1"]');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (7, 1);
    INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (7, INET_ATON('10.7.0.10'), INET_ATON('10.7.0.99'))`);
  const library = join(scratch, 'configured.mjs');
  writeFileSync(
    library,
    `export const load = (handle) => handle.register('dhcp4_srv_configured', ({ server_config }) =>
      void console.log('CONFIGURED_WITH ' + [...server_config.subnets.keys()].length));`,
  );
  const polled = (database: TestDatabase, wait = 600) => ({
    ...interfaces,
    'hooks-libraries': [{ library }],
    'lease-database': memfile,
    'config-control': {
      'config-databases': [databaseAccess(database.address)],
      'config-fetch-wait-time': wait,
    },
  });
  const daemon = await startDaemon({ dhcp4: polled(good), args: ['-p', '23083'] });
  after(() => daemon.stop('SIGKILL'));
  const server = { address: '127.0.0.1', port: 23083 };
  daemon.writeConfig(polled(foreign));
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/DHCP4_DYNAMIC_RECONFIGURATION_FAIL.*nothing changed: .*schema_version/);
  await relay.bind(client(4), server);
  daemon.writeConfig({ ...polled(good), 'valid-lifetime': 900 });
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/dynamic server reconfiguration succeeded/);
  await relay.bind(client(5), server);
  const told = [...daemon.log().matchAll(/CONFIGURED_WITH (\d+)/g)].map(([, count]) => count);
  assert.equal(told[0], '1', 'at the start');
  assert.equal(told.at(-1), '1', 'at a reload that keeps the config backend');
  assert.equal(await daemon.stop(), 0);
});

test('a service that fails after its sockets were opened gives their port back', async () => {
  const { written, parts } = checkConfig({ Dhcp4: { ...base, 'lease-database': memfile } }, 4);
  const { snapshot } = buildSnapshot(parts, null, { mode: 'strict', epoch: null });
  const queueTypes = new QueueTypes({ family: 4 });
  queueTypes.factoryOf = () => {
    throw new Error('no queue');
  };
  const options = {
    ...({ family: 4, written, serverPort: 23084, clientPort: 23085, instance: 'edge' } as const),
    ...{ configPath: join(scratch, 'dhcp4.json'), stateDirectory: scratch, environment: {} },
  };
  const opening = openService(options, {
    log: silentLogger,
    statistics: new Statistics({ clock: () => Date.now(), family: 4 }),
    snapshot: () => snapshot,
    networkState: new NetworkState(),
    queueTypes,
    hooks: noHooks,
    serverDuid: () => new Uint8Array(),
    checkDatabases: () => Promise.resolve(),
  });
  await assert.rejects(opening, /no queue/);
  const socket = createSocket('udp4');
  socket.bind(23084, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
});
