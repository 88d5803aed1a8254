// Special classes: KNOWN and UNKNOWN, DROP, REJECT, and classes that a reservation brings.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../../src/config/written.ts';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  renew,
  solicit,
  throughRelay,
  withIaNa,
  withIaPd,
  withRemoteId,
  withRequestedOptions,
  withVendorClass,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  client6,
  duidOf,
  plain6,
  refused,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const inClassX = 'vendor-class[9].exists';
const member = withVendorClass(9, 'x');
const classes = (...list: JsonMap[]): JsonMap => ({ 'client-classes': list });
const poolsFor = (known: string, unknown: string): JsonMap => ({
  pools: [
    { pool: '2001:db8:1::10 - 2001:db8:1::1f', 'client-classes': [known] },
    { pool: '2001:db8:1::20 - 2001:db8:1::2f', 'client-classes': [unknown] },
  ],
});

export const classes6: readonly Scenario<6>[] = [
  scenario6(
    'KNOWN and UNKNOWN choose pools',
    plain6({}, { reservations: [{ duid: duidOf(1) }], ...poolsFor('KNOWN', 'UNKNOWN') }),
    async (w) => {
      assert.match((await acquire6(w, [withIaNa(1)], client6(1))).given.join(), /^2001:db8:1::1/);
      assert.match((await acquire6(w, [withIaNa(1)], client6(2))).given.join(), /^2001:db8:1::2/);
    },
  ),
  scenario6(
    'a class that looks at KNOWN is evaluated after the reservation',
    plain6(classes({ name: 'friend', test: "member('KNOWN')", 'preferred-lifetime': 100 }), {
      reservations: [{ duid: duidOf(1) }],
    }),
    async (w) => {
      assert.equal((await acquire6(w, [withIaNa(1)], client6(1))).ias[0]!.leases[0]!.preferred, 100);
      assert.equal((await acquire6(w, [withIaNa(1)], client6(2))).ias[0]!.leases[0]!.preferred, 4500);
    },
  ),
  scenario6(
    'members of DROP are dropped, by test or by reservation',
    plain6(classes({ name: 'DROP', test: inClassX }), {
      reservations: [{ duid: duidOf(2), 'client-classes': ['DROP'] }],
    }),
    async (w) => {
      silent(await w.send(solicit(client6(1), withIaNa(1), member)));
      silent(await w.send(solicit(client6(2), withIaNa(1))));
      assert.equal(w.stat('pkt6-admin-filtered'), 2);
      answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE);
    },
  ),
  scenario6(
    'members of REJECT are told that there is nothing',
    plain6(classes({ name: 'REJECT', test: inClassX })),
    async (w) => {
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(2), member)), ADVERTISE);
      refused(reply, statusCode6.NoAddrsAvail, 0);
      refused(reply, statusCode6.NoPrefixAvail, 1);
      refused(
        answered6(await w.send(renew(client6(1), toServer(), withIaNa(1), member)), REPLY),
        statusCode6.NoAddrsAvail,
      );
    },
  ),
  scenario6(
    'a vendor class is a class of its own',
    plain6(classes({ name: 'VENDOR_CLASS_x', 'preferred-lifetime': 100 })),
    async (w) => {
      assert.equal((await acquire6(w, [withIaNa(1)], client6(1), member)).ias[0]!.leases[0]!.preferred, 100);
    },
  ),
  scenario6(
    'expressions see relays and addresses',
    plain6(
      classes({
        name: 'port',
        test: 'relay6[0].option[37].exists and relay6[0].peeraddr == fe80::9 and pkt6.msgtype == 1',
        'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }],
      }),
    ),
    async (w) => {
      const relay = throughRelay('2001:db8:1::1', 'fe80::9', withRemoteId(9, 'x'));
      const inside = await w.send(solicit(client6(1), withIaNa(1), relay, withRequestedOptions(23)));
      assert.notEqual(answered6(inside, ADVERTISE).hex(23), '');
      const outside = await w.send(solicit(client6(1), withIaNa(1), withRequestedOptions(23)));
      assert.equal(answered6(outside, ADVERTISE).hex(23), '');
    },
  ),
  scenario6(
    'reserved classes bring options, and a class that looks at them is evaluated again',
    plain6(
      classes(
        { name: 'gold', 'option-data': [{ name: 'dns-servers', data: '2001:db8::1' }] },
        {
          name: 'rich',
          test: "member('gold')",
          'option-data': [{ name: 'sntp-servers', data: '2001:db8::2' }],
        },
      ),
      { reservations: [{ duid: duidOf(1), 'client-classes': ['gold'] }] },
    ),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(23, 31));
      assert.equal(reply.hex(23), '20010db8000000000000000000000001');
      assert.equal(reply.hex(31), '20010db8000000000000000000000002');
      assert.equal((await acquire6(w, [withIaNa(1)], client6(2), withRequestedOptions(23))).hex(23), '');
    },
  ),
  scenario6(
    'early-global-reservations-lookup lets a reserved class choose the subnet',
    {
      'early-global-reservations-lookup': true,
      reservations: [{ duid: duidOf(1), 'client-classes': ['gold'] }],
      ...classes({ name: 'gold' }),
      subnet6: [
        {
          id: 1,
          subnet: '2001:db8:1::/64',
          interface: 'eth0',
          'client-classes': ['gold'],
          pools: [{ pool: '2001:db8:1::/80' }],
        },
        { id: 2, subnet: '2001:db8:2::/64', interface: 'eth0', pools: [{ pool: '2001:db8:2::/80' }] },
      ],
    },
    async (w) => {
      assert.match((await acquire6(w, [withIaNa(1)], client6(1))).given.join(), /^2001:db8:1::/);
      assert.match((await acquire6(w, [withIaNa(1)], client6(2))).given.join(), /^2001:db8:2::/);
    },
  ),
];
