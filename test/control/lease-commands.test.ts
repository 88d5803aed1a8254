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

const lease6 = (address: string, extra: Partial<Lease> = {}): Lease =>
  ({
    family: 6,
    address: parseIpv6(address),
    prefixLength: 128,
    type: 0,
    duid: Uint8Array.of(0, 1, 2, 3),
    iaid: 7,
    preferredLifetime: 7200,
    hwaddr: null,
    hwaddrType: null,
    hwaddrSource: null,
    validLifetime: 7200,
    cltt: 1795259294,
    subnetId: 1,
    poolId: 0,
    fqdnFwd: false,
    fqdnRev: false,
    hostname: '',
    state: 0,
    userContext: null,
    ...extra,
  }) as Lease;

test('lease6-get finds addresses and prefixes, each by its type, by address or by DUID and IAID', async () => {
  daemon = fixture.start(6);
  const hwaddr = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const extra = { hwaddr, hostname: 'a.example', userContext: { a: 1 } };
  daemon.stored.push(lease6('2001:db8:1::5', extra));
  daemon.stored.push(lease6('2001:db8:100::', { type: 2, prefixLength: 64, poolId: 4 }));
  const common = {
    cltt: 1795259294,
    duid: '00:01:02:03',
    'fqdn-fwd': false,
    'fqdn-rev': false,
    iaid: 7,
    'preferred-lft': 7200,
    state: 0,
    'subnet-id': 1,
    'valid-lft': 7200,
  };
  const found = (more: object) => ({
    result: 0,
    text: 'IPv6 lease found.',
    arguments: { ...common, ...more },
  });
  const address = found({
    hostname: 'a.example',
    'hw-address': '02:00:00:00:00:01',
    'ip-address': '2001:db8:1::5',
    type: 'IA_NA',
    'user-context': { a: 1 },
  });
  const prefix = found({
    hostname: '',
    'ip-address': '2001:db8:100::',
    'pool-id': 4,
    'prefix-len': 64,
    type: 'IA_PD',
  });
  const none = { result: 3, text: 'Lease not found.' };
  const at = (text: string, type?: string) =>
    ask('lease6-get', { 'ip-address': text, ...(type && { type }) });
  assert.deepEqual(await at('2001:db8:1::5'), address);
  assert.deepEqual(await at('2001:db8:1::5', 'IA_PD'), none);
  assert.deepEqual(await at('2001:db8:100::'), none);
  assert.deepEqual(await at('2001:db8:100::', 'IA_PD'), prefix);
  assert.deepEqual(await at('2001:db8:100::', 'IA_TA'), none);
  const by = (more: object) =>
    ask('lease6-get', {
      'subnet-id': 1,
      'identifier-type': 'duid',
      identifier: '00:01:02:03',
      iaid: 7,
      ...more,
    });
  assert.deepEqual(await by({}), address);
  assert.deepEqual(await by({ identifier: '00010203', type: 'IA_PD' }), prefix);
  assert.deepEqual(await by({ type: 'IA_TA' }), none);
  assert.deepEqual(await by({ iaid: 0 }), none);
  assert.deepEqual(await by({ 'subnet-id': 2 }), none);
});

test('lease6-get refuses what is no question about a lease of DHCPv6', async () => {
  daemon = fixture.start(6);
  const duid = { 'subnet-id': 1, 'identifier-type': 'duid', identifier: '00:01:02:03' };
  for (const [args, text] of [
    [
      { 'ip-address': '2001:db8::5', type: 'x' },
      /^Invalid lease type specified: x, only supported values are: IA_NA/,
    ],
    [{ 'ip-address': '192.0.2.1' }, /^Invalid IPv6 address specified: 192.0.2.1/],
    [{ ...duid, 'identifier-type': 'hw-address' }, /^Incorrect identifier type: hw-address/],
    [{ ...duid, identifier: '00:01' }, /^identifier is too short \(2\), at least 3 is required/],
    [{ ...duid, iaid: -1 }, /^'iaid' parameter must be >= 0/],
    [{ ...duid, iaid: 'x' }, /^'iaid' parameter expected to be an integer/],
    [{}, /^Mandatory 'subnet-id' parameter missing/],
  ] as const)
    assert.match(await refusal('lease6-get', args), text);
});

test('lease6-get-all and lease6-get-page list addresses and prefixes in the order of addresses', async () => {
  daemon = fixture.start(6);
  daemon.stored.push(lease6('2001:db9::7', { subnetId: 2 }));
  daemon.stored.push(lease6('2001:db8:100::', { type: 2, prefixLength: 64 }));
  daemon.stored.push(lease6('2001:db8:1::5'));
  const addresses = async (command: string, args?: object): Promise<string[]> => {
    const { text, arguments: got } = await ask(command, args);
    const { leases } = got as { leases: { 'ip-address': string }[] };
    assert.equal(text, `${leases.length} IPv6 lease(s) found.`);
    return leases.map((lease) => lease['ip-address']);
  };
  assert.deepEqual(await addresses('lease6-get-all'), ['2001:db8:1::5', '2001:db8:100::', '2001:db9::7']);
  assert.deepEqual(await addresses('lease6-get-all', { subnets: [2] }), ['2001:db9::7']);
  const page = (from: string) => addresses('lease6-get-page', { from, limit: 2 });
  assert.deepEqual(await page('start'), ['2001:db8:1::5', '2001:db8:100::']);
  assert.deepEqual(await page('2001:db8:100::'), ['2001:db9::7']);
  assert.deepEqual(await page('2001:db9::7'), []);
  assert.match(await refusal('lease6-get-page', { from: '192.0.2.1', limit: 2 }), /nor a valid IPv6 address/);
});

test('commands about the daemon say which family they are of', async () => {
  daemon = fixture.start(6);
  assert.equal((await ask('dhcp-disable')).text, 'DHCPv6 service disabled');
  assert.ok(Object.hasOwn((await ask('config-get')).arguments as object, 'Dhcp6'));
  assert.match(await refusal('config-test', { Dhcp4: {} }), /Missing mandatory 'Dhcp6' parameter/);
  const status = (await ask('status-get')).arguments as Record<string, unknown>;
  assert.equal(status['extended-info-tables'], false);
  assert.equal((await ask('lease4-get-all')).result, 2);
});
