// An edge with the host cache: an SQL edit of `hosts` reaches clients with the next poll, also when the answer was cached.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { openSimulatedRelay } from '../../src/tools/simulated-relay.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { databaseAccess, startDaemon } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';

const port = 21_472;

test('a reservation that was cached as absent counts after a poll, and its statistics are there', async () => {
  const database = await createTestDatabase();
  after(() => database.drop());
  await database.pool.query(`
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay, valid_lifetime) VALUES (7, '10.7.0.0/24', '["127.0.0.1"]', 3600);
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (7, 1);
    INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (7, INET_ATON('10.7.0.10'), INET_ATON('10.7.0.99'))`);
  const access = databaseAccess(database.address);
  const edge = await startDaemon({
    dhcp4: {
      'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
      'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 600 },
      'lease-database': { type: 'memfile', persist: false },
      'hosts-database': access,
      'hooks-libraries': [{ library: 'libdhcp_host_cache.so', parameters: { maximum: 1000 } }],
    },
    args: ['-p', String(port), '--instance', 'edge-host-cache'],
  });
  after(() => edge.stop('SIGKILL'));
  const relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 1_500 });
  after(() => relay.close());
  const bind = async (): Promise<string> => {
    const client = { hwaddr: Uint8Array.of(2, 0x5e, 0, 0, 0, 1) };
    return formatIpv4((await relay.bind(client, { address: '127.0.0.1', port })).address);
  };
  const counted = async (event: string): Promise<number> => {
    const name = `flotilla-host-cache-${event}`;
    const { arguments: statistics } = await sendCommand(edge.controlSocket, 'statistic-get', { name });
    return (statistics as Record<string, [number, string][]>)[name]?.[0]?.[0] ?? 0;
  };
  const dynamic = await bind();
  await database.pool.query(
    "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) VALUES (X'025E00000001', 0, 7, INET_ATON('10.7.0.200'))",
  );
  assert.equal(await bind(), dynamic, 'cached');
  assert.ok((await counted('miss')) > 0);
  assert.equal((await sendCommand(edge.controlSocket, 'config-backend-pull')).result, 0);
  assert.equal(await bind(), '10.7.0.200');
  assert.ok((await counted('clear')) > 0);
});
