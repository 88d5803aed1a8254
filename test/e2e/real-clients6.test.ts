// dhclient and dhcpcd get, renew, rebind, decline and release addresses and delegated prefixes, on the wire and through
// a real relay, from edges that share a database and from one with a lease file; perfdhcp asks as many clients.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, startDaemon, type Daemon } from '../support/daemon.ts';
import { createTestDatabase, databaseOutOfNamespace, type TestDatabase } from '../support/database.ts';
import {
  addressesSettled,
  createNetwork,
  namespacesMissing,
  programsMissing,
  type Host,
  type Network,
} from '../support/netns.ts';
import {
  declineNext,
  nameServersToldTo,
  realClients6,
  told,
  type RealClient6,
} from '../support/real-clients6.ts';
import { everyStation, killClient, stationsOf, type Station } from '../support/stations.ts';

const missing = namespacesMissing() || programsMissing('dhcrelay');
for (const { name, program } of realClients6) {
  const lacks = programsMissing(program);
  if (lacks) test(`${name} is one of the clients`, { skip: lacks }, () => undefined);
}

interface Station6 extends Station {
  readonly client: RealClient6;
  /** As text with length: what it was given. */
  leases?: readonly string[];
}

interface LeaseSeen {
  /** `2001:db8::1/128`, `2001:db8:1::/56` */
  readonly text: string;
  readonly kind: 'address' | 'prefix';
  /** Seconds since 1970. */
  readonly expire: number;
  readonly state: number;
}

const lifetime = 30;
const timers = { renew: 4, rebind: 9, preferred: 20 };
const links = [77, 88] as const;

/** Short times, so that renewing and rebinding happen while we watch. */
const rows = `
  INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, interface, preferred_lifetime, valid_lifetime, renew_timer, rebind_timer, cache_threshold, rapid_commit) VALUES
    ${links.map((id) => `(${id}, '2001:db8:${id}::/64', ${id === 77 ? "'eth0'" : 'NULL'}, ${timers.preferred}, ${lifetime}, ${timers.renew}, ${timers.rebind}, 0, 1)`).join()};
  INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (77, 1), (88, 1);
  INSERT INTO dhcp6_pool (subnet_id, start_address, end_address) VALUES
    ${links.map((id) => `(${id}, '2001:db8:${id}::1:0', '2001:db8:${id}::1:ffff')`).join()};
  INSERT INTO dhcp6_pd_pool (subnet_id, prefix, prefix_length, delegated_prefix_length, excluded_prefix_length) VALUES
    ${links.map((id) => `(${id}, '2001:db8:${id}00::', 40, 56, 0)`).join()};
  INSERT INTO dhcp6_options (code, space, formatted_value, scope_id) VALUES (23, 'dhcp6', '2001:db8::53', 0);
  INSERT INTO dhcp6_options_server (option_id, server_id) SELECT option_id, 1 FROM dhcp6_options`;

const file = {
  'valid-lifetime': lifetime,
  'preferred-lifetime': timers.preferred,
  'renew-timer': timers.renew,
  'rebind-timer': timers.rebind,
  'cache-threshold': 0,
  'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }],
  subnet6: links.map((id) => ({
    id,
    subnet: `2001:db8:${id}::/64`,
    'rapid-commit': true,
    ...(id === 77 && { interface: 'eth0' }),
    pools: [{ pool: `2001:db8:${id}::1:0 - 2001:db8:${id}::1:ffff` }],
    'pd-pools': [{ prefix: `2001:db8:${id}00::`, 'prefix-len': 40, 'delegated-len': 56 }],
  })),
};

const duidOf = ({ hwaddr }: Station): string => `00030001${hwaddr}`;

for (const store of ['a database', 'a lease file'] as const) {
  const isShared = store === 'a database';
  const skip = missing || (isShared && databaseOutOfNamespace());

  describe(`DHCPv6 clients and ${store}`, { skip }, () => {
    let network: Network;
    let database: TestDatabase | null = null;
    let relay: ChildProcess;
    let stations: Station6[] = [];
    const servers: Host[] = [];
    const edges: Daemon[] = [];
    const scratch = mkdtempSync(join(tmpdir(), 'flt-clients6-'));
    const log = (): string => edges.map((edge) => edge.log()).join('\n');

    async function startEdge(number: number): Promise<void> {
      const access = database && databaseAccess(database.address);
      const edge = await startDaemon({
        dhcp6: {
          'interfaces-config': { interfaces: [`eth0/2001:db8:77::${number}`] },
          ...(access
            ? {
                'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
                'lease-database': access,
              }
            : file),
        },
        host: servers[number - 1]!,
        args: ['--instance', `edge-${number}`],
        ...(!isShared && { directory: scratch }),
      });
      edges.push(edge);
    }

    before(async () => {
      if (isShared) {
        database = await createTestDatabase();
        await database.pool.query(rows);
      }
      network = createNetwork();
      for (const number of isShared ? [1, 2] : [1]) {
        const host = network.host(`edge-${number}`, 'lan', `2001:db8:77::${number}/64`);
        host.run(['ip', 'route', 'add', '2001:db8:88::/64', 'via', '2001:db8:77::9']);
        servers.push(host);
      }
      const between = network.host('relay', 'lan', '2001:db8:77::9/64');
      network.attach(between, 'branch', '2001:db8:88::9/64');
      stations = realClients6
        .filter(({ program }) => !programsMissing(program))
        .flatMap((client) =>
          stationsOf(network, client.name, scratch).map((station) => ({ ...station, client })),
        );
      for (const host of [...servers, between, ...stations.map((station) => station.host)])
        await addressesSettled(host);
      // It knows no server and sends to all on its link: ff05::1:3.
      relay = between.spawn(['dhcrelay', '-6', '-d', '-l', 'eth1', '-u', 'eth0'], { stdio: 'ignore' });
      await startEdge(1);
    });

    after(async () => {
      for (const station of stations) station.running?.kill('SIGKILL');
      relay?.kill('SIGKILL');
      await Promise.all(edges.map((edge) => edge.stop('SIGKILL')));
      network?.close();
      await database?.drop();
      rmSync(scratch, { recursive: true, force: true });
    });

    async function leasesOf(duid: string): Promise<LeaseSeen[]> {
      if (database) {
        const [found] = await database.pool.query<RowDataPacket[]>(
          `SELECT CONCAT(INET6_NTOA(address), '/', prefix_len) AS text, IF(lease_type = 2, 'prefix', 'address') AS kind,
                  UNIX_TIMESTAMP(expire) AS expire, state FROM lease6 WHERE duid = UNHEX(?) AND state <> 2 ORDER BY lease_type`,
          [duid],
        );
        return found as LeaseSeen[];
      }
      const answer = await sendCommand(edges.at(-1)!.controlSocket, 'lease6-get-all');
      const all = (answer.arguments as { leases: Record<string, string | number>[] }).leases;
      return all
        .filter((lease) => String(lease['duid']).replaceAll(':', '').toUpperCase() === duid)
        .filter((lease) => lease['state'] !== 2)
        .map((lease) => ({
          text: `${lease['ip-address']}/${lease['prefix-len'] ?? 128}`,
          kind: lease['type'] === 'IA_PD' ? 'prefix' : 'address',
          expire: Number(lease['cltt']) + Number(lease['valid-lft']),
          state: Number(lease['state']),
        }));
    }

    const every = (
      what: string,
      seconds: number,
      holds: (leases: LeaseSeen[], station: Station6) => boolean,
    ): Promise<void> =>
      everyStation(
        `${what} (${store})`,
        { stations, seconds, log },
        (station) => leasesOf(duidOf(station)),
        holds,
      );
    const everyKept = (what: string, seconds: number, expiresAfter: (station: Station6) => number) =>
      every(
        what,
        seconds,
        (leases, station) =>
          sameTexts(leases, station.leases!) && leases.every((each) => each.expire > expiresAfter(station)),
      );
    const startClients = (): void => {
      for (const station of stations) station.running = station.client.start(station.host, station.directory);
    };

    test('each gets what it asked for, and has it on its interface', { timeout: 60_000 }, async () => {
      startClients();
      await every('get', 40, (leases, { client, where }) => {
        const prefix = `2001:db8:${where === 'direct' ? 77 : 88}`;
        return (
          leases.map(({ kind }) => kind).join() === client.asksFor.join() &&
          leases.every(({ text, state }) => text.startsWith(prefix) && state === 0)
        );
      });
      for (const station of stations) {
        station.leases = (await leasesOf(duidOf(station))).map(({ text }) => text);
      }
      const given = stations.flatMap(({ leases }) => leases!);
      assert.equal(new Set(given).size, given.length, 'nothing twice');
      for (const { name, client, hwaddr } of stations) {
        const isOffered = log().includes(`DHCP6_LEASE_ADVERT","duid":"00:03:00:01:${octets(hwaddr)}"`);
        assert.equal(isOffered, !client.asksForRapidCommit, `${name}: an ADVERTISE, or the REPLY at once`);
      }
      await everyStation(
        `has it (${store})`,
        { stations, seconds: 10, log },
        ({ host }) => Promise.resolve(onInterface(host)),
        (has, { leases }) => leases!.every((each) => has.includes(each)),
      );
    });

    test('each renews at T1', { timeout: 60_000 }, async () => {
      const expired = new Map<Station6, number>();
      for (const station of stations) {
        expired.set(station, Math.max(...(await leasesOf(duidOf(station))).map(({ expire }) => expire)));
      }
      await everyKept('renew', 30, (station) => expired.get(station)!);
    });

    test(
      isShared
        ? 'when its server is killed, each rebinds at T2 with the other server and keeps what it has'
        : 'when its server is killed and started again on its lease file, each keeps what it has',
      { timeout: 90_000 },
      async () => {
        if (isShared) await startEdge(2);
        await edges[0]!.stop('SIGKILL');
        // What expires later than this was written after the first server had died.
        const killed = Math.ceil(Date.now() / 1000);
        if (!isShared) await startEdge(1);
        await everyKept('rebind', 60, () => killed + lifetime);
      },
    );

    test('clients that were killed come back to what they had', { timeout: 60_000 }, async () => {
      for (const station of stations) {
        await killClient(station);
        station.host.run(['ip', '-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'global']);
      }
      const restarted = Math.ceil(Date.now() / 1000);
      startClients();
      await everyKept('come back', 40, () => restarted + lifetime);
    });

    test('each releases what it has', { timeout: 60_000 }, async () => {
      for (const { client, host, directory, running } of stations) client.release(host, directory, running!);
      // Kept for affinity: released (3), then reclaimed (2).
      await every('release', 20, (leases) => leases.every(({ state }) => state === 3));
    });

    test(
      'an address that is in use is declined, and the client gets another',
      { skip: programsMissing('dhclient'), timeout: 60_000 },
      async () => {
        const station = stations.find(({ name }) => name === 'dhclient-address direct')!;
        declineNext(station.directory);
        station.running = station.client.start(station.host, station.directory);
        await everyStation(
          `decline (${store})`,
          { stations: [station], seconds: 30, log },
          () => Promise.resolve(told(station.directory)),
          () => onInterface(station.host).length === 1,
        );
        const [usable] = await leasesOf(duidOf(station));
        assert.deepEqual(onInterface(station.host), [usable?.text]);
        // RFC 8415 §18.3.8: kept from everybody, and nobody's.
        const declined = await leasesOf('000000');
        assert.deepEqual(
          declined.map(({ state }) => state),
          [1],
        );
        assert.notEqual(declined[0]!.text, usable!.text);
        station.client.release(station.host, station.directory, station.running);
      },
    );

    test(
      'an INFORMATION-REQUEST brings options and leases nothing',
      { skip: programsMissing('dhclient') },
      async () => {
        for (const name of ['lan', 'branch']) {
          const host = network.host(`info-${name}`, name);
          await addressesSettled(host);
          assert.equal(nameServersToldTo(host, join(scratch, `info-${name}`)), '2001:db8::53', name);
        }
      },
    );

    test(
      'every client of perfdhcp gets an address and a prefix, renews and releases',
      { skip: programsMissing('perfdhcp'), timeout: 60_000 },
      async () => {
        const host = network.host('load', 'lan');
        await addressesSettled(host);
        const load = '-6 -l eth0 -r 50 -R 100000 -n 100 -e address-and-prefix -f 10 -F 5 -W 500000';
        const report = host.run(['perfdhcp', ...load.split(' ')], { timeout: 40_000 });
        const exchanges = [...report.matchAll(/^sent packets: (\d+)\nreceived packets: (\d+)/gm)];
        assert.equal(exchanges.length, 4, report);
        for (const [, sent, received] of exchanges) {
          assert.ok(Number(sent) > 0, report);
          assert.equal(received, sent, report);
        }
      },
    );

    test('the counters equal a recount of what is stored', async () => {
      if (database) {
        const [drift] = await database.pool.query<RowDataPacket[]>('SELECT * FROM fleet_statistics_drift');
        assert.deepEqual(drift, []);
        return;
      }
      const answer = await sendCommand(edges.at(-1)!.controlSocket, 'lease6-get-all');
      const { leases } = answer.arguments as { leases: Record<string, unknown>[] };
      for (const [name, type] of [
        ['assigned-nas', 'IA_NA'],
        ['assigned-pds', 'IA_PD'],
      ] as const) {
        for (const id of links) {
          const statistic = `subnet[${id}].${name}`;
          const got = await sendCommand(edges.at(-1)!.controlSocket, 'statistic-get', { name: statistic });
          const stored = leases.filter(
            (lease) =>
              lease['subnet-id'] === id && lease['type'] === type && [0, 1].includes(Number(lease['state'])),
          );
          assert.equal(
            (got.arguments as Record<string, [[number]]>)[statistic]![0][0],
            stored.length,
            statistic,
          );
        }
      }
      assert.match(readFileSync(join(scratch, 'kea-leases6.csv'), 'utf8'), /,56,/);
    });
  });
}

const octets = (hwaddr: string): string => hwaddr.toLowerCase().replace(/(..)(?!$)/g, '$1:');

const sameTexts = (leases: readonly LeaseSeen[], texts: readonly string[]): boolean =>
  leases.map(({ text }) => text).join() === texts.join();

/** Addresses, and prefixes that are routed to nowhere until somebody uses them. */
function onInterface(host: Host): string[] {
  const addresses = host.run(['ip', '-6', '-o', 'address', 'show', 'dev', 'eth0', 'scope', 'global']);
  const prefixes = host.run(['ip', '-6', 'route', 'show', 'type', 'unreachable']);
  return [
    ...[...addresses.matchAll(/inet6 (\S+)/g)].map(([, text]) => text!),
    ...[...prefixes.matchAll(/^unreachable (\S+)/gm)].map(([, text]) => text!),
  ];
}
