// Host reservations: addresses and prefixes, several for one client, in which scope, and what happens when they collide.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../../src/config/written.ts';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  prefix,
  rebind,
  renew,
  request,
  solicit,
  withFqdn,
  withIaNa,
  withIaPd,
  withRequestedOptions,
} from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  duidOf,
  leaseOf,
  plain6,
  refused,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const reserve = (n: number, addresses: string[], prefixes: string[] = [], more: JsonMap = {}): JsonMap => ({
  duid: duidOf(n),
  'ip-addresses': addresses,
  prefixes,
  ...more,
});
const reserved = (list: JsonMap[], subnet: JsonMap = {}, global: JsonMap = {}): JsonMap =>
  plain6(global, { reservations: list, ...subnet });
const both = [withIaNa(1), withIaPd(2)];
const one: JsonMap = {
  pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }],
  'pd-pools': [{ prefix: '2001:db8:8000::', 'prefix-len': 56, 'delegated-len': 56 }],
};
const floor = (first: JsonMap, second: JsonMap): JsonMap => ({
  'shared-networks': [
    {
      name: 'floor',
      interface: 'eth0',
      subnet6: [
        { id: 1, subnet: '2001:db8:1::/64', pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::1f' }], ...first },
        { id: 2, subnet: '2001:db8:2::/64', pools: [{ pool: '2001:db8:2::10 - 2001:db8:2::1f' }], ...second },
      ],
    },
  ],
});

/** All but the last ten of fifty addresses are reserved for hosts that never come. */
const mostlyReserved = reserved(
  Array.from({ length: 40 }, (_, n) => reserve(100 + n, [`2001:db8:1::${(16 + n).toString(16)}`])),
  { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::41' }] },
);

export const reservations6: readonly Scenario<6>[] = [
  scenario6('what is left between reserved addresses is found to the last one', mostlyReserved, async (w) => {
    const given = new Set<string>();
    for (let n = 1; n <= 10; n++) {
      given.add(leaseOf(await acquire6(w, [withIaNa(1)], client6(n))).text);
    }
    assert.equal(given.size, 10);
    refused(await w.send(solicit(withIaNa(1), client6(11))), statusCode6.NoAddrsAvail);
  }),
  scenario6(
    'an address and a prefix are reserved by DUID, inside pools and outside',
    reserved([
      reserve(1, ['2001:db8:1::15'], ['2001:db8:8000:300::/56']),
      reserve(2, ['2001:db8:1::77'], ['2001:db8:77::/48']),
    ]),
    async (w) => {
      assert.deepEqual((await acquire6(w, both, client6(1))).given, [
        '2001:db8:1::15',
        '2001:db8:8000:300::/56',
      ]);
      const second = await acquire6(w, both, client6(2));
      assert.deepEqual(second.given, ['2001:db8:1::77', '2001:db8:77::/48']);
      const reply = await w.send(renew(client6(2), toServer(), ...second.ias.map(asked)));
      answered6(reply, REPLY, ...second.given);
      assert.equal((await w.lease('2001:db8:77::'))?.prefixLength, 48);
    },
  ),
  scenario6(
    'several addresses and prefixes are spread over the IAs in their order',
    reserved([reserve(1, ['2001:db8:1::a1', '2001:db8:1::a2'], ['2001:db8:a1::/48', '2001:db8:a2::/48'])]),
    async (w) => {
      const wanted = [withIaNa(1), withIaPd(1), withIaNa(2), withIaPd(2), withIaNa(3)];
      const reply = await acquire6(w, wanted, client6(1));
      assert.deepEqual(reply.given.slice(0, 4), [
        '2001:db8:1::a1',
        '2001:db8:a1::/48',
        '2001:db8:1::a2',
        '2001:db8:a2::/48',
      ]);
      assert.match(reply.given[4]!, /^2001:db8:1::1[0-9a]$/, 'the third IA gets a dynamic one');
    },
  ),
  scenario6(
    'an IA keeps the reserved address that it has, whatever comes first',
    reserved([reserve(1, ['2001:db8:1::a1', '2001:db8:1::a2'])]),
    async (w) => {
      await acquire6(w, [withIaNa(1)], client6(1));
      await acquire6(w, [withIaNa(1), withIaNa(2)], client6(1));
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(2), withIaNa(1))), ADVERTISE);
      assert.deepEqual(reply.given, ['2001:db8:1::a2', '2001:db8:1::a1']);
    },
  ),
  scenario6(
    'what is reserved is offered to nobody else, hint or not',
    reserved([reserve(1, ['2001:db8:1::10'], ['2001:db8:8000::/56'])], one),
    async (w) => {
      const hints = [withIaNa(1, address('2001:db8:1::10')), withIaPd(2, prefix('2001:db8:8000::/56'))];
      const reply = answered6(await w.send(solicit(client6(2), ...hints)), ADVERTISE);
      refused(reply, statusCode6.NoAddrsAvail, 0);
      refused(reply, statusCode6.NoPrefixAvail, 1);
      assert.equal((await acquire6(w, both, client6(1))).given.length, 2);
    },
  ),
  scenario6(
    '§18.3.4: a lease that became reserved for another is withdrawn, and a new one given',
    plain6(),
    async (w) => {
      const first = await acquire6(w, both, client6(2));
      await w.reconfigure(reserved([reserve(1, [first.given[0]!], [first.given[1]!])]));
      const reply = answered6(await w.send(renew(client6(2), toServer(), ...first.ias.map(asked))), REPLY);
      assert.deepEqual(reply.withdrawn, first.given);
      assert.equal(reply.given.length, 2);
      assert.deepEqual((await acquire6(w, both, client6(1))).given, first.given);
    },
  ),
  scenario6(
    '§18.3.4: a client with a new reservation is moved to it, the old lease withdrawn',
    plain6(),
    async (w) => {
      const first = await acquire6(w, both, client6(1));
      await w.reconfigure(reserved([reserve(1, ['2001:db8:1::77'], ['2001:db8:77::/48'])]));
      const reply = answered6(await w.send(rebind(client6(1), ...first.ias.map(asked))), REPLY);
      assert.deepEqual(reply.given, ['2001:db8:1::77', '2001:db8:77::/48']);
      assert.deepEqual(reply.withdrawn, first.given);
      assert.equal(await w.lease(first.given[0]!), undefined);
      assert.equal(w.stat('assigned-nas'), 1);
      assert.equal(w.stat('assigned-pds'), 1);
    },
  ),
  scenario6(
    'a reserved address in use is not taken from its holder; the owner gets another',
    plain6(),
    async (w) => {
      const holder = await acquire6(w, [withIaNa(1)], client6(2));
      const [text] = holder.given;
      await w.reconfigure(reserved([reserve(1, [text!])]));
      const reply = await acquire6(w, [withIaNa(1)], client6(1));
      assert.notDeepEqual(reply.given, [text]);
      assert.equal((await w.lease(text!))?.duid.at(-1), 2);
      assert.ok(w.logged('ALLOC_ENGINE_V6_ADDRESS_CONFLICT'));
    },
  ),
  scenario6(
    'reservations-in-subnet false ignores them, for owners and others',
    reserved([reserve(1, ['2001:db8:1::77'])], { 'reservations-in-subnet': false }),
    async (w) => {
      assert.notDeepEqual((await acquire6(w, [withIaNa(1)], client6(1))).given, ['2001:db8:1::77']);
    },
  ),
  scenario6(
    'reservations-out-of-pool does not look into pools',
    reserved([reserve(1, ['2001:db8:1::10']), reserve(3, ['2001:db8:1::77'])], {
      ...one,
      'reservations-out-of-pool': true,
    }),
    async (w) => {
      assert.deepEqual((await acquire6(w, [withIaNa(1)], client6(2))).given, ['2001:db8:1::10']);
      assert.deepEqual((await acquire6(w, [withIaNa(1)], client6(3))).given, ['2001:db8:1::77']);
    },
  ),
  scenario6(
    'a global reservation gives address and prefix in a fitting subnet',
    plain6(
      { reservations: [reserve(1, ['2001:db8:1::77'], ['2001:db8:77::/48'])] },
      { 'reservations-global': true },
    ),
    async (w) => {
      assert.deepEqual((await acquire6(w, both, client6(1))).given, ['2001:db8:1::77', '2001:db8:77::/48']);
    },
  ),
  scenario6(
    'global reservations count only where they are asked for, and in a subnet that they fit',
    plain6({ reservations: [reserve(1, ['2001:db8:1::77']), reserve(2, ['2001:db8:9::77'])] }),
    async (w) => {
      assert.notDeepEqual((await acquire6(w, [withIaNa(1)], client6(1))).given, ['2001:db8:1::77']);
      await w.reconfigure(
        plain6({ reservations: [reserve(2, ['2001:db8:9::77'])] }, { 'reservations-global': true }),
      );
      assert.match((await acquire6(w, [withIaNa(1)], client6(2))).given.join(), /^2001:db8:1::1/);
    },
  ),
  scenario6(
    'a reservation of the subnet goes before the global one, even without an address',
    plain6(
      { reservations: [reserve(1, ['2001:db8:1::77'])] },
      { 'reservations-global': true, reservations: [{ duid: duidOf(1), hostname: 'x' }] },
    ),
    async (w) => {
      assert.notDeepEqual((await acquire6(w, [withIaNa(1)], client6(1))).given, ['2001:db8:1::77']);
    },
  ),
  scenario6(
    'a reservation in another subnet of the network moves the client there, with options',
    floor(
      { 'option-data': [{ name: 'dns-servers', data: '2001:db8::1' }] },
      {
        reservations: [reserve(1, ['2001:db8:2::77'])],
        'option-data': [{ name: 'dns-servers', data: '2001:db8::2' }],
      },
    ),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(23));
      assert.deepEqual(reply.given, ['2001:db8:2::77']);
      assert.equal(reply.hex(23), '20010db8000000000000000000000002');
      assert.equal((await w.lease('2001:db8:2::77'))?.subnetId, 2);
      assert.match((await acquire6(w, [withIaNa(1)], client6(2))).given.join(), /^2001:db8:[12]::1/);
    },
  ),
  scenario6(
    'a reservation brings its options and its name',
    reserved(
      [
        reserve(1, ['2001:db8:1::77'], [], {
          hostname: 'box',
          'option-data': [{ name: 'dns-servers', data: '2001:db8::7' }],
        }),
      ],
      { 'option-data': [{ name: 'dns-servers', data: '2001:db8::1' }] },
      { 'ddns-qualifying-suffix': 'example.org' },
    ),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(1)], client6(1), withFqdn('x'), withRequestedOptions(23));
      assert.equal(reply.hex(23), '20010db8000000000000000000000007');
      assert.equal((await w.lease('2001:db8:1::77'))?.hostname, 'box.example.org.');
    },
  ),
  scenario6(
    'a reserved address serves only the IA that it was given to',
    reserved([reserve(1, ['2001:db8:1::77'])]),
    async (w) => {
      await acquire6(w, [withIaNa(1)], client6(1));
      const other = await w.send(request(client6(1), toServer(), withIaNa(2)));
      assert.notDeepEqual(answered6(other, REPLY).given, ['2001:db8:1::77']);
      assert.equal((await w.lease('2001:db8:1::77'))?.iaid, 1);
    },
  ),

  scenario6(
    'RFC 6603 §4.2: the excluded prefix of a pool, at the same place in each delegated one',
    plain6(
      {},
      {
        'pd-pools': [
          {
            prefix: '2001:db8:8000::',
            'prefix-len': 52,
            'delegated-len': 56,
            'excluded-prefix': '2001:db8:8000:ab::',
            'excluded-prefix-len': 64,
          },
        ],
      },
    ),
    async (w) => {
      const hint = withIaPd(1, prefix('2001:db8:8000:700::/56'));
      const asks = await acquire6(w, [hint], client6(1), withRequestedOptions(67));
      assert.deepEqual(leaseOf(asks).excluded, '40ab');
      assert.equal(asks.hex(67), '');
      assert.equal(
        leaseOf(await acquire6(w, [withIaPd(1)], client6(2))).excluded,
        '',
        'it was not asked for',
      );
    },
  ),
  scenario6(
    'RFC 6603 §4.2: the excluded prefix of a reservation',
    reserved([
      reserve(1, [], ['2001:db8:77::/48', '2001:db8:78::/48'], {
        'excluded-prefixes': ['2001:db8:77:ff00::/56', ''],
      }),
    ]),
    async (w) => {
      const reply = await acquire6(w, [withIaPd(1), withIaPd(2)], client6(1), withRequestedOptions(67));
      assert.deepEqual(
        reply.ias.map(({ leases }) => leases[0]!.excluded),
        ['38ff', ''],
      );
    },
  ),
  scenario6(
    'RFC 6603 §4.2: the exclusion and the timers are those of the subnet of each lease, whatever else the client gets',
    floor(
      { 'renew-timer': 100, 'rebind-timer': 200 },
      {
        pools: [],
        'pd-pools': [
          {
            prefix: '2001:db8:8000::',
            'prefix-len': 52,
            'delegated-len': 56,
            'excluded-prefix': '2001:db8:8000:ab::',
            'excluded-prefix-len': 64,
          },
        ],
        'renew-timer': 1000,
        'rebind-timer': 2000,
      },
    ),
    async (w) => {
      for (const [n, wanted] of [both, [...both].reverse()].entries()) {
        const { ias } = await acquire6(w, wanted, client6(n + 1), withRequestedOptions(67));
        const ofKind = (kind: string) => ias.find((ia) => ia.kind === kind)!;
        assert.equal(ofKind('IA_PD').leases[0]!.excluded, '40ab');
        assert.deepEqual([ofKind('IA_PD').t1, ofKind('IA_NA').t1], [1000, 100]);
      }
    },
  ),
];
