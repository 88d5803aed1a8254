// A DHCPv6 daemon that answers leasequeries over loopback, with leases in a store that were put there before it started.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { silentLogger } from '../../src/log.ts';
import type { Lease6 } from '../../src/store/lease.ts';
import { lease6Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { lease6Sql } from '../../src/store/mysql/lease6-rows.ts';
import { defaultLanes, openMysqlBackend } from '../../src/store/mysql/mysql-backend.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, startDaemon } from './daemon.ts';
import { freePort } from './bulk-requester.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { duidOf } from './leasequery6.ts';

export const stores = ['memfile', 'mysql'] as const;

export interface LeaseQueryEdge {
  /** UDP, and TCP where bulk leasequery is enabled. */
  readonly port: number;
  readonly controlSocket: string;
  /** What is kept of the relays of client 1, as LQ_RELAY_DATA says it. */
  readonly relayData: { readonly peer: string; readonly message: string };
  statistic(name: string): Promise<number>;
  waitForLog(pattern: RegExp): Promise<RegExpExecArray>;
  /** Reloads with these parameters in place of those of the start. */
  reconfigure(parameters: Readonly<Record<string, unknown>>): Promise<void>;
  /** Idempotent. */
  stop(): Promise<number | string>;
}

export const relayId = duidOf(0x00ff);
export const remoteId = Uint8Array.of(0, 0, 0, 1, 1);

const relayInfo = {
  ISC: {
    'relay-info': [
      {
        hop: 0,
        link: '2001:db8:1::ff',
        peer: 'fe80::1',
        options: '0x00120003001234',
        'remote-id': '0000000101',
        'relay-id': '0003000102000000' + '00FF',
      },
    ],
  },
};

/** Client `who` has the address since ten minutes. */
export function leaseOf(who: number, address: string, subnetId: number, more: Partial<Lease6> = {}): Lease6 {
  return {
    family: 6,
    address: parseIpv6(address),
    prefixLength: 128,
    type: 0,
    duid: duidOf(who),
    iaid: 1,
    validLifetime: 3600,
    preferredLifetime: 1800,
    cltt: Math.floor(Date.now() / 1000) - 600,
    subnetId,
    poolId: 0,
    fqdnFwd: false,
    fqdnRev: false,
    hostname: '',
    state: 0,
    userContext: null,
    hwaddr: null,
    hwaddrType: null,
    hwaddrSource: null,
    ...more,
  };
}

export const someLeases = (): readonly Lease6[] => [
  leaseOf(1, '2001:db8:1::1', 1, { hostname: 'host.example.', fqdnFwd: true, userContext: relayInfo }),
  leaseOf(1, '2001:db8:8000::', 1, { type: 2, prefixLength: 56 }),
  leaseOf(2, '2001:db8:1::2', 1),
  leaseOf(2, '2001:db8:2::2', 2, { iaid: 2 }),
  leaseOf(3, '2001:db8:1::3', 1, { state: 3 }),
  leaseOf(4, '2001:db8:1::4', 1, { validLifetime: 300 }),
  leaseOf(5, '2001:db8:3::5', 3),
  leaseOf(5, '2001:db8:4::5', 4, { iaid: 2 }),
];

export async function startLeaseQueryEdge(
  store: (typeof stores)[number],
  given: { readonly advanced?: Readonly<Record<string, unknown>>; readonly leases?: readonly Lease6[] } = {},
): Promise<LeaseQueryEdge> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'flt-'));
  const database = store === 'mysql' ? await createTestDatabase() : null;
  await seed(given.leases ?? someLeases(), database, join(directory, 'kea-leases6.csv'));
  const library = (parameters: Readonly<Record<string, unknown>>) => [
    { library: '/usr/lib/kea/hooks/libdhcp_lease_query.so', parameters },
  ];
  const dhcp6 = (parameters: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
    'interfaces-config': { interfaces: ['lo/::1'] },
    'server-id': { type: 'EN' },
    'hooks-libraries': library(parameters),
    'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }],
    'expired-leases-processing': { 'reclaim-timer-wait-time': 0 },
    ...(database && { 'lease-database': databaseAccess(database.address) }),
    subnet6: [
      {
        id: 1,
        subnet: '2001:db8:1::/48',
        pools: [
          {
            pool: '2001:db8:1::/64',
            'option-data': [{ name: 'sip-server-dns', data: 'sip.example.' }],
          },
        ],
        'pd-pools': [{ prefix: '2001:db8:8000::', 'prefix-len': 40, 'delegated-len': 56 }],
      },
      { id: 2, subnet: '2001:db8:2::/48', pools: [{ pool: '2001:db8:2::/64' }] },
    ],
    'shared-networks': [
      {
        name: 'both',
        subnet6: [
          { id: 3, subnet: '2001:db8:3::/64', pools: [{ pool: '2001:db8:3::/64' }] },
          { id: 4, subnet: '2001:db8:4::/64', pools: [{ pool: '2001:db8:4::/64' }] },
        ],
      },
    ],
  });
  const bulk = { ...given.advanced, 'lease-query-tcp-port': port };
  const parameters = {
    requesters: ['::1', '2001:db8:ffff::/48'],
    ...(given.advanced && { advanced: bulk }),
  };
  const daemon = await startDaemon({
    dhcp6: dhcp6(parameters),
    directory,
    args: ['-d', '-p', String(port)],
  });
  return {
    port,
    controlSocket: daemon.controlSocket,
    relayData: {
      peer: '2001:db8:1::ff',
      message: `0c00${'20010db80001000000000000000000ff'}${'fe800000000000000000000000000001'}00120003001234`,
    },
    async statistic(name) {
      const { arguments: found } = await sendCommand(daemon.controlSocket, 'statistic-get', { name });
      return (found as Record<string, [[number]]>)[name]![0][0];
    },
    waitForLog: (pattern) => daemon.waitFor(pattern),
    async reconfigure(changed) {
      daemon.writeConfig(dhcp6({ ...parameters, ...changed }));
      const { result, text } = await sendCommand(daemon.controlSocket, 'config-reload');
      if (result !== 0) throw new Error(text);
    },
    async stop() {
      const isFirst = daemon.process.exitCode === null;
      const code = await daemon.stop();
      if (!isFirst) return code;
      rmSync(directory, { recursive: true, force: true });
      await database?.drop();
      return code;
    },
  };
}

async function seed(leases: readonly Lease6[], database: TestDatabase | null, path: string): Promise<void> {
  const deps = { logger: silentLogger, random: Math.random, clock: () => Date.now() };
  const backend = database
    ? openMysqlBackend<Lease6>(
        { ...defaultLanes, table: lease6Sql, address: database.address, ownStatistics: true },
        deps,
      )
    : await openMemfileBackend<Lease6>({ rows: lease6Rows, path, lfcInterval: 0, maxRowErrors: 0 }, deps);
  await backend.writeAll(leases.map((lease) => ({ verb: 'put', lease })));
  await backend.close();
}
