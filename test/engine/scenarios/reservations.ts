// Host reservations: by which identifier, in which scope, and what happens when addresses collide.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../src/config/written.ts';
import {
  discover,
  request,
  throughRelay,
  withCircuitId,
  withClientId,
  withRequestedAddress,
  withServerId,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  macOf,
  NAK,
  OFFER,
  plain,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const reserved = (reservation: JsonMap, subnet: JsonMap = {}, global: JsonMap = {}): JsonMap =>
  plain(global, { reservations: [reservation], ...subnet });
const byMac = (n: number, ip: string, more: JsonMap = {}): JsonMap => ({
  'hw-address': macOf(n),
  'ip-address': ip,
  ...more,
});
const global = (reservation: JsonMap, more: JsonMap = {}): JsonMap => ({
  ...plain({ reservations: [reservation] }, { 'reservations-global': true, 'reservations-in-subnet': false }),
  ...more,
});
const selecting = (n: number, address: string) =>
  request(client(n), withRequestedAddress(address), withServerId('192.0.2.1'));

const twoSubnets = (two: JsonMap, one: JsonMap = {}): JsonMap => ({
  'shared-networks': [
    {
      name: 'floor',
      subnet4: [
        { id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.20' }], ...one },
        { id: 2, subnet: '10.2.0.0/16', pools: [{ pool: '10.2.0.10 - 10.2.0.20' }], ...two },
      ],
    },
  ],
});

export const reservations: readonly Scenario[] = [
  scenario(
    'a reservation by hardware address is offered and leased',
    reserved(byMac(1, '192.0.2.15')),
    async (w) => {
      assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'a reserved address outside the pools is leased to its owner',
    reserved(byMac(1, '192.0.2.200')),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.yiaddr, '192.0.2.200');
      answered(await renew(w, ack.yiaddr, client(1)), ACK, '192.0.2.200');
    },
  ),
  scenario(
    'a reservation by client identifier',
    reserved({ 'client-id': '01:aa:bb', 'ip-address': '192.0.2.15' }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withClientId('01:aa:bb'))).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'a reservation by the DUID inside the client identifier',
    reserved({ duid: '00:01:02:03:04:05', 'ip-address': '192.0.2.15' }),
    async (w) => {
      const id = withClientId('ff:11:22:33:44:00:01:02:03:04:05');
      assert.equal((await acquire(w, client(1), id)).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'a reservation by circuit identifier',
    reserved({ 'circuit-id': "'port7'", 'ip-address': '192.0.2.15' }),
    async (w) => {
      const port = throughRelay('192.0.2.2', withCircuitId('port7'));
      assert.equal((await acquire(w, client(1), port)).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'a flexible identifier matches nobody as long as no hook computes it',
    reserved(
      { 'flex-id': "'x'", 'ip-address': '192.0.2.15' },
      {},
      {
        'host-reservation-identifiers': ['flex-id', 'hw-address'],
      },
    ),
    async (w) => {
      assert.notEqual((await acquire(w, client(1))).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'identifiers are tried in configured order',
    plain(
      { 'host-reservation-identifiers': ['client-id', 'hw-address'] },
      { reservations: [byMac(1, '192.0.2.11'), { 'client-id': '01:aa', 'ip-address': '192.0.2.12' }] },
    ),
    async (w) => {
      assert.equal((await acquire(w, client(1), withClientId('01:aa'))).yiaddr, '192.0.2.12');
    },
  ),
  scenario(
    'an identifier that is not listed finds nothing',
    reserved(
      byMac(1, '192.0.2.15'),
      {},
      {
        'host-reservation-identifiers': ['client-id'],
      },
    ),
    async (w) => {
      assert.notEqual((await acquire(w, client(1))).yiaddr, '192.0.2.15');
    },
  ),
  scenario(
    'a reserved address is offered to nobody else',
    reserved(byMac(1, '192.0.2.10'), { pools: [{ pool: '192.0.2.10 - 192.0.2.11' }] }),
    async (w) => {
      assert.equal((await acquire(w, client(2))).yiaddr, '192.0.2.11');
      silent(await w.send(discover(client(3))));
      answered(await w.send(selecting(3, '192.0.2.10')), NAK);
    },
  ),
  scenario('a client whose lease became reserved for another gets a new one', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(2));
    await w.reconfigure(reserved(byMac(1, yiaddr)));
    answered(await renew(w, yiaddr, client(2)), NAK);
    const offer = answered(await w.send(discover(client(2))), OFFER);
    assert.notEqual(offer.yiaddr, yiaddr);
  }),
  scenario('a new reservation makes its client start again', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1), withRequestedAddress('192.0.2.12'));
    await w.reconfigure(reserved(byMac(1, '192.0.2.15')));
    answered(await renew(w, yiaddr, client(1)), NAK);
    assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.15');
    assert.equal(await w.lease('192.0.2.12'), undefined);
  }),
  scenario(
    'a reserved address in use is a counted conflict, and the client gets another',
    plain(),
    async (w) => {
      await acquire(w, client(2), withRequestedAddress('192.0.2.15'));
      await w.reconfigure(reserved(byMac(1, '192.0.2.15')));
      const ack = await acquire(w, client(1));
      assert.notEqual(ack.yiaddr, '192.0.2.15');
      assert.equal(w.stat('v4-reservation-conflicts'), 1);
      assert.equal(w.stat('subnet[1].v4-reservation-conflicts'), 1);
      answered(await renew(w, ack.yiaddr, client(1)), ACK, ack.yiaddr);
    },
  ),
  scenario(
    'reservations-in-subnet false ignores them, for owners and others',
    reserved(byMac(1, '192.0.2.10'), {
      'reservations-in-subnet': false,
      pools: [{ pool: '192.0.2.10 - 192.0.2.10' }],
    }),
    async (w) => {
      assert.equal((await acquire(w, client(2))).yiaddr, '192.0.2.10');
    },
  ),
  scenario(
    'reservations-out-of-pool does not look into pools',
    reserved(byMac(1, '192.0.2.10'), {
      'reservations-out-of-pool': true,
      pools: [{ pool: '192.0.2.10 - 192.0.2.10' }],
    }),
    async (w) => {
      assert.equal((await acquire(w, client(2))).yiaddr, '192.0.2.10');
    },
  ),
  scenario(
    'reservations-out-of-pool still gives the owner an address outside',
    reserved(byMac(1, '192.0.2.200'), { 'reservations-out-of-pool': true }),
    async (w) => {
      assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.200');
    },
  ),
  scenario(
    'a global reservation gives its address in a fitting subnet',
    global(byMac(1, '192.0.2.50')),
    async (w) => {
      assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.50');
    },
  ),
  scenario('a global address that fits no subnet is ignored', global(byMac(1, '10.99.0.1')), async (w) => {
    assert.match((await acquire(w, client(1))).yiaddr, /^192\.0\.2\./);
  }),
  scenario(
    'global reservations count only where they are asked for',
    plain({ reservations: [byMac(1, '192.0.2.50')] }),
    async (w) => {
      assert.notEqual((await acquire(w, client(1))).yiaddr, '192.0.2.50');
    },
  ),
  scenario(
    'a reservation of the subnet goes before the global one',
    plain(
      { reservations: [byMac(1, '192.0.2.50')] },
      { 'reservations-global': true, reservations: [byMac(1, '192.0.2.60')] },
    ),
    async (w) => {
      assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.60');
    },
  ),
  scenario(
    'a reservation of the subnet without address suppresses the global address',
    plain(
      { reservations: [byMac(1, '192.0.2.50')] },
      { 'reservations-global': true, reservations: [{ 'hw-address': macOf(1), hostname: 'box' }] },
    ),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.notEqual(ack.yiaddr, '192.0.2.50');
      assert.equal(ack.text(12), 'box');
    },
  ),
  scenario(
    'a reservation in another subnet of the network moves the client there',
    twoSubnets({
      reservations: [byMac(1, '10.2.0.15')],
      'option-data': [{ name: 'routers', data: '10.2.0.1' }],
    }),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.yiaddr, '10.2.0.15');
      assert.equal(ack.hex(3), '0a020001');
    },
  ),
  scenario(
    'a reservation without address in another subnet of the network fixes that subnet',
    twoSubnets({ reservations: [{ 'hw-address': macOf(1), hostname: 'box' }] }),
    async (w) => {
      assert.match((await acquire(w, client(1))).yiaddr, /^10\.2\./);
    },
  ),
  scenario(
    'a reservation brings its options, fields and classes',
    reserved(
      byMac(1, '192.0.2.15', {
        'option-data': [{ name: 'routers', data: '192.0.2.9' }],
        'client-classes': ['gold'],
        'next-server': '192.0.2.7',
        'server-hostname': 'boot.example',
        'boot-file-name': '/gold.img',
      }),
      { 'option-data': [{ name: 'routers', data: '192.0.2.1' }] },
      {
        'client-classes': [{ name: 'gold', 'option-data': [{ name: 'domain-name', data: 'gold.example' }] }],
      },
    ),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.hex(3), 'c0000209');
      assert.equal(ack.text(15), 'gold.example');
      assert.equal(ack.message.siaddr, 0xc0000207);
      assert.equal(Buffer.from(ack.message.sname).toString(), 'boot.example');
      assert.equal(Buffer.from(ack.message.file).toString(), '/gold.img');
      const other = await acquire(w, client(2));
      assert.equal(other.hex(3), 'c0000201');
      assert.equal(other.text(15), '');
    },
  ),
  scenario(
    'KNOWN and UNKNOWN choose pools',
    reserved(
      { 'hw-address': macOf(1) },
      {
        pools: [
          { pool: '192.0.2.10 - 192.0.2.20', 'client-classes': ['KNOWN'] },
          { pool: '192.0.2.100 - 192.0.2.110', 'client-classes': ['UNKNOWN'] },
        ],
      },
    ),
    async (w) => {
      assert.match((await acquire(w, client(1))).yiaddr, /^192\.0\.2\.(1\d|20)$/);
      assert.match((await acquire(w, client(2))).yiaddr, /^192\.0\.2\.1\d\d$/);
    },
  ),
  scenario(
    'classes that look at KNOWN are evaluated after the reservation',
    reserved(
      { 'hw-address': macOf(1) },
      {},
      {
        'client-classes': [{ name: 'DROP', test: "not member('KNOWN')" }],
      },
    ),
    async (w) => {
      await acquire(w, client(1));
      silent(await w.send(discover(client(2))));
      assert.equal(w.stat('pkt4-admin-filtered'), 1);
    },
  ),
  scenario(
    'a class that looks at a reserved class is evaluated again',
    reserved(
      { 'hw-address': macOf(1), 'client-classes': ['gold'] },
      {},
      {
        'client-classes': [
          { name: 'gold' },
          {
            name: 'plain',
            test: "not member('gold')",
            'option-data': [{ name: 'domain-name', data: 'plain' }],
          },
        ],
      },
    ),
    async (w) => {
      assert.equal((await acquire(w, client(1))).text(15), '');
      assert.equal((await acquire(w, client(2))).text(15), 'plain');
    },
  ),
  scenario(
    'early-global-reservations-lookup lets a reserved class choose the subnet',
    {
      'early-global-reservations-lookup': true,
      'client-classes': [{ name: 'gold' }],
      reservations: [{ 'hw-address': macOf(1), 'client-classes': ['gold'] }],
      subnet4: [
        {
          id: 1,
          subnet: '192.0.2.0/24',
          interface: 'eth0',
          pools: [{ pool: '192.0.2.0/24' }],
          'client-classes': ['gold'],
        },
        { id: 2, subnet: '10.2.0.0/16', interface: 'eth0', pools: [{ pool: '10.2.0.0/24' }] },
      ],
    },
    async (w) => {
      assert.match(answered(await w.send(discover(client(1))), OFFER).yiaddr, /^192\.0\.2\./);
      assert.match(answered(await w.send(discover(client(2))), OFFER).yiaddr, /^10\.2\./);
    },
  ),
  scenario(
    'a known client keeps its lease in a subnet for known clients',
    {
      'shared-networks': [
        {
          name: 'floor',
          interface: 'eth0',
          subnet4: [
            { id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.20' }] },
            {
              id: 2,
              subnet: '10.2.0.0/16',
              pools: [{ pool: '10.2.0.10 - 10.2.0.20' }],
              'client-classes': ['KNOWN'],
            },
          ],
        },
      ],
      reservations: [{ 'hw-address': macOf(1), hostname: 'known' }],
      'reservations-global': true,
    },
    async (w) => {
      const selected = request(client(1), withRequestedAddress('10.2.0.15'), withServerId('192.0.2.1'));
      answered(await w.send(selected), ACK, '10.2.0.15');
      answered(await w.send(discover(client(1))), OFFER, '10.2.0.15');
      silent(await w.send(request(client(2), withRequestedAddress('10.2.0.16'), withServerId('192.0.2.7'))));
      answered(
        await w.send(request(client(2), withRequestedAddress('10.2.0.16'), withServerId('192.0.2.1'))),
        NAK,
      );
    },
  ),
  scenario(
    'early-global-reservations-lookup gives no options where global reservations do not count',
    plain({
      'early-global-reservations-lookup': true,
      reservations: [{ 'hw-address': macOf(1), hostname: 'early' }],
    }),
    async (w) => {
      assert.equal((await acquire(w, client(1))).text(12), '');
    },
  ),
];
