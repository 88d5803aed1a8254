// One edge on a shared database, from its start to its end: clients, plain SQL, what the database says afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import {
  openSimulatedRelay,
  type BoundClient,
  type SimulatedRelay,
} from '../../src/tools/simulated-relay.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { databaseAccess, startDaemon, type Daemon } from '../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const port = 21_467;
const server = { address: '127.0.0.1', port };
const instance = 'edge-serving';
const clients = Array.from({ length: 20 }, (_, i) => ({ hwaddr: Uint8Array.of(2, 0x5e, 0, 0, 0, i) }));
const macOf = (i: number): string => Buffer.from(clients[i]!.hwaddr).toString('hex').toUpperCase();

let database: TestDatabase;
let relay: SimulatedRelay;
let edge: Daemon;
let bound: readonly BoundClient[];

before(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay, valid_lifetime, cache_threshold)
      VALUES (7, '10.7.0.0/24', '["127.0.0.1"]', 3600, 0);
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (7, 1);
    INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (7, INET_ATON('10.7.0.10'), INET_ATON('10.7.0.99'));
    INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, dhcp4_subnet_id) VALUES (3, 'dhcp4', '10.7.0.1', 1, 7);
    INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname)
      VALUES (X'${macOf(0)}', 0, 7, INET_ATON('10.7.0.200'), 'printer')`);
  relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 1_500 });
  edge = await startDaemon({
    dhcp4: {
      'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
      'config-control': {
        'config-databases': [databaseAccess(database.address)],
        // Longer than this test: what changes is pulled by command.
        'config-fetch-wait-time': 600,
      },
      'lease-database': databaseAccess(database.address),
      'hosts-database': databaseAccess(database.address),
    },
    args: ['-p', String(port), '--instance', instance],
  });
});

after(async () => {
  if (edge?.process.exitCode === null) await edge.stop('SIGKILL');
  await relay?.close();
  await database?.drop();
});

async function rows(sql: string): Promise<RowDataPacket[]> {
  const [found] = await database.pool.query<RowDataPacket[]>(sql);
  return found.map((row) => ({ ...row }));
}

async function one(sql: string): Promise<unknown> {
  return Object.values((await rows(sql))[0] ?? {})[0];
}

/** What arrives without an answer is waited for. */
async function eventually(sql: string, wanted: unknown): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (String(await one(sql)) !== String(wanted) && Date.now() < deadline) await pause(50);
  assert.equal(String(await one(sql)), String(wanted), sql);
}

/** Option 3. */
const routerIn = ({ options }: Message4): string => [...(options.get(3) ?? [])].join('.');

const noDrift = async (): Promise<void> =>
  assert.deepEqual(await rows('SELECT * FROM fleet_statistics_drift'), []);

test('what clients are given is in lease4, the reserved address among them, and the counters are right', async () => {
  bound = await Promise.all(clients.map((client) => relay.bind(client, server)));
  const stored = await rows(
    'SELECT address, HEX(hwaddr) AS hwaddr, valid_lifetime, subnet_id, state, hostname FROM lease4 ORDER BY hwaddr',
  );
  assert.deepEqual(
    stored.map(({ address, hwaddr, valid_lifetime, subnet_id, state }) =>
      [address, hwaddr, valid_lifetime, subnet_id, state].join(' '),
    ),
    bound.map(({ address }, i) => `${address} ${macOf(i)} 3600 7 0`),
  );
  assert.equal(formatIpv4(bound[0]!.address), '10.7.0.200');
  assert.equal(stored[0]!['hostname'], 'printer');
  assert.equal(routerIn(bound[1]!.ack), '10.7.0.1');
  assert.equal(await one('SELECT leases FROM lease4_stat WHERE subnet_id = 7 AND state = 0'), clients.length);
  await noDrift();
});

test('a renewal moves the end of the lease, a release gives the address back', async () => {
  await database.pool.query(
    `UPDATE lease4 SET expire = expire - INTERVAL 1000 SECOND WHERE address = ${bound[2]!.address}`,
  );
  const secondsLeft = `SELECT TIMESTAMPDIFF(SECOND, NOW(), expire) BETWEEN 3590 AND 3600 FROM lease4 WHERE address = ${bound[2]!.address}`;
  assert.equal(await one(secondsLeft), 0);
  const ack = await relay.renew(clients[2]!, bound[2]!, server);
  assert.equal(ack?.options.get(53)?.[0], 5, 'DHCPACK');
  assert.equal(ack?.yiaddr, bound[2]!.address);
  assert.equal(await one(secondsLeft), 1);

  await relay.release(clients[3]!, bound[3]!, server);
  await eventually(
    'SELECT SUM(leases) FROM lease4_stat WHERE subnet_id = 7 AND state = 0',
    clients.length - 1,
  );
  await eventually(
    `SELECT COUNT(*) FROM lease4 WHERE address = ${bound[3]!.address} AND state = 0 AND expire > NOW()`,
    0,
  );
  await noDrift();
});

test('a change by plain SQL is served after config-backend-pull, and recorded with its user', async () => {
  const before = Number(await one("SELECT epoch FROM fleet_epoch WHERE scope = 'config4'"));
  await database.pool.query(
    `SET @fleet_actor = 'night shift';
     UPDATE dhcp4_options SET formatted_value = '10.7.0.254' WHERE code = 3;
     UPDATE dhcp4_pool SET start_address = INET_ATON('10.7.0.60'), end_address = INET_ATON('10.7.0.61');
     SET @fleet_actor = NULL`,
  );
  const stale = await relay.renew(clients[2]!, bound[2]!, server);
  assert.equal(stale && routerIn(stale), '10.7.0.1', 'not fetched yet');

  const answer = await sendCommand(edge.controlSocket, 'config-backend-pull');
  assert.equal(answer.result, 0, JSON.stringify(answer));
  const newcomer = await relay.bind({ hwaddr: Uint8Array.of(2, 0x5e, 0, 1, 0, 1) }, server);
  assert.ok(['10.7.0.60', '10.7.0.61'].includes(formatIpv4(newcomer.address)), formatIpv4(newcomer.address));
  assert.equal(routerIn(newcomer.ack), '10.7.0.254');

  const user = await one('SELECT USER()');
  assert.deepEqual(
    (
      await rows(
        `SELECT table_name, operation, db_user, actor FROM fleet_change WHERE scope = 'config4' AND epoch > ${before} ORDER BY epoch`,
      )
    ).map((row) => Object.values(row).join(' ')),
    [`dhcp4_options update ${String(user)} night shift`, `dhcp4_pool update ${String(user)} night shift`],
  );
  assert.deepEqual(
    await rows(
      `SELECT s.state, s.applied_epoch = e.epoch AS is_newest, s.last_error FROM fleet_server AS s
         JOIN fleet_epoch AS e ON e.scope = 'config4' WHERE s.instance = '${instance}'`,
    ),
    [{ state: 'serving', is_newest: 1, last_error: null }],
  );
  await noDrift();
});

test('SIGTERM ends it with exit code 0, and fleet_server says that it stopped', async () => {
  assert.equal(await edge.stop('SIGTERM'), 0);
  assert.equal(await one(`SELECT state FROM fleet_server WHERE instance = '${instance}'`), 'stopped');
  await noDrift();
});
