// Rows of `hosts` that cannot work are reported with their reason, one client keeps a disputed address, fixing the row clears it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { createConfigApplier } from '../../src/backend/apply.ts';
import { emptyParts } from '../../src/backend/fetched.ts';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { createReservationCheck } from '../../src/backend/reservation-check.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { createSnapshotHolder, type SnapshotHolder } from '../../src/config/snapshot-holder.ts';
import { silentLogger } from '../../src/log.ts';
import type { Host, HostStore } from '../../src/store/host-store.ts';
import { openMysqlHostStore } from '../../src/store/mysql/hosts.ts';
import { acquire, client, plain } from '../engine/scenario.ts';
import { FakeClock } from '../engine/fake-clock.ts';
import { openMemoryStore } from '../engine/memory-store.ts';
import { World } from '../engine/world.ts';
import { withHostName } from '../support/packets4.ts';
import { createConfigEdge, type ConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let edge: ConfigEdge;
let holder: SnapshotHolder;
let hosts: HostStore;

before(async () => {
  database = await createTestDatabase();
  await run(`
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.1.0/24'), (2, '10.0.2.0/24'), (3, '10.0.3.0/24');
    INSERT INTO dhcp4_server (id, tag, description, modification_ts) VALUES (5, 'other', '', NOW());
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1), (3, 5)`);
});
after(() => database.drop());
beforeEach(async () => {
  await run('DELETE FROM hosts; DELETE FROM dhcp4_global_parameter; DELETE FROM fleet_rejection');
  const fileParts = emptyParts(4);
  const file = buildSnapshot(fileParts, null, { mode: 'strict', epoch: null });
  holder = createSnapshotHolder(file.snapshot, { onListenerError: (error) => assert.ifError(error) });
  const { apply, remember } = createConfigApplier({ file, fileParts }, { holder, log: silentLogger });
  edge = createConfigEdge(database.address, {
    deps: { apply, remember, reservationScope: () => holder.current() },
  });
  hosts = openMysqlHostStore(
    { family: 4, address: database.address },
    {
      logger: silentLogger,
      random: Math.random,
      definitions: () => holder.current().definitions,
      addressesUnique: () => holder.current().globals.ipReservationsUnique,
    },
  );
});
afterEach(async () => {
  await edge.stop();
  await hosts.close();
});

const run = (sql: string): Promise<unknown> => database.pool.query(sql);
const identifier = (last: number) => ({
  type: 'hw-address' as const,
  value: Uint8Array.of(2, 0, 0, 0, 0, last),
});

function insert(id: number, subnet: number, address: string | null, more = ''): Promise<unknown> {
  const value = address === null ? 'NULL' : `INET_ATON('${address}')`;
  return run(
    `INSERT INTO hosts SET host_id = ${id}, dhcp_identifier = X'02000000000${id}', dhcp_identifier_type = 0, ` +
      `dhcp4_subnet_id = ${subnet}, ipv4_address = ${value}${more}`,
  );
}

async function rejected(): Promise<string[]> {
  const [rows] = await database.pool.query<RowDataPacket[]>(
    "SELECT object_key, reason FROM fleet_rejection WHERE object_type = 'reservation' ORDER BY object_key",
  );
  return rows.map((row) => `${String(row['object_key'])}: ${String(row['reason'])}`);
}

/** What the client that ends in `last` has reserved in this subnet, as every lookup sees it. */
async function reservedFor(last: number, subnet = 1): Promise<Host | undefined> {
  const found = await hosts.find({ identifiers: [identifier(last)], subnetIds: [subnet], addresses: [] });
  return found.byIdentifier[0];
}

async function ownersOf(address: string, subnet = 1): Promise<(number | null)[]> {
  const query = { identifiers: [], subnetIds: [subnet], addresses: [parseIpv4(address)] };
  return (await hosts.find(query)).byAddress.map(({ hostId }) => hostId);
}

test('of two reservations of one address the first row keeps it, the other client keeps all but the address', async () => {
  await insert(4, 1, '10.0.1.50', ", hostname = 'late'");
  await insert(3, 1, '10.0.1.50', ", hostname = 'early'");
  await insert(5, 2, '10.0.2.50');
  await edge.backend.start();
  assert.deepEqual(await rejected(), [
    '4 hw-address 02:00:00:00:00:04: duplicate reservation: 10.0.1.50 is reserved by host 3 already; this client gets another address',
  ]);
  assert.equal(formatIpv4((await reservedFor(3))!.address4), '10.0.1.50');
  assert.equal((await reservedFor(4))!.address4, 0);
  assert.equal((await reservedFor(4))!.hostname, 'late');
  assert.deepEqual(await ownersOf('10.0.1.50'), [3]);
  assert.equal(edge.backend.status().rejections.length, 1);

  await run("UPDATE hosts SET ipv4_address = INET_ATON('10.0.1.51') WHERE host_id = 4");
  await edge.backend.pull();
  assert.deepEqual(await rejected(), []);
  assert.equal(formatIpv4((await reservedFor(4))!.address4), '10.0.1.51');
  assert.ok(edge.logged.includes('FLOTILLA_CONFIG_QUARANTINE_CLEARED'));
});

test('deleting the first row gives the address to the second', async () => {
  await insert(3, 1, '10.0.1.50');
  await insert(4, 1, '10.0.1.50');
  await edge.backend.start();
  await run('DELETE FROM hosts WHERE host_id = 3');
  assert.equal(formatIpv4((await reservedFor(4))!.address4), '10.0.1.50');
  await edge.backend.pull();
  assert.deepEqual(await rejected(), []);
});

test('a row that nobody can be does not keep the address from the next one', async () => {
  await insert(3, 1, '10.0.1.50');
  await run("UPDATE hosts SET dhcp_identifier = '' WHERE host_id = 3");
  await insert(4, 1, '10.0.1.50');
  await edge.backend.start();
  assert.deepEqual(await rejected(), ['3 hw-address : the identifier is empty']);
  assert.equal(formatIpv4((await reservedFor(4))!.address4), '10.0.1.50');
  assert.deepEqual(await ownersOf('10.0.1.50'), [4]);
});

test('where addresses may be shared, several hosts have one, and nothing is rejected', async () => {
  await run(`INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES (1, 'ip-reservations-unique', '0', 2);
    INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id) VALUES (1, 1)`);
  await insert(3, 1, '10.0.1.50');
  await insert(4, 1, '10.0.1.50');
  await edge.backend.start();
  assert.deepEqual(await rejected(), []);
  assert.deepEqual((await ownersOf('10.0.1.50')).sort(), [3, 4]);
  await run('DELETE FROM dhcp4_global_parameter');
  await edge.backend.pull();
  assert.equal((await rejected()).length, 1, 'a change of the configuration judges the reservations anew');
});

test('an address outside its subnet, a subnet that is nowhere, class names that are none: each has its reason', async () => {
  await insert(1, 1, '10.0.1.7', ", dhcp4_client_classes = 'phones, floor 3'");
  await insert(2, 0, '10.9.9.9');
  await insert(3, 3, '10.9.9.9');
  await insert(4, 1, '10.0.2.7');
  await insert(5, 77, null);
  await insert(6, 2, null, `, dhcp4_client_classes = ' ["phones"]', hostname = 'six'`);
  await edge.backend.start();
  assert.deepEqual(await rejected(), [
    '4 hw-address 02:00:00:00:00:04: the reserved address 10.0.2.7 is not inside the subnet 10.0.1.0/24: it is not used',
    '5 hw-address 02:00:00:00:00:05: there is no subnet 77',
    `6 hw-address 02:00:00:00:00:06: ' ["phones"]' is not a list of class names with commas between them: no class is used`,
  ]);
  assert.deepEqual((await reservedFor(1))!.clientClasses, ['phones', 'floor 3']);
  assert.deepEqual((await reservedFor(6, 2))!.clientClasses, []);
  assert.equal((await reservedFor(6, 2))!.hostname, 'six');

  await run(`INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (77, '10.0.77.0/24');
    UPDATE hosts SET dhcp4_subnet_id = 2 WHERE host_id = 4; UPDATE hosts SET dhcp4_client_classes = 'phones' WHERE host_id = 6`);
  await edge.backend.pull();
  assert.deepEqual(await rejected(), []);
  await run('DELETE FROM dhcp4_subnet WHERE subnet_id = 77');
});

test('an identifier type that nobody knows is said, and the row is passed over', async () => {
  await run("INSERT INTO host_identifier_type (type, name) VALUES (9, 'own')");
  await insert(1, 1, '10.0.1.7');
  await insert(2, 1, '10.0.1.7');
  await run('UPDATE hosts SET dhcp_identifier_type = 9 WHERE host_id = 1');
  await edge.backend.start();
  assert.deepEqual(await rejected(), [
    '1 type 9 02:00:00:00:00:01: no client is known by an identifier of type 9',
  ]);
  assert.deepEqual(await ownersOf('10.0.1.7'), [2]);
  await run('DELETE FROM hosts; DELETE FROM host_identifier_type WHERE type = 9');
});

test('the table is read again only when it or the configuration changed, and after a failure', async () => {
  await insert(3, 1, '10.0.1.50');
  await insert(4, 1, '10.0.1.50');
  await edge.backend.start();
  const real = await database.pool.getConnection();
  let queries = 0;
  let isBroken = false;
  const connection = {
    query: (statement: string) => {
      queries++;
      return isBroken ? Promise.reject(new Error('SELECT denied')) : real.query(statement);
    },
  } as unknown as Connection;
  const logged: string[] = [];
  const log = { ...silentLogger, warn: (id: string) => void logged.push(id) };
  let scope = holder.current();
  const check = createReservationCheck(() => scope, { log });
  const look = async (epoch: number): Promise<readonly [number, number]> => {
    queries = 0;
    const found = await check(connection, { epoch, token: `t${epoch}` });
    return [found.length, queries];
  };
  assert.deepEqual(await look(1), [1, 1]);
  assert.deepEqual(await look(1), [1, 0], 'nothing changed');
  assert.deepEqual(await look(2), [1, 1], 'the table changed');
  scope = { ...scope, subnets: new Map(scope.subnets) };
  assert.deepEqual(await look(2), [1, 1], 'the subnets changed');
  isBroken = true;
  assert.deepEqual(await look(3), [1, 1], 'what was found before stands');
  assert.deepEqual(await look(3), [1, 1], 'and it is tried again');
  assert.deepEqual(logged, ['FLOTILLA_RESERVATIONS_UNCHECKED']);
  real.release();
});

test('the server gives a disputed address to one client, and the others any other one with what else is reserved', async () => {
  await insert(1, 1, '192.0.2.15');
  await insert(2, 1, '192.0.2.15', ", hostname = 'second'");
  await insert(3, 1, '10.9.9.9', ", hostname = 'abroad'");
  const clock = new FakeClock();
  const options = { config: plain(), hosts };
  const world = new World(options, await openMemoryStore(clock), clock);
  await world.server.start();
  const second = await acquire(world, client(2), withHostName('x'));
  assert.notEqual(second.yiaddr, '192.0.2.15');
  assert.equal(second.text(12), 'second');
  const abroad = await acquire(world, client(3), withHostName('x'));
  assert.ok(abroad.yiaddr.startsWith('192.0.2.'));
  assert.equal(abroad.text(12), 'abroad');
  assert.equal((await acquire(world, client(1))).yiaddr, '192.0.2.15');
  await world.server.stop();
});
