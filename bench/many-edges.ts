// Many edges on one database, played by one process: connections, exchanges, and when a change by SQL is in force everywhere.
// node --import tsx bench/many-edges.ts [edges] [exchanges a second, of all] [seconds]
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { openPool } from '../src/db/connect.ts';
import { silentLogger } from '../src/log.ts';
import { createBatchingLeaseStore } from '../src/store/batching.ts';
import type { Lease4 } from '../src/store/lease.ts';
import { openMysqlHostStore } from '../src/store/mysql/hosts.ts';
import { lease4Sql } from '../src/store/mysql/lease4-rows.ts';
import { openMysqlBackend } from '../src/store/mysql/mysql-backend.ts';
import { standardDefinitions } from '../src/wire/definitions.ts';
import { createConfigEdge } from '../test/support/config-edge.ts';
import { lease4 } from '../test/store/leases.ts';
import { createMigratedServer } from '../test/support/migrated-server.ts';

const [edges = 200, rate = 2_000, seconds = 20] = process.argv.slice(2).map(Number);
// Each subnet is a /16 of 10.0.0.0/8.
if (!(edges >= 1 && edges <= 510 && rate > 0 && seconds > 0)) {
  console.error('usage: bench/many-edges.ts [edges, 1 to 510] [exchanges a second] [seconds]');
  process.exit(2);
}
/** As a daemon has them: src/bin/open-stores.ts. */
const leaseConnections = 2;
const edgesPerSubnet = 2;
/** Seconds between the polls of an edge. */
const fetchWaitTime = 5;

const { server, address } = await createMigratedServer([`--max-connections=${edges * 4 + 20}`]);
const pool = openPool(address, 2);

const subnets = Math.ceil(edges / edgesPerSubnet);
for (let id = 1; id <= subnets; id++) {
  await pool.query(
    'INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, valid_lifetime) VALUES (?, ?, 3600); ' +
      'INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (?, 1)',
    [id, `10.${id}.0.0/16`, id],
  );
}

const realClock = {
  now: () => Date.now(),
  after(milliseconds: number, action: () => void) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

function openEdge(n: number) {
  const instance = `edge-${n}`;
  const backend = openMysqlBackend<Lease4>(
    {
      table: lease4Sql,
      address,
      ownStatistics: true,
      server: instance,
      connections: leaseConnections,
      queryTimeout: 10_000,
    },
    { logger: silentLogger, random: Math.random },
  );
  const hosts = openMysqlHostStore(
    { family: 4, address },
    { logger: silentLogger, random: Math.random, definitions: () => standardDefinitions(4) },
  );
  const config = createConfigEdge(address, {
    instance,
    fetchWaitTime,
    deps: { clock: realClock, random: Math.random },
  });
  return {
    config,
    hosts,
    leases: createBatchingLeaseStore(backend, { lanes: leaseConnections }),
    subnet: Math.floor(n / edgesPerSubnet) + 1,
  };
}
type Edge = ReturnType<typeof openEdge>;

let clients = 0;
const waits: number[] = [];
/** Why exchanges failed, and how often. */
const failures = new Map<string, number>();
const fail = (why: string): void => void failures.set(why, (failures.get(why) ?? 0) + 1);

/** DISCOVER and REQUEST as the database sees them. */
async function exchange(fleet: readonly Edge[]): Promise<void> {
  const n = clients++;
  const { hosts, leases, subnet } = fleet[n % edges]!;
  const began = performance.now();
  const hwaddr = Uint8Array.of(2, 8, n >>> 24, n >>> 16, n >>> 8, n);
  const client = { family: 4, clientId: null, hwaddr } as const;
  // A place of its own for each client: what edges do about one address is measured by other rows.
  const turn = Math.floor(n / edges) * edgesPerSubnet + (n % edgesPerSubnet);
  const ip = 0x0a000000 + subnet * 65_536 + 256 + (turn % 60_000);
  try {
    await hosts.find({
      subnetIds: [subnet, 0],
      identifiers: [{ type: 'hw-address', value: hwaddr }],
      addresses: [],
    });
    await leases.find({
      client,
      subnetIds: [subnet],
      addresses: [ip],
      hold: { address: ip, subnetId: subnet, seconds: 10 },
    });
    const lease = lease4(0, { address: ip, hwaddr, subnetId: subnet });
    const { result } = await leases.write({ verb: 'claim', client, lease, seen: null });
    if (result === 'done') waits.push(performance.now() - began);
    else fail(result);
  } catch (error) {
    fail((error as Error).message);
  }
}

async function status(name: string): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(`SHOW GLOBAL STATUS LIKE '${name}'`);
  return Number(rows[0]!['Value']);
}

/** Hundredths of a second of a processor. */
function cpuOf(pid: number): number {
  const cells = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(cells[11]) + Number(cells[12]);
}

/** Seconds until every edge has a new subnet in force. */
async function changeEverywhere(fleet: readonly Edge[]): Promise<number> {
  const began = performance.now();
  await pool.query(
    "INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (9999, '192.0.2.0/24'); " +
      'INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (9999, 1)',
  );
  while (!fleet.every(({ config }) => config.subnet(9999))) await sleep(20);
  return (performance.now() - began) / 1000;
}

const fleet = Array.from({ length: edges }, (_, n) => openEdge(n));
const started = performance.now();
await Promise.all(fleet.map(({ config }) => config.backend.start()));
console.log(
  `${edges} edges have their configuration of ${subnets} subnets after ${((performance.now() - started) / 1000).toFixed(1)} s`,
);

/** Whole turns of 20 ms, one edge after the other. */
async function load(forSeconds: number): Promise<void> {
  const began = performance.now();
  const pending = new Set<Promise<void>>();
  let begun = 0;
  for (;;) {
    const now = performance.now() - began;
    if (now >= forSeconds * 1000) break;
    for (; begun < (now / 1000) * rate; begun++) {
      const one = exchange(fleet);
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
    await sleep(5);
  }
  await Promise.all(pending);
}

// Servers write their offers down until they know who shares a subnet with them.
await load(14);
waits.length = 0;
failures.clear();
const [questions, own, theirs] = [await status('Questions'), cpuOf(process.pid), cpuOf(server.pid!)];
const began = performance.now();
const changing = changeEverywhere(fleet);
await load(seconds);
const took = (performance.now() - began) / 1000;
const perSecond = (after: number, before: number): string => ((after - before) / took).toFixed(0);
const [ownCpu, theirCpu] = [perSecond(cpuOf(process.pid), own), perSecond(cpuOf(server.pid!), theirs)];
const connections = await status('Threads_connected');
const statements = perSecond(await status('Questions'), questions);
waits.sort((a, b) => a - b);
const at = (share: number): string => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(1);
console.log(
  `${(waits.length / took).toFixed(0)} exchanges/s, ${[...failures.values()].reduce((sum, n) => sum + n, 0)} failed; lookup of hosts and leases and claim: ` +
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
);
for (const [why, times] of failures) console.log(`  ${times} times: ${why}`);
console.log(
  `${connections} connections (two of them of this program), ${statements} statements/s; ` +
    `the database took ${theirCpu} % of a processor, this program ${ownCpu} %`,
);
console.log(
  `a subnet by SQL was in force on all edges after ${(await changing).toFixed(1)} s (a poll every ${fetchWaitTime} s)`,
);

for (const { config, hosts, leases } of fleet) {
  await leases.close();
  await hosts.close();
  await config.stop();
}
await pool.end();
await server.stop();
