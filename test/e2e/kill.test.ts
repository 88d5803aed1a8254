// kill -9 of an edge, then of the database, under load: what was ACKed is in the database, and the rest keeps serving.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { DatabaseAddress } from '../../src/db/address.ts';
import { openPool } from '../../src/db/connect.ts';
import { openSimulatedRelay, type SimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { databaseAccess, startDaemon, type Daemon } from '../support/daemon.ts';
import type { TestServerProcess } from '../support/database.ts';
import { createMigratedServer } from '../support/migrated-server.ts';

let server: TestServerProcess;
let address: DatabaseAddress;
let pool: Pool;
let relay: SimulatedRelay;
const edges: Daemon[] = [];
const ports = [21067, 21068] as const;

before(async () => {
  ({ server, address } = await createMigratedServer());
  pool = openPool(address, 2);
  await pool.query(`
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay) VALUES (1, '10.0.0.0/8', '["127.0.0.1"]');
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1);
    INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (1, INET_ATON('10.0.0.10'), INET_ATON('10.0.255.250'))`);
  relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 400, tries: 3 });
  for (const [i, port] of ports.entries()) {
    edges.push(
      await startDaemon({
        dhcp4: {
          'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
          'config-control': { 'config-databases': [databaseAccess(address)], 'config-fetch-wait-time': 1 },
          'lease-database': databaseAccess(address),
        },
        args: ['-p', String(port), '--instance', `edge-${i}`],
      }),
    );
  }
});

after(async () => {
  await Promise.all(edges.map((edge) => edge.stop('SIGKILL')));
  await relay?.close();
  await pool?.end();
  await server?.stop();
});

/** Many clients at once at one edge until told to stop; remembers who was ACKed what. */
function load(
  port: number,
  edgeNumber: number,
  width: number,
): { readonly acked: Map<number, string>; failures(): number; stop(): Promise<void> } {
  const acked = new Map<number, string>();
  let isRunning = true;
  let next = 0;
  let failed = 0;
  const worker = async (): Promise<void> => {
    while (isRunning) {
      const number = next++;
      const hwaddr = Uint8Array.of(2, edgeNumber, 0, number >>> 16, (number >>> 8) & 255, number & 255);
      try {
        const bound = await relay.bind({ hwaddr }, { address: '127.0.0.1', port });
        acked.set(bound.address, Buffer.from(hwaddr).toString('hex'));
      } catch {
        failed += 1;
      }
    }
  };
  const workers = Array.from({ length: width }, worker);
  return {
    acked,
    failures: () => failed,
    async stop() {
      isRunning = false;
      await Promise.all(workers);
    },
  };
}

async function missingFrom(database: Pool, acked: ReadonlyMap<number, string>): Promise<string[]> {
  const [rows] = await database.query<RowDataPacket[]>(
    'SELECT address, LOWER(HEX(hwaddr)) AS hwaddr FROM lease4 WHERE state = 0',
  );
  const stored = new Map(rows.map((row) => [Number(row['address']), String(row['hwaddr'])]));
  return [...acked]
    .filter(([leased, hwaddr]) => stored.get(leased) !== hwaddr)
    .map(([leased]) => String(leased));
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

test(
  'after kill -9 of an edge under load every ACKed lease is there and the other edge keeps serving',
  { timeout: 60_000 },
  async () => {
    const doomed = load(ports[0], 1, 16);
    const surviving = load(ports[1], 2, 16);
    await pause(2_000);
    await edges[0]!.stop('SIGKILL');
    const servedUntilThen = surviving.acked.size;
    await pause(1_000);
    const servedAfter = surviving.acked.size - servedUntilThen;
    await Promise.all([doomed.stop(), surviving.stop()]);
    assert.ok(doomed.acked.size > 100, `only ${doomed.acked.size} leases before the kill`);
    assert.ok(
      servedAfter > 50,
      `the surviving edge served ${servedAfter} clients in the second after the kill`,
    );
    assert.deepEqual(await missingFrom(pool, doomed.acked), []);
    assert.deepEqual(await missingFrom(pool, surviving.acked), []);
    assert.equal(surviving.failures(), 0, 'clients of the surviving edge that failed');
    const shared = [...doomed.acked.keys()].filter((leased) => surviving.acked.has(leased));
    assert.deepEqual(shared, [], 'no address twice');
    console.log(
      `ACKed: ${doomed.acked.size} by the killed edge, ${surviving.acked.size} by the other; missing: 0`,
    );
  },
);

test(
  'after kill -9 of the database under load every ACKed lease is there, and serving resumes by itself',
  { timeout: 90_000 },
  async () => {
    const during = load(ports[1], 3, 16);
    await pause(2_000);
    await server.kill();
    await pause(1_500);
    const ackedWhileAway = during.acked.size;
    await pause(500);
    assert.equal(during.acked.size, ackedWhileAway, 'nothing is ACKed without a commit');
    await server.restart();
    const deadline = Date.now() + 40_000;
    while (during.acked.size < ackedWhileAway + 50 && Date.now() < deadline) await pause(100);
    await during.stop();
    assert.ok(
      during.acked.size >= ackedWhileAway + 50,
      `serving did not resume:\n${edges[1]!.log().slice(-3000)}`,
    );
    await pool.end();
    pool = openPool(address, 2);
    assert.deepEqual(await missingFrom(pool, during.acked), []);
    const [drift] = await pool.query<RowDataPacket[]>('SELECT * FROM fleet_statistics_drift');
    assert.deepEqual(drift, [], 'the counters equal a recount');
    assert.equal(edges[1]!.process.exitCode, null, 'the edge lives');
    console.log(
      `ACKed: ${ackedWhileAway} before the database died, ${during.acked.size - ackedWhileAway} after; missing: 0`,
    );
  },
);
