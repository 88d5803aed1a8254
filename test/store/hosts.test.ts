// Host stores: the contract on file and database, host options, and several stores as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'mysql2/promise';
import type { Family } from '../../src/addr/family.ts';
import { ipv6Bytes, parseIpv6 } from '../../src/addr/ipv6.ts';
import { silentLogger } from '../../src/log.ts';
import { chainHostStores, createFileHostStore } from '../../src/store/file-hosts.ts';
import { hostIdentifierType, type Host, type HostIdentifier } from '../../src/store/host-store.ts';
import { openMysqlHostStore } from '../../src/store/mysql/hosts.ts';
import { standardDefinitions } from '../../src/wire/definitions.ts';
import { createDatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase } from '../support/database.ts';
import { address6, contractHosts, host, hostStoreContract } from './host-store-contract.ts';

async function insertHost(pool: Pool, row: Host, family: Family = 4): Promise<number> {
  const { identifier, addresses6 } = row;
  const [result] = await pool.query('INSERT INTO hosts SET ?', [
    {
      dhcp_identifier: Buffer.from(identifier.value),
      dhcp_identifier_type: hostIdentifierType[identifier.type],
      [`dhcp${family}_subnet_id`]: row.subnetId,
      ipv4_address: row.address4 || null,
      hostname: row.hostname || null,
      [`dhcp${family}_client_classes`]: row.clientClasses.join(',') || null,
      dhcp4_next_server: row.nextServer || null,
      dhcp4_server_hostname: row.serverHostname || null,
      dhcp4_boot_file_name: row.bootFileName || null,
      user_context: row.userContext ? JSON.stringify(row.userContext) : null,
    },
  ]);
  const hostId = (result as { insertId: number }).insertId;
  for (const { address, prefixLength, type, excluded } of addresses6)
    await pool.query('INSERT INTO ipv6_reservations SET ?', [
      {
        address: Buffer.from(ipv6Bytes(address)),
        prefix_len: prefixLength,
        type,
        host_id: hostId,
        ...(excluded && {
          excluded_prefix: Buffer.from(ipv6Bytes(excluded.prefix)),
          excluded_prefix_len: excluded.length,
        }),
      },
    ]);
  return hostId;
}

const deps = { logger: silentLogger, random: Math.random, definitions: () => standardDefinitions(4) };
const deps6 = { ...deps, definitions: () => standardDefinitions(6) };

for (const family of [4, 6] as const) {
  hostStoreContract('file', family, (hosts) => Promise.resolve(createFileHostStore(() => hosts)));

  hostStoreContract('database', family, async (hosts) => {
    const database = await createTestDatabase();
    for (const row of hosts) await insertHost(database.pool, row, family);
    const store = openMysqlHostStore({ family, address: database.address }, family === 4 ? deps : deps6);
    return {
      find: (query) => store.find(query),
      async close() {
        await store.close();
        await database.drop();
      },
    };
  });
}

test('a row that both protocols use is one host to each: address and classes of the other do not show', async () => {
  const database = await createTestDatabase();
  const both = contractHosts(6)[0]!;
  const hostId = await insertHost(database.pool, { ...both, address4: 7 }, 6);
  await database.pool.query("UPDATE hosts SET dhcp4_subnet_id = 9, dhcp4_client_classes = 'x'");
  const query = { identifiers: [both.identifier], subnetIds: null, addresses: [] };
  const of6 = openMysqlHostStore({ family: 6, address: database.address }, deps6);
  const of4 = openMysqlHostStore({ family: 4, address: database.address }, deps);
  assert.deepEqual((await of6.find(query)).byIdentifier, [{ ...both, hostId }]);
  assert.deepEqual((await of4.find(query)).byIdentifier, [
    { ...both, hostId, subnetId: 9, address4: 7, addresses6: [], clientClasses: ['x'] },
  ]);
  await Promise.all([of4.close(), of6.close()]);
  await database.drop();
});

test('of several hosts with one address or prefix in a subnet the lowest row keeps it, unless they may share it', async () => {
  const database = await createTestDatabase();
  const [shared, own] = [parseIpv6('2001:db8::7'), parseIpv6('2001:db8::8')];
  const client = (n: number): HostIdentifier => ({ type: 'duid', value: Uint8Array.of(0, 3, 0, 1, n) });
  const prefix = (prefixLength: number) =>
    ({ address: shared, prefixLength, type: 2, excluded: null }) as const;
  const rows = [
    host({ identifier: client(1), addresses6: [address6(shared), prefix(56)] }),
    host({ identifier: client(2), addresses6: [address6(own), address6(shared)] }),
    host({ identifier: client(3), addresses6: [prefix(56), prefix(60)] }),
    host({ identifier: client(4), subnetId: 2, addresses6: [address6(shared)] }),
  ];
  // Nobody can be this one, so it keeps nothing.
  const nobody = await insertHost(database.pool, rows[0]!, 6);
  await database.pool.query("UPDATE hosts SET dhcp_identifier = '' WHERE host_id = ?", [nobody]);
  for (const row of rows) await insertHost(database.pool, row, 6);
  let addressesUnique = true;
  const store = openMysqlHostStore(
    { family: 6, address: database.address },
    { ...deps6, addressesUnique: () => addressesUnique },
  );
  const reserved = async (): Promise<Host['addresses6'][]> => {
    const identifiers = rows.map(({ identifier }) => identifier);
    const { byIdentifier } = await store.find({ identifiers, subnetIds: null, addresses: [] });
    return byIdentifier.map(({ addresses6 }) => addresses6);
  };
  const owners = async (): Promise<number[]> => {
    const { byAddress } = await store.find({ identifiers: [], subnetIds: [1], addresses: [shared] });
    return byAddress.map(({ identifier }) => identifier.value.at(-1)!).sort();
  };
  assert.deepEqual(await reserved(), [
    rows[0]!.addresses6,
    [address6(own)],
    [prefix(60)],
    rows[3]!.addresses6,
  ]);
  assert.deepEqual(await owners(), [1, 3]);
  addressesUnique = false;
  assert.deepEqual(
    await reserved(),
    rows.map(({ addresses6 }) => addresses6),
  );
  assert.deepEqual(await owners(), [1, 2, 3]);
  await store.close();
  await database.drop();
});

test('host options come with the host, and a bad one is left out and counted', async () => {
  const database = await createTestDatabase();
  const hostId = await insertHost(database.pool, contractHosts(4)[0]!);
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
    identifiers: [contractHosts(4)[0]!.identifier],
    subnetIds: [1],
    addresses: [contractHosts(4)[0]!.address4],
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

test('as many lookups as wait travel together, and so distance costs few round trips', async () => {
  const database = await createTestDatabase();
  const proxy = await createDatabaseProxy(database.address);
  const store = openMysqlHostStore({ family: 4, address: proxy.address }, deps);
  const lookups = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        store.find({
          identifiers: [{ type: 'hw-address', value: Uint8Array.of(2, 0, 0, 0, n >> 8, n & 255) }],
          subnetIds: null,
          addresses: [],
        }),
      ),
    );
  await lookups(1);
  const before = proxy.roundTrips;
  const found = await lookups(4_000);
  assert.equal(found.length, 4_000);
  assert.equal(proxy.roundTrips - before, 2);
  await store.close();
  await proxy.close();
  await database.drop();
});
