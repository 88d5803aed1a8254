// Commands that read leases, over a real UNIX socket. Shapes and texts are those that Kea 3.0.4 answers.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import type { Lease } from '../../src/store/lease.ts';
import { commandFixture } from './command-fixture.ts';
import type { FakeDaemon } from './daemon-fake.ts';

const fixture = await commandFixture();
const { ask, refusal } = fixture;
let daemon: FakeDaemon;

beforeEach(() => {
  daemon = fixture.start(4);
});
after(() => fixture.close());

const lease4 = (address: number, subnetId = 1, extra: Partial<Lease> = {}): Lease =>
  ({
    family: 4,
    address,
    hwaddr: Uint8Array.of(0x1a, 0x1b, 0x1c, 0x1d, 0x1e, address & 255),
    clientId: null,
    relayId: null,
    remoteId: null,
    validLifetime: 7200,
    cltt: 1795225904,
    subnetId,
    poolId: 0,
    fqdnFwd: false,
    fqdnRev: false,
    hostname: '',
    state: 0,
    userContext: null,
    ...extra,
  }) as Lease;

test('lease4-get finds by address, hardware address and client identifier', async () => {
  const first = lease4(0xc000020b, 1, {
    clientId: Uint8Array.of(1, 2, 3, 4),
    hostname: 'a.example',
    userContext: { a: 1 },
  });
  daemon.stored.push(first, lease4(0xc000020c, 2));
  const expected = {
    result: 0,
    text: 'IPv4 lease found.',
    arguments: {
      'client-id': '01:02:03:04',
      cltt: 1795225904,
      'fqdn-fwd': false,
      'fqdn-rev': false,
      hostname: 'a.example',
      'hw-address': '1a:1b:1c:1d:1e:0b',
      'ip-address': '192.0.2.11',
      state: 0,
      'subnet-id': 1,
      'user-context': { a: 1 },
      'valid-lft': 7200,
    },
  };
  assert.deepEqual(await ask('lease4-get', { 'ip-address': '192.0.2.11' }), expected);
  const by = (type: string, identifier: string, subnet = 1) =>
    ask('lease4-get', { 'subnet-id': subnet, 'identifier-type': type, identifier });
  assert.deepEqual(await by('hw-address', '1a:1b:1c:1d:1e:0b'), expected);
  assert.deepEqual(await by('client-id', '01020304'), expected);
  const none = { result: 3, text: 'Lease not found.' };
  assert.deepEqual(await ask('lease4-get', { 'ip-address': '192.0.2.13' }), none);
  assert.deepEqual(await by('hw-address', '1a:1b:1c:1d:1e:0b', 9), none);
});

test('lease4-get refuses half a question', async () => {
  const hw = { 'subnet-id': 1, 'identifier-type': 'hw-address' };
  assert.match(await refusal('lease4-get'), /'subnet-id' parameter missing/);
  assert.match(await refusal('lease4-get', { 'ip-address': 'x' }), /Invalid IPv4 address specified: x/);
  assert.match(await refusal('lease4-get', { 'ip-address': '::1' }), /Invalid IPv4 address specified/);
  assert.match(await refusal('lease4-get', { 'subnet-id': 'x' }), /'subnet-id' parameter is not integer/);
  assert.match(
    await refusal('lease4-get', { 'subnet-id': 1, identifier: '01' }),
    /'identifier-type' is missing/,
  );
  assert.match(await refusal('lease4-get', hw), /'identifier' is missing/);
  assert.match(
    await refusal('lease4-get', { ...hw, identifier: 'zz' }),
    /'zz' is not a string of hexadecimal digits/,
  );
  assert.match(
    await refusal('lease4-get', { 'subnet-id': 1, 'identifier-type': 'duid', identifier: '01' }),
    /Incorrect identifier type: duid/,
  );
});

test('lease4-get-all lists everything or some subnets, over as many pages as it takes', async () => {
  for (let i = 0; i < 12_000; i++) daemon.stored.push(lease4(0x0a000000 + i, i % 3));
  const all = await ask('lease4-get-all');
  assert.equal(all.text, '12000 IPv4 lease(s) found.');
  const addresses = (all.arguments as { leases: { 'ip-address': string }[] }).leases.map(
    (lease) => lease['ip-address'],
  );
  assert.equal(new Set(addresses).size, 12_000);
  assert.equal((await ask('lease4-get-all', { subnets: [1, 2] })).text, '8000 IPv4 lease(s) found.');
  assert.deepEqual(await ask('lease4-get-all', { subnets: [] }), {
    result: 3,
    text: '0 IPv4 lease(s) found.',
    arguments: { leases: [] },
  });
  assert.match(await refusal('lease4-get-all', {}), /Missing mandatory 'subnets' parameter/);
  assert.match(await refusal('lease4-get-all', { subnets: 1 }), /'subnets' parameter must be a list/);
  assert.match(
    await refusal('lease4-get-all', { subnets: ['x'] }),
    /listed subnet identifiers must be numbers/,
  );
});

test('lease4-get-page walks to the end, which is an empty page', async () => {
  daemon.stored.push(lease4(0xc000020b), lease4(0xc000020c));
  const page = async (from: string, limit: number) => {
    const { result, arguments: got } = await ask('lease4-get-page', { from, limit });
    const { leases, count } = got as { leases: { 'ip-address': string }[]; count: number };
    assert.equal(leases.length, count);
    return [result, ...leases.map((lease) => lease['ip-address'])];
  };
  assert.deepEqual(await page('start', 1), [0, '192.0.2.11']);
  assert.deepEqual(await page('192.0.2.11', 10), [0, '192.0.2.12']);
  assert.deepEqual(await page('192.0.2.12', 10), [3]);
  for (const args of [{ limit: 1 }, { from: 'start' }, { from: 'x', limit: 1 }, { from: '::', limit: 1 }])
    assert.match(await refusal('lease4-get-page', args), /from|limit/);
  assert.match(await refusal('lease4-get-page', { from: 'start', limit: 0 }), /from 1 to 1000000/);
});

test('the same commands serve DHCPv6', async () => {
  daemon = fixture.start(6);
  daemon.stored.push({
    ...lease4(0),
    family: 6,
    address: parseIpv6('2001:db8::5'),
    prefixLength: 128,
    type: 0,
    duid: Uint8Array.of(0, 1, 2),
    iaid: 7,
    preferredLifetime: 3600,
    hwaddr: null,
    hwaddrType: null,
    hwaddrSource: null,
  } as unknown as Lease);
  const { text, arguments: lease } = await ask('lease6-get', { 'ip-address': '2001:db8::5' });
  assert.equal(text, 'IPv6 lease found.');
  assert.deepEqual(lease, {
    cltt: 1795225904,
    duid: '00:01:02',
    'fqdn-fwd': false,
    'fqdn-rev': false,
    hostname: '',
    iaid: 7,
    'ip-address': '2001:db8::5',
    'preferred-lft': 3600,
    state: 0,
    'subnet-id': 1,
    type: 'IA_NA',
    'valid-lft': 7200,
  });
  const byDuid = { 'subnet-id': 1, 'identifier-type': 'duid', identifier: '000102', iaid: 7 };
  assert.equal((await ask('lease6-get', byDuid)).result, 0);
  assert.equal((await ask('lease6-get', { ...byDuid, iaid: 8 })).result, 3);
  assert.equal((await ask('lease6-get', { 'ip-address': '2001:db8::5', type: 'IA_PD' })).result, 3);
  assert.equal((await ask('dhcp-disable')).text, 'DHCPv6 service disabled');
  assert.ok(Object.hasOwn((await ask('config-get')).arguments as object, 'Dhcp6'));
});
