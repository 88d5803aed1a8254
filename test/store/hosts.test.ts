// Host stores: the contract on file and database, host options, and several stores as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'mysql2/promise';
import { silentLogger } from '../../src/log.ts';
import { chainHostStores, createFileHostStore } from '../../src/store/file-hosts.ts';
import { hostIdentifierType, type Host } from '../../src/store/host-store.ts';
import { openMysqlHostStore } from '../../src/store/mysql/hosts.ts';
import { standardDefinitions } from '../../src/wire/definitions.ts';
import { createTestDatabase } from '../support/database.ts';
import { contractHosts, host, hostStoreContract } from './host-store-contract.ts';

async function insertHost(pool: Pool, row: Host): Promise<number> {
  const [result] = await pool.query(
    `INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname,
       dhcp4_client_classes, dhcp4_next_server, dhcp4_server_hostname, dhcp4_boot_file_name, user_context)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      Buffer.from(row.identifier.value),
      hostIdentifierType[row.identifier.type],
      row.subnetId,
      row.address4 || null,
      row.hostname || null,
      row.clientClasses.join(',') || null,
      row.nextServer || null,
      row.serverHostname || null,
      row.bootFileName || null,
      row.userContext ? JSON.stringify(row.userContext) : null,
    ],
  );
  return (result as { insertId: number }).insertId;
}

const deps = { logger: silentLogger, random: Math.random, definitions: () => standardDefinitions(4) };

hostStoreContract('file', (hosts) => Promise.resolve(createFileHostStore(() => hosts)));

hostStoreContract('database', async (hosts) => {
  const database = await createTestDatabase();
  for (const row of hosts) await insertHost(database.pool, row);
  const store = openMysqlHostStore({ family: 4, address: database.address }, deps);
  return {
    find: (query) => store.find(query),
    async close() {
      await store.close();
      await database.drop();
    },
  };
});

test('host options come with the host, and a bad one is left out and counted', async () => {
  const database = await createTestDatabase();
  const hostId = await insertHost(database.pool, contractHosts[0]!);
  const option = (columns: Record<string, unknown>): Promise<unknown> =>
    database.pool.query('INSERT INTO dhcp4_options SET ?', [{ scope_id: 3, host_id: hostId, ...columns }]);
  await option({ code: 6, formatted_value: '192.0.2.1, 192.0.2.2', space: 'dhcp4', persistent: 1 });
  await option({ code: 3, formatted_value: 'not an address', space: 'dhcp4' });
  await option({
    code: 200,
    value: Buffer.from('0a0b', 'hex'),
    space: 'dhcp4',
    client_classes: '["x"]',
    cancelled: 1,
  });
  const store = openMysqlHostStore({ family: 4, address: database.address }, deps);
  const { byIdentifier } = await store.find({
    identifiers: [contractHosts[0]!.identifier],
    subnetIds: [1],
    addresses: [contractHosts[0]!.address4],
  });
  const options = byIdentifier[0]!.options.map(({ code, data, alwaysSend, neverSend, clientClasses }) => ({
    code,
    data: Buffer.from(data).toString('hex'),
    alwaysSend,
    neverSend,
    clientClasses,
  }));
  assert.deepEqual(options, [
    { code: 6, data: 'c0000201c0000202', alwaysSend: true, neverSend: false, clientClasses: [] },
    { code: 200, data: '0a0b', alwaysSend: false, neverSend: true, clientClasses: ['x'] },
  ]);
  assert.equal(store.badOptions, 1);
  await store.close();
  await database.drop();
});

test('the file is indexed anew when the configuration brings another list', async () => {
  let hosts = [host({ hostname: 'old' })];
  const store = createFileHostStore(() => hosts);
  const query = { identifiers: [host({}).identifier], subnetIds: null, addresses: [] };
  assert.equal((await store.find(query)).byIdentifier[0]!.hostname, 'old');
  hosts = [host({ hostname: 'new' })];
  assert.equal((await store.find(query)).byIdentifier[0]!.hostname, 'new');
});

test('of several stores the first one’s reservation counts, and a store that fails fails the lookup', async () => {
  const first = createFileHostStore(() => [host({ hostname: 'first' })]);
  const second = createFileHostStore(() => [
    host({ hostname: 'second' }),
    host({ hostname: 'only here', subnetId: 9 }),
  ]);
  const chain = chainHostStores([first, second]);
  const query = { identifiers: [host({}).identifier], subnetIds: null, addresses: [] };
  const { byIdentifier } = await chain.find(query);
  assert.deepEqual(
    byIdentifier.map(({ hostname }) => hostname),
    ['first', 'only here'],
  );
  await chain.close();
  await assert.rejects(chain.find(query), { code: 'STORE_CLOSED' });
});
