// Rows of every configuration table become the JSON that a configuration file would hold.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { emptyParts } from '../../src/backend/fetched.ts';
import { fetchConfig } from '../../src/backend/fetch.ts';
import type { Family } from '../../src/addr/family.ts';
import type { ConfigParts, WrittenObject } from '../../src/config/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

async function fetchParts(family: Family, serverTag = ''): Promise<ConfigParts> {
  const connection = await database.pool.getConnection();
  try {
    return (await fetchConfig(connection, { family, serverTag }, null)).fetched.parts;
  } finally {
    connection.release();
  }
}

const json = (objects: readonly WrittenObject[]): unknown[] => objects.map((object) => object.json);

test('a database without configuration gives no parts, and they are of the family asked for', async () => {
  for (const family of [4, 6] as const) assert.deepEqual(await fetchParts(family), emptyParts(family));
});

test('DHCPv4: a subnet with every column, its pools and their options', async () => {
  await database.pool.query(`
    INSERT INTO dhcp4_shared_network (id, name, interface, relay, renew_timer, t2_percent, ddns_send_updates, user_context)
      VALUES (4, 'Campus', 'eth1', '[ "10.0.0.1" ]', 900, 0.875, 1, '{ "floor": 2 }');
    INSERT INTO dhcp4_shared_network_server (shared_network_id, server_id) VALUES (4, 1);
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, 4o6_interface, 4o6_interface_id, 4o6_subnet, boot_file_name,
      client_classes, interface, match_client_id, next_server, rebind_timer, relay, renew_timer,
      evaluate_additional_classes, server_hostname, shared_network_name, user_context, valid_lifetime, authoritative,
      calculate_tee_times, t1_percent, t2_percent, min_valid_lifetime, max_valid_lifetime, ddns_send_updates,
      ddns_override_no_update, ddns_override_client_update, ddns_replace_client_name, ddns_generated_prefix,
      ddns_qualifying_suffix, reservations_global, reservations_in_subnet, reservations_out_of_pool, cache_threshold,
      cache_max_age, offer_lifetime, allocator, ddns_ttl_percent, ddns_ttl, ddns_ttl_min, ddns_ttl_max)
    VALUES (7, '192.0.2.0/24', 'ens3', 'id', '2001:db8::/64', 'boot.img', '[ "a", "b" ]', 'eth0', 1,
      INET_ATON('192.0.2.250'), 2000, '[ "192.0.2.1", "192.0.2.2" ]', 1000, '[ "c" ]', 'host.example', 'CAMPUS',
      '{ "site": "west" }', 3600, 0, 1, 0.3, 0.7, 1800, 7200, 0, 1, 0, 2, 'dyn', 'example.org', 1, 0, 1, 0.25, 600,
      30, 'random', 0.5, 100, 60, 200);
    INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (7, 1);
    INSERT INTO dhcp4_pool (id, start_address, end_address, subnet_id, client_classes, user_context) VALUES
      (72, INET_ATON('192.0.2.100'), INET_ATON('192.0.2.110'), 7, NULL, NULL),
      (71, INET_ATON('192.0.2.10'), INET_ATON('192.0.2.20'), 7, '[ "a" ]', '{ "vip": true }');
    INSERT INTO dhcp4_options (option_id, code, value, formatted_value, space, persistent, cancelled, scope_id,
      dhcp4_subnet_id, pool_id, shared_network_name, user_context, client_classes) VALUES
      (1, 3, NULL, '192.0.2.1', 'dhcp4', 1, 0, 1, 7, NULL, NULL, NULL, '[ ]'),
      (2, 43, x'01026869', NULL, 'dhcp4', 0, 0, 5, NULL, 71, NULL, '{ "note": "raw" }', '[ "a" ]'),
      (3, 6, NULL, '192.0.2.53', NULL, 0, 1, 4, NULL, NULL, 'Campus', NULL, '[ ]')`);
  const { subnets, networks } = await fetchParts(4);
  assert.deepEqual(json(networks), [
    {
      name: 'Campus',
      interface: 'eth1',
      relay: { 'ip-addresses': ['10.0.0.1'] },
      'renew-timer': 900,
      't2-percent': 0.875,
      'ddns-send-updates': true,
      'user-context': { floor: 2 },
      'option-data': [
        {
          space: 'dhcp4',
          code: 6,
          'csv-format': true,
          data: '192.0.2.53',
          'never-send': true,
          metadata: { 'row-id': 3 },
        },
      ],
    },
  ]);
  assert.deepEqual(subnets[0]?.origin, { kind: 'database', rowId: 7 });
  assert.deepEqual(json(subnets), [
    {
      id: 7,
      subnet: '192.0.2.0/24',
      '4o6-interface': 'ens3',
      '4o6-interface-id': 'id',
      '4o6-subnet': '2001:db8::/64',
      'boot-file-name': 'boot.img',
      'client-classes': ['a', 'b'],
      interface: 'eth0',
      'match-client-id': true,
      'next-server': '192.0.2.250',
      'rebind-timer': 2000,
      relay: { 'ip-addresses': ['192.0.2.1', '192.0.2.2'] },
      'renew-timer': 1000,
      'evaluate-additional-classes': ['c'],
      'server-hostname': 'host.example',
      'shared-network-name': 'Campus',
      'user-context': { site: 'west' },
      'valid-lifetime': 3600,
      authoritative: false,
      'calculate-tee-times': true,
      't1-percent': 0.3,
      't2-percent': 0.7,
      'min-valid-lifetime': 1800,
      'max-valid-lifetime': 7200,
      'ddns-send-updates': false,
      'ddns-override-no-update': true,
      'ddns-override-client-update': false,
      'ddns-replace-client-name': 'when-present',
      'ddns-generated-prefix': 'dyn',
      'ddns-qualifying-suffix': 'example.org',
      'reservations-global': true,
      'reservations-in-subnet': false,
      'reservations-out-of-pool': true,
      'cache-threshold': 0.25,
      'cache-max-age': 600,
      'offer-lifetime': 30,
      allocator: 'random',
      'ddns-ttl-percent': 0.5,
      'ddns-ttl': 100,
      'ddns-ttl-min': 60,
      'ddns-ttl-max': 200,
      'option-data': [
        {
          space: 'dhcp4',
          code: 3,
          'csv-format': true,
          data: '192.0.2.1',
          'always-send': true,
          metadata: { 'row-id': 1 },
        },
      ],
      pools: [
        {
          pool: '192.0.2.10 - 192.0.2.20',
          'client-classes': ['a'],
          'user-context': { vip: true },
          metadata: { 'row-id': 71 },
          'option-data': [
            {
              space: 'dhcp4',
              code: 43,
              'csv-format': false,
              data: '01026869',
              'client-classes': ['a'],
              'user-context': { note: 'raw' },
              metadata: { 'row-id': 2 },
            },
          ],
        },
        { pool: '192.0.2.100 - 192.0.2.110', metadata: { 'row-id': 72 } },
      ],
    },
  ]);
});

test('globals have the type their row says, dotted names are maps, the one list is a list', async () => {
  await database.pool.query(`
    INSERT INTO dhcp4_global_parameter (id, name, value, parameter_type) VALUES
      (1, 'valid-lifetime', '7200', 0), (2, 't1-percent', '0.3', 1), (3, 'authoritative', '1', 2),
      (4, 'match-client-id', 'false', 2), (5, 'boot-file-name', '12', 4),
      (6, 'expired-leases-processing.max-reclaim-leases', '50', 0),
      (7, 'expired-leases-processing.hold-reclaimed-time', '60', 0),
      (8, 'host-reservation-identifiers', '[ "hw-address", "flex-id" ]', 4),
      (9, 'renew-timer', 'soon', 0);
    INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id)
      SELECT id, 1 FROM dhcp4_global_parameter`);
  assert.deepEqual((await fetchParts(4)).globals, {
    'valid-lifetime': 7200,
    't1-percent': 0.3,
    authoritative: true,
    'match-client-id': false,
    'boot-file-name': '12',
    'expired-leases-processing': { 'max-reclaim-leases': 50, 'hold-reclaimed-time': 60 },
    'host-reservation-identifiers': ['hw-address', 'flex-id'],
    // Not a number: left as it is for the validator to name.
    'renew-timer': 'soon',
  });
});

test('classes come in evaluation order with their options and definitions; global definitions apart', async () => {
  await database.pool.query(`
    INSERT INTO dhcp4_client_class (id, name, test, next_server, server_hostname, boot_file_name,
      only_in_additional_list, valid_lifetime, min_valid_lifetime, max_valid_lifetime, offer_lifetime, user_context)
    VALUES (1, 'first', 'option[60].exists', INET_ATON('192.0.2.9'), 'tftp', 'x.0', 1, 60, 30, 90, 5, '{ "k": 1 }');
    INSERT INTO dhcp4_client_class (id, name) VALUES (2, 'last');
    INSERT INTO dhcp4_client_class (id, name, follow_class_name) VALUES (3, 'middle', 'first');
    INSERT INTO dhcp4_client_class_server (class_id, server_id) VALUES (1, 1), (2, 1), (3, 1);
    INSERT INTO dhcp4_options (option_id, code, formatted_value, space, scope_id, dhcp_client_class)
      VALUES (20, 66, 'tftp.example', 'dhcp4', 2, 'FIRST');
    INSERT INTO dhcp4_option_def (id, code, name, space, type, is_array, encapsulate, record_types, class_id) VALUES
      (1, 43, 'vendor', 'dhcp4', 0, 0, 'vendor-space', NULL, 1),
      (2, 222, 'pair', 'dhcp4', 254, 1, '', '[ 6, 10 ]', NULL),
      (3, 223, 'nobody', 'dhcp4', 8, 0, '', NULL, NULL);
    INSERT INTO dhcp4_option_def_server (option_def_id, server_id) VALUES (2, 1)`);
  const { classes, optionDefs } = await fetchParts(4);
  assert.deepEqual(json(classes), [
    {
      name: 'first',
      test: 'option[60].exists',
      'next-server': '192.0.2.9',
      'server-hostname': 'tftp',
      'boot-file-name': 'x.0',
      'only-in-additional-list': true,
      'valid-lifetime': 60,
      'min-valid-lifetime': 30,
      'max-valid-lifetime': 90,
      'offer-lifetime': 5,
      'user-context': { k: 1 },
      'option-def': [
        {
          name: 'vendor',
          code: 43,
          space: 'dhcp4',
          type: 'empty',
          encapsulate: 'vendor-space',
          metadata: { 'row-id': 1 },
        },
      ],
      'option-data': [
        { space: 'dhcp4', code: 66, 'csv-format': true, data: 'tftp.example', metadata: { 'row-id': 20 } },
      ],
    },
    { name: 'middle', 'only-in-additional-list': false },
    { name: 'last', 'only-in-additional-list': false },
  ]);
  assert.deepEqual(json(optionDefs), [
    {
      name: 'pair',
      code: 222,
      space: 'dhcp4',
      type: 'record',
      array: true,
      'record-types': 'uint8, ipv4-address',
    },
  ]);
});

test('DHCPv6: prefix pools, text addresses, interface-id and the lifetimes that only it has', async () => {
  await database.pool.query(`
    INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, preferred_lifetime, min_preferred_lifetime,
      max_preferred_lifetime, rapid_commit, interface_id, pd_allocator)
      VALUES (1, '2001:db8:1::/48', 600, 300, 900, 1, 'vlan7', 'random'),
             (2, '2001:db8:2::/48', NULL, NULL, NULL, NULL, x'00ff', NULL),
             (3, '2001:db8:3::/48', NULL, NULL, NULL, NULL, '0x41', NULL);
    INSERT INTO dhcp6_subnet_server (subnet_id, server_id) VALUES (1, 1), (2, 1), (3, 1);
    INSERT INTO dhcp6_pool (id, start_address, end_address, subnet_id)
      VALUES (1, '2001:db8:1::10', '2001:db8:1::ff', 1);
    INSERT INTO dhcp6_pd_pool (id, prefix, prefix_length, delegated_prefix_length, subnet_id, excluded_prefix,
      excluded_prefix_length) VALUES (5, '2001:db8:1:8000::', 49, 64, 1, '2001:db8:1:8000:1::', 72);
    INSERT INTO dhcp6_options (option_id, code, formatted_value, space, scope_id, pd_pool_id)
      VALUES (9, 23, '2001:db8::53', 'dhcp6', 6, 5)`);
  assert.deepEqual(json((await fetchParts(6)).subnets), [
    {
      id: 1,
      subnet: '2001:db8:1::/48',
      'preferred-lifetime': 600,
      'min-preferred-lifetime': 300,
      'max-preferred-lifetime': 900,
      'rapid-commit': true,
      'interface-id': 'vlan7',
      'pd-allocator': 'random',
      pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::ff', metadata: { 'row-id': 1 } }],
      'pd-pools': [
        {
          prefix: '2001:db8:1:8000::',
          'prefix-len': 49,
          'delegated-len': 64,
          'excluded-prefix': '2001:db8:1:8000:1::',
          'excluded-prefix-len': 72,
          metadata: { 'row-id': 5 },
          'option-data': [
            { space: 'dhcp6', code: 23, 'csv-format': true, data: '2001:db8::53', metadata: { 'row-id': 9 } },
          ],
        },
      ],
    },
    { id: 2, subnet: '2001:db8:2::/48', 'interface-id': '0x00ff' },
    // Four characters that would be read as one byte.
    { id: 3, subnet: '2001:db8:3::/48', 'interface-id': '0x30783431' },
  ]);
});

test('what a column cannot mean is passed on as its text', async () => {
  await database.pool.query(
    `UPDATE dhcp4_subnet SET user_context = 'not json', relay = 'nowhere', ddns_replace_client_name = 9`,
  );
  const [subnet] = (await fetchParts(4)).subnets;
  assert.equal(subnet?.json['user-context'], 'not json');
  assert.deepEqual(subnet.json['relay'], { 'ip-addresses': 'nowhere' });
  assert.equal(subnet.json['ddns-replace-client-name'], '9');
});
