// A pool of 65,536 with 64 free beside an empty one: round trips and latency of new clients, in the real engine on a database.
// node --import tsx bench/near-full.ts [seconds] [clients per second]
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchingLeaseStore } from '../src/store/batching.ts';
import type { DatabaseAddress } from '../src/db/address.ts';
import { openPool } from '../src/db/connect.ts';
import { silentLogger } from '../src/log.ts';
import { lease4Sql } from '../src/store/mysql/lease4-rows.ts';
import { defaultLanes, openMysqlBackend } from '../src/store/mysql/mysql-backend.ts';
import { FakeClock } from '../test/engine/fake-clock.ts';
import { serverAddress, World } from '../test/engine/world.ts';
import {
  discover,
  fromMac,
  havingAddress,
  release,
  request,
  withRequestedAddress,
  withServerId,
} from '../test/support/packets4.ts';

export interface NearFullOptions {
  /** A migrated database without leases. */
  readonly address: DatabaseAddress;
  /** Addresses of the pool that are free before the first client comes; the pool has 65,536. */
  readonly free: number;
  readonly clients: number;
  /** New clients per second; each that comes makes an earlier one leave. 0 = one after the other. */
  readonly rate: number;
  /** Another server is at work in the subnet, so that offers are written down. */
  readonly shared: boolean;
}

export interface NearFullRow {
  readonly free: number;
  readonly bound: number;
  /** Round trips to the database per client: DISCOVER and REQUEST. */
  readonly packets: number;
  /** Milliseconds from DISCOVER to ACK. */
  readonly p50: number;
  readonly p99: number;
}

export const poolSize = 65_536;
const firstAddress = 0x0a000000;
const config = {
  subnet4: [{ id: 1, subnet: '10.0.0.0/8', pools: [{ pool: '10.0.0.0/16' }], interface: 'eth0' }],
  'valid-lifetime': 3600,
};
/** New clients that hold an address at once. */
const present = 32;

class MachineClock extends FakeClock {
  override now(): number {
    return Date.now();
  }
}

export async function nearFull(options: NearFullOptions): Promise<NearFullRow> {
  const pool = openPool(options.address, 1);
  await pool.query(
    'TRUNCATE lease4; DELETE FROM lease4_stat; DELETE FROM lease4_pool_stat; DELETE FROM fleet_offer',
  );
  await fill(pool, options.free);
  const backend = openMysqlBackend(
    {
      ...defaultLanes,
      table: lease4Sql,
      address: options.address,
      ownStatistics: true,
      server: 'bench',
      soleAfter: options.shared ? 1e9 : 0,
    },
    { logger: silentLogger, random: Math.random },
  );
  const leases = createBatchingLeaseStore(backend, { lanes: defaultLanes.connections });
  const world = new World(
    { config, sharedLeases: true },
    { leases, age: () => Promise.resolve() },
    new MachineClock(),
  );
  await world.server.start();
  let next = 0;
  const acquire = async (): Promise<{ mac: string; address: string } | null> => {
    const mac = `02:02:00:${(++next).toString(16).padStart(6, '0').match(/../g)!.join(':')}`;
    const offer = await world.send(discover(fromMac(mac)));
    if (!offer) return null;
    const wanted = [withRequestedAddress(offer.yiaddr), withServerId(serverAddress)];
    const ack = await world.send(request(fromMac(mac), ...wanted));
    return ack?.type === 5 ? { mac, address: ack.yiaddr } : null;
  };
  const guests: { mac: string; address: string }[] = [];
  const leave = async (): Promise<void> => {
    const { mac, address } = guests.shift()!;
    await world.send(release(fromMac(mac), havingAddress(address), withServerId(serverAddress)));
  };
  // The first clients find out how full the pool is, and whether this server is alone.
  for (let i = 0; i < present; i++) {
    const guest = await acquire();
    if (guest) guests.push(guest);
  }
  await sleep(1_500);

  const times: number[] = [];
  let packets = 0;
  const begin = performance.now();
  for (let i = 0; i < options.clients; i++) {
    if (options.rate > 0) await sleep(Math.max(0, begin + (i * 1000) / options.rate - performance.now()));
    if (guests.length >= present) await leave();
    const before = backend.packets;
    const started = performance.now();
    const guest = await acquire();
    times.push(performance.now() - started);
    packets += backend.packets - before;
    if (guest) guests.push(guest);
    else times.pop();
  }
  await world.server.stop();
  await leases.close();
  await pool.end();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return {
    free: options.free,
    bound: times.length,
    packets: packets / options.clients,
    p50: at(0.5),
    p99: at(0.99),
  };
}

/** Leases for all but `free` addresses, which lie evenly in the pool; counted as the triggers would. */
async function fill(pool: ReturnType<typeof openPool>, free: number): Promise<void> {
  const taken = poolSize - free;
  if (taken === 0) return;
  const step = free === 0 ? poolSize + 1 : Math.floor(poolSize / free);
  const digits = 'SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3';
  const from = Array.from({ length: 8 }, (_, i) => `(${digits}) AS d${i}`).join(' CROSS JOIN ');
  const number = Array.from({ length: 8 }, (_, i) => `d${i}.d * ${4 ** i}`).join(' + ');
  await pool.query(`
    SET @fleet_statistics_off = 1;
    INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, state, hostname, fqdn_fwd, fqdn_rev)
      SELECT ${firstAddress} + n, UNHEX(LPAD(HEX(n), 12, '0')), 86400, NOW() + INTERVAL 1 DAY, 1, 0, '', 0, 0
      FROM (SELECT ${number} AS n FROM ${from}) AS numbers WHERE n % ${step} <> ${step >> 1};
    INSERT INTO lease4_stat (subnet_id, state, leases) SELECT 1, 0, COUNT(*) FROM lease4;
    INSERT INTO lease4_pool_stat (subnet_id, pool_id, state, leases) SELECT 1, 0, 0, COUNT(*) FROM lease4;
    SET @fleet_statistics_off = NULL`);
}

if (import.meta.filename === process.argv[1]) {
  const { createMigratedServer } = await import('../test/support/migrated-server.ts');
  const seconds = Number(process.argv[2] ?? 10);
  const rate = Number(process.argv[3] ?? 50);
  const { server, address } = await createMigratedServer();
  try {
    for (const shared of [false, true]) {
      for (const free of [poolSize, 64]) {
        const row = await nearFull({ address, free, clients: rate * seconds, rate, shared });
        console.log(
          `${shared ? 'shared' : 'alone '} ${String(free).padStart(6)} free: ${row.bound} of ${rate * seconds} bound, ` +
            `${row.packets.toFixed(2)} round trips each, DISCOVER to ACK p50 ${row.p50.toFixed(1)} ms, p99 ${row.p99.toFixed(1)} ms`,
        );
      }
    }
  } finally {
    await server.stop();
  }
}
