// The same DHCPv6 configuration from a file and from rows resolves to the same snapshot, to the hash of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fetchConfig } from '../../src/backend/fetch.ts';
import { buildSnapshot } from '../../src/config/build.ts';
import { checkConfig } from '../../src/config/load.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import type { PoolBase, Snapshot } from '../../src/config/snapshot.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const option = (code: number, data: string, more = {}) => ({
  space: 'dhcp6',
  code,
  'csv-format': true,
  data,
  ...more,
});

const inFile = {
  'valid-lifetime': 4000,
  'preferred-lifetime': 3000,
  'rebind-timer': 2000,
  'renew-timer': 1000,
  'pd-allocator': 'random',
  'host-reservation-identifiers': ['duid', 'flex-id'],
  'server-id': { type: 'EN', 'enterprise-id': 4711, identifier: '00AB', persist: false },
  compatibility: { 'lenient-option-parsing': true },
  'option-def': [{ name: 'own', code: 4711, space: 'dhcp6', type: 'uint16' }],
  'option-data': [option(23, '2001:db8::53'), option(4711, '7')],
  'client-classes': [
    {
      name: 'homes',
      test: 'option[16].exists',
      'only-in-additional-list': false,
      'min-preferred-lifetime': 10,
      'preferred-lifetime': 20,
      'max-preferred-lifetime': 30,
      'option-data': [option(24, 'homes.example')],
    },
  ],
  'shared-networks': [
    {
      name: 'floor',
      'interface-id': '0x00ff',
      'rapid-commit': true,
      'pd-allocator': 'iterative',
      'option-data': [option(31, '2001:db8::123')],
      subnet6: [
        {
          id: 2,
          subnet: '2001:db8:2::/64',
          relay: { 'ip-addresses': ['2001:db8:2::1'] },
          pools: [
            {
              pool: '2001:db8:2::10 - 2001:db8:2::ff',
              'client-classes': ['homes'],
              'option-data': [option(22, '2001:db8::60')],
            },
          ],
        },
      ],
    },
  ],
  subnet6: [
    {
      id: 1,
      subnet: '2001:db8:1::/48',
      'interface-id': 'vlan7',
      'min-valid-lifetime': 100,
      'valid-lifetime': 200,
      'max-valid-lifetime': 300,
      'cache-threshold': 0.25,
      'ddns-qualifying-suffix': 'example.org',
      'user-context': { site: 'west' },
      'evaluate-additional-classes': ['homes'],
      'option-data': [option(7, '9', { 'always-send': true })],
      'pd-pools': [
        {
          prefix: '2001:db8:8000::',
          'prefix-len': 40,
          'delegated-len': 56,
          'excluded-prefix': '2001:db8:8000:1::',
          'excluded-prefix-len': 64,
          'client-classes': ['homes'],
          'user-context': { kind: 'home' },
          'option-data': [option(23, '2001:db8::54')],
        },
        { prefix: '2001:db9::', 'prefix-len': 48, 'delegated-len': 48 },
      ],
    },
  ],
};

const asRows = `
  INSERT INTO dhcp6_global_parameter (id, name, value, parameter_type) VALUES
    (1, 'valid-lifetime', '4000', 0), (2, 'preferred-lifetime', '3000', 0), (3, 'rebind-timer', '2000', 0),
    (4, 'renew-timer', '1000', 0), (5, 'pd-allocator', 'random', 4),
    (6, 'host-reservation-identifiers', '[ "duid", "flex-id" ]', 4),
    (7, 'server-id.type', 'EN', 4), (8, 'server-id.enterprise-id', '4711', 0), (9, 'server-id.identifier', '00AB', 4),
    (10, 'server-id.persist', '0', 2), (11, 'compatibility.lenient-option-parsing', '1', 2);
  INSERT INTO dhcp6_global_parameter_server (parameter_id, server_id) SELECT id, 1 FROM dhcp6_global_parameter;
  INSERT INTO dhcp6_option_def (id, code, name, space, type, is_array, encapsulate)
    VALUES (1, 4711, 'own', 'dhcp6', 7, 0, '');
  INSERT INTO dhcp6_option_def_server (option_def_id, server_id) VALUES (1, 1);
  INSERT INTO dhcp6_client_class (id, name, test, min_preferred_lifetime, preferred_lifetime, max_preferred_lifetime)
    VALUES (1, 'homes', 'option[16].exists', 10, 20, 30);
  INSERT INTO dhcp6_client_class_server (class_id, server_id) VALUES (1, 1);
  INSERT INTO dhcp6_shared_network (id, name, interface_id, rapid_commit, pd_allocator)
    VALUES (1, 'floor', x'00ff', 1, 'iterative');
  INSERT INTO dhcp6_shared_network_server (shared_network_id, server_id) VALUES (1, 1);
  INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, interface_id, min_valid_lifetime, valid_lifetime,
    max_valid_lifetime, cache_threshold, ddns_qualifying_suffix, user_context, evaluate_additional_classes,
    shared_network_name, relay) VALUES
    (1, '2001:db8:1::/48', 'vlan7', 100, 200, 300, 0.25, 'example.org', '{ "site": "west" }', '[ "homes" ]', NULL, NULL),
    (2, '2001:db8:2::/64', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'floor', '[ "2001:db8:2::1" ]');
  INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1);
  INSERT INTO dhcp6_pool (id, start_address, end_address, subnet_id, client_classes)
    VALUES (1, '2001:db8:2::10', '2001:db8:2::ff', 2, '[ "homes" ]');
  INSERT INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix,
    excluded_prefix_length, client_classes, user_context) VALUES
    (1, '2001:db8:8000::', 40, 56, 1, '2001:db8:8000:1::', 64, '[ "homes" ]', '{ "kind": "home" }'),
    (2, '2001:db9::', 48, 48, 1, NULL, 0, NULL, NULL);
  INSERT INTO dhcp6_options (option_id, code, formatted_value, space, persistent, scope_id, dhcp6_subnet_id,
    dhcp_client_class, shared_network_name, pool_id, pd_pool_id) VALUES
    (1, 23, '2001:db8::53', 'dhcp6', 0, 0, NULL, NULL, NULL, NULL, NULL),
    (2, 4711, '7', 'dhcp6', 0, 0, NULL, NULL, NULL, NULL, NULL),
    (3, 7, '9', 'dhcp6', 1, 1, 1, NULL, NULL, NULL, NULL),
    (4, 24, 'homes.example', 'dhcp6', 0, 2, NULL, 'homes', NULL, NULL, NULL),
    (5, 31, '2001:db8::123', 'dhcp6', 0, 4, NULL, NULL, 'floor', NULL, NULL),
    (6, 22, '2001:db8::60', 'dhcp6', 0, 5, NULL, NULL, NULL, 1, NULL),
    (7, 23, '2001:db8::54', 'dhcp6', 0, 6, NULL, NULL, NULL, NULL, 1);
  INSERT INTO dhcp6_options_server (option_id, server_id) VALUES (1, 1), (2, 1)`;

async function fetchParts(): Promise<ConfigParts> {
  const connection = await database.pool.getConnection();
  try {
    return (await fetchConfig(connection, { family: 6, serverTag: '' }, null)).fetched.parts;
  } finally {
    connection.release();
  }
}

const build = (parts: ConfigParts): Snapshot =>
  buildSnapshot(parts, null, { mode: 'strict', epoch: null }).snapshot;

const withoutRow = <P extends PoolBase>({ rowId: _, ...pool }: P): Omit<P, 'rowId'> => pool;

/** What serves, without row numbers and without functions, which are never equal. */
function comparable({ subnets, networks, classes, ...snapshot }: Snapshot): unknown {
  return {
    globals: snapshot.globals,
    parameters: snapshot.parameters,
    options: snapshot.options,
    written: snapshot.written,
    subnets: [...subnets.values()].map((subnet) => ({
      ...subnet,
      pools: subnet.pools.map(withoutRow),
      pdPools: subnet.pdPools.map(withoutRow),
    })),
    networks: [...networks.values()].map((network) => ({
      ...network,
      subnets: network.subnets.map(({ id }) => id),
    })),
    classes: classes.map(({ test: expression, ...rest }) => ({ ...rest, test: expression?.text })),
  };
}

test('what is written in a file and what stands in rows is one configuration', async () => {
  await database.pool.query(asRows);
  const fromFile = build(checkConfig({ Dhcp6: inFile }, 6).parts);
  const fromRows = build(await fetchParts());
  assert.deepEqual(comparable(fromRows), comparable(fromFile));
  assert.equal(fromRows.hash, fromFile.hash);
  // Proof that the comparison sees something.
  assert.equal(fromRows.subnets.get(1)!.pdPools[0]!.excluded!.length, 64);
  assert.equal(fromRows.index.byInterfaceId(Uint8Array.of(0, 255), () => true)?.id, 2);
});
