// The DHCPv6 daemon as an operator meets it, beside the packets: identity, reloads, lease file, database, libraries.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { formatHex } from '../../src/addr/hex.ts';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import { openSimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { exchange, sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, launchDaemon, startDaemon, type Daemon } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';

const scratch = mkdtempSync(join(tmpdir(), 'flt-daemon6-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const fileOnly = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  'interfaces-config': { interfaces: [] },
  'server-id': { type: 'EN' },
  subnet6: [{ id: 1, subnet: '2001:db8::/32', pools: [{ pool: '2001:db8:1::/64' }] }],
  ...more,
});
const directoryOf = (name: string): string => mkdtempSync(join(scratch, name));
const answers = async (daemon: Daemon, command: string): Promise<Record<string, unknown>> =>
  (await sendCommand(daemon.controlSocket, command)).arguments as Record<string, unknown>;
const duidIn = (text: string): string[] =>
  [...text.matchAll(/DHCP6_USING_SERVERID server is using server-id ([0-9a-f:]+)/g)].map(([, duid]) => duid!);

test('it starts with the log lines that scripts wait for, and answers about itself as DHCPv6', async () => {
  const directory = directoryOf('start');
  const daemon = await startDaemon({ dhcp6: fileOnly(), directory });
  await daemon.waitFor(/"name":"kea-dhcp6".*DHCP6_STARTED Flotilla DHCPv6 server version \S+ started/);
  assert.ok(existsSync(join(directory, 'kea-leases6.csv')));
  assert.ok((await answers(daemon, 'config-get'))['Dhcp6']);
  assert.equal((await answers(daemon, 'status-get'))['extended-info-tables'], false);
  assert.deepEqual(await sendCommand(daemon.controlSocket, 'lease6-get-all'), {
    result: 3,
    text: '0 IPv6 lease(s) found.',
    arguments: { leases: [] },
  });
  const request = JSON.stringify({ command: 'statistic-get', arguments: { name: 'subnet[1].total-nas' } });
  assert.match(await exchange(daemon.controlSocket, request, 5_000), /\[\[18446744073709551616,/);
  assert.equal(await daemon.stop(), 0);
});

test('it leases an address and a prefix by the lease file, and a reload changes under which DUID', async () => {
  const directory = directoryOf('serve');
  const pdPools = [{ prefix: '2001:db8:8000::', 'prefix-len': 40, 'delegated-len': 56 }];
  const subnet = {
    id: 1,
    subnet: '2001:db8::/32',
    pools: [{ pool: '2001:db8:1::/64' }],
    'pd-pools': pdPools,
  };
  const config = { ...fileOnly({ subnet6: [subnet] }), 'interfaces-config': { interfaces: ['lo'] } };
  const args = ['-p', '23547'];
  const server = { address: '::1', port: 23_547 };
  const relay = await openSimulatedRelay({ family: 6, address: '::1', timeout: 1_000 });
  const client = {
    hwaddr: Uint8Array.of(2, 0, 0, 0, 9, 1),
    iaNa: [1],
    iaPd: [2],
    linkAddress: parseIpv6('2001:db8::1'),
  };
  const serverId = async (): Promise<string | undefined> => {
    const advertise = await relay.discover({ ...client, hwaddr: Uint8Array.of(2, 0, 0, 0, 9, 2) }, server);
    const duid = advertise?.options.get(2);
    return duid && formatHex(duid);
  };
  const first = await startDaemon({ dhcp6: config, directory, args });
  try {
    const [made] = duidIn(first.log());
    assert.equal(await serverId(), made);
    const { addresses, prefixes } = await relay.bind(client, server);
    assert.equal(addresses.length, 1);
    const of = (address: bigint, type: string) =>
      sendCommand(first.controlSocket, 'lease6-get', { 'ip-address': formatIpv6(address), type });
    assert.equal((await of(addresses[0]!.address, 'IA_NA')).result, 0);
    assert.equal((await of(prefixes[0]!.prefix, 'IA_PD')).result, 0);
    const statistics = (await answers(first, 'statistic-get-all')) as Record<string, [[unknown]]>;
    const now = (name: string): unknown => statistics[name]![0][0];
    assert.deepEqual(
      ['assigned-nas', 'assigned-pds', 'pkt6-request-received', 'pkt6-advertise-sent', 'pkt6-reply-sent'].map(
        now,
      ),
      [1, 1, 1, 2, 1],
    );
    first.writeConfig({ ...config, 'server-id': { type: 'EN', 'enterprise-id': 5 } });
    first.process.kill('SIGHUP');
    const changed = made!.replace('09:bf', '00:05');
    await first.waitFor(new RegExp(`server-id ${changed}`));
    assert.equal(await serverId(), changed);
    await first.stop('SIGKILL');

    const second = await startDaemon({ dhcp6: config, directory, args });
    const leases = await sendCommand(second.controlSocket, 'lease6-get-all');
    assert.equal(leases.text, '2 IPv6 lease(s) found.');
    assert.equal(await second.stop(), 0);
  } finally {
    await relay.close();
    await first.stop('SIGKILL');
  }
});

test('it keeps its DUID over restarts, takes another server-id on reload, and refuses to forget who it is', async () => {
  const directory = directoryOf('identity');
  const kept = join(directory, 'kea-dhcp6-serverid');
  const first = await startDaemon({ dhcp6: fileOnly(), directory });
  const [made] = duidIn(first.log());
  assert.match(made!, /^00:02:00:00:09:bf(:..){6}$/);
  assert.equal(readFileSync(kept, 'utf8'), made);
  await first.stop();

  const second = await startDaemon({ dhcp6: fileOnly(), directory });
  assert.deepEqual(duidIn(second.log()), [made]);
  second.writeConfig(fileOnly({ 'server-id': { type: 'EN', 'enterprise-id': 5 } }));
  second.process.kill('SIGHUP');
  await second.waitFor(/DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS dynamic server reconfiguration succeeded/);
  const changed = made!.replace('09:bf', '00:05');
  await second.waitFor(new RegExp(`DHCP6_USING_SERVERID server is using server-id ${changed}`));
  second.writeConfig(fileOnly({ 'data-directory': join(directory, 'missing') }));
  second.process.kill('SIGHUP');
  await second.waitFor(/FLOTILLA_SERVERID_REFUSED.*cannot be written/);
  assert.equal(readFileSync(kept, 'utf8'), changed);
  assert.equal(await second.stop(), 0);

  const third = launchDaemon({
    dhcp6: fileOnly({ 'data-directory': join(directory, 'missing') }),
    directory,
  });
  await third.waitFor(/DHCP6_INIT_FAIL failed to initialize.*cannot be written/);
  assert.equal(await third.ended(), 1);
  await third.stop();
});

test('a reload with a bad file changes nothing and says where', async () => {
  const daemon = await startDaemon({ dhcp6: fileOnly() });
  daemon.writeConfig(
    fileOnly({ subnet6: [{ id: 1, subnet: '2001:db8::/32', pools: [{ pool: '::1 - ::2' }] }] }),
  );
  daemon.process.kill('SIGHUP');
  await daemon.waitFor(/DHCP6_DYNAMIC_RECONFIGURATION_FAIL.*is not inside the subnet/);
  const { Dhcp6 } = (await answers(daemon, 'config-get')) as { Dhcp6: { subnet6: { pools: unknown[] }[] } };
  assert.deepEqual(Dhcp6.subnet6[0]!.pools, [{ pool: '2001:db8:1::/64' }]);
  assert.equal(await daemon.stop(), 0);
});

test(
  'it follows the central configuration, counts the leases of the database, and tells libraries and the fleet',
  { timeout: 60_000 },
  async () => {
    const database = await createTestDatabase();
    const library = join(scratch, 'watcher.mjs');
    writeFileSync(
      library,
      `export function load(handle) {
         handle.register('dhcp6_srv_configured', ({ json_config }) =>
           handle.log.info('WATCHER', 'configured with ' + json_config.subnet6?.length));
         handle.register('cb6_updated', ({ audit_entries }) =>
           handle.log.info('WATCHER', 'updated ' + audit_entries.map((entry) => entry.object_type)));
       }`,
    );
    await database.pool.query(`
      INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (7, '2001:db8:7::/48');
      INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (7, 1);
      INSERT INTO dhcp6_pd_pool (subnet_id, prefix, prefix_length, delegated_prefix_length, excluded_prefix_length)
        VALUES (7, '2001:db8:8000::', 40, 56, 0);
      INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, state)
        VALUES (INET6_ATON('2001:db8:8000::'), X'00010203', 3600, NOW() + INTERVAL 1 HOUR, 7, 1800, 2, 9, 56, 0)`);
    const access = databaseAccess(database.address);
    const daemon = await startDaemon({
      dhcp6: {
        ...fileOnly({ subnet6: [], 'hooks-libraries': [{ library }] }),
        'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 600 },
        'lease-database': access,
        'hosts-database': access,
      },
      args: ['--instance', 'edge6'],
    });
    try {
      await daemon.waitFor(/WATCHER configured with 0/);
      assert.deepEqual(
        (
          await sendCommand(daemon.controlSocket, 'lease6-get', {
            'ip-address': '2001:db8:8000::',
            type: 'IA_PD',
          })
        ).result,
        0,
      );
      const statistics = (await answers(daemon, 'statistic-get-all')) as Record<string, [[unknown]]>;
      assert.equal(statistics['subnet[7].pd-pool[0].assigned-pds']![0][0], 1);
      assert.equal(statistics['subnet[7].pd-pool[0].total-pds']![0][0], 65_536);

      await database.pool.query('UPDATE dhcp6_subnet SET valid_lifetime = 600 WHERE subnet_id = 7');
      assert.equal((await sendCommand(daemon.controlSocket, 'config-backend-pull')).result, 0);
      await daemon.waitFor(/WATCHER updated dhcp6_subnet/);
      await pause(100);
      const [servers] = await database.pool.query(
        "SELECT family, state FROM fleet_server WHERE instance = 'edge6'",
      );
      assert.deepEqual(JSON.parse(JSON.stringify(servers)), [{ family: 6, state: 'serving' }]);
    } finally {
      assert.equal(await daemon.stop(), 0);
      await database.drop();
    }
  },
);
