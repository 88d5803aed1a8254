// Reservations of DHCPv6 clients in the tables that cannot work are reported with their reason; fixing the row clears it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PoolConnection } from 'mysql2/promise';
import { findBadReservations } from '../../src/backend/reservation-check.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { load6, subnet6 } from '../config/parts6.ts';

let database: TestDatabase;
let connection: PoolConnection;
before(async () => {
  database = await createTestDatabase();
  connection = await database.pool.getConnection();
  await connection.query(`
    INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix) VALUES (1, '2001:db8:0:1::/64'), (2, '2001:db8:0:2::/64'), (3, '2001:db8:0:3::/64');
    INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (77, '10.0.77.0/24')`);
});
after(async () => {
  connection.release();
  await database.drop();
});

async function insert(id: number, subnet: number, addresses: readonly string[], more = ''): Promise<void> {
  await connection.query(
    `INSERT INTO hosts SET host_id = ${id}, dhcp_identifier = X'000300010${id}', dhcp_identifier_type = 1, dhcp6_subnet_id = ${subnet}${more}`,
  );
  for (const text of addresses) {
    const [address, length] = text.split('/');
    await connection.query(
      `INSERT INTO ipv6_reservations SET host_id = ${id}, address = INET6_ATON('${address}'), ` +
        `type = ${length === undefined ? 0 : 2}, prefix_len = ${length ?? 128}`,
    );
  }
}

async function said(shared = false): Promise<string[]> {
  const scope = load6({ subnet6: [subnet6(1), subnet6(2)], 'ip-reservations-unique': !shared });
  const found = await findBadReservations(connection, scope);
  return found.map(({ objectKey, reason }) => `${objectKey}: ${reason}`).sort();
}

test('addresses outside their subnet, addresses and prefixes twice, subnets and classes that are none', async () => {
  await insert(1, 1, ['2001:db8:0:1::7', '2001:db9::/48']);
  await insert(2, 1, ['2001:db8:0:2::7', '2001:db8:0:1::8', 'fe80::1']);
  await insert(3, 1, ['2001:db8:0:1::7', '2001:db9::/56']);
  await insert(4, 2, ['2001:db9::/48'], `, dhcp6_client_classes = '["homes"]'`);
  await insert(5, 77, []);
  await insert(6, 3, ['2001:db8:0:9::1']);
  await insert(7, 1, ['2001:db9::/48']);
  await insert(8, 0, ['2001:db8:0:9::1'], ", dhcp6_client_classes = 'homes, office'");
  const twice = [
    '3 duid 00:03:00:01:03: duplicate reservation: 2001:db8:0:1::7 is reserved by host 1 already',
    '7 duid 00:03:00:01:07: duplicate reservation: 2001:db9::/48 is reserved by host 1 already',
  ];
  const others = [
    '2 duid 00:03:00:01:02: the reserved address 2001:db8:0:2::7 is not inside the subnet 2001:db8:0:1::/64: it is not used; ' +
      'the reserved address fe80::1 is not inside the subnet 2001:db8:0:1::/64: it is not used',
    `4 duid 00:03:00:01:04: '["homes"]' is not a list of class names with commas between them: no class is used`,
    '5 duid 00:03:00:01:05: there is no subnet 77',
  ];
  assert.deepEqual(await said(), [...twice, ...others].sort());
  assert.deepEqual(await said(true), others);

  await connection.query('DELETE FROM hosts WHERE host_id IN (2, 3, 4, 5, 7)');
  assert.deepEqual(await said(), []);
});

test('a reservation of a DHCPv4 client is none of ours', async () => {
  await connection.query(
    "INSERT INTO hosts SET host_id = 9, dhcp_identifier = '', dhcp_identifier_type = 0, dhcp4_subnet_id = 5, ipv4_address = 1",
  );
  assert.deepEqual(await said(), []);
});
