// RENEW and REBIND (RFC 8415 §18.3.4, §18.3.5): leases extended, lost ones replaced, withdrawn ones told.
import assert from 'node:assert/strict';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import { address, prefix, rebind, renew, withIaNa, withIaPd } from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  answered6,
  asked,
  client6,
  iaOf,
  leaseOf,
  plain6,
  refused,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const noCache = plain6({ 'cache-threshold': 0 });
const elsewhere = plain6({}, { interface: 'eth9' });
const both = [withIaNa(1), withIaPd(2)];
const one = plain6({}, { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }] });

export const extension: readonly Scenario<6>[] = [
  scenario6('§18.3.4: RENEW extends every lease of every IA', noCache, async (w) => {
    const first = await acquire6(w, both, client6(1));
    await w.pass(1000);
    const reply = answered6(await w.send(renew(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
    assert.deepEqual(reply.given, first.given);
    assert.deepEqual(
      reply.ias.map(({ leases }) => leases[0]!.valid),
      [7200, 7200],
    );
    const lease = (await w.lease(first.given[0]!))!;
    assert.ok(Math.abs(lease.cltt - w.clock.now() / 1000) < 5 || lease.cltt > 0);
    assert.equal(w.stat('pkt6-renew-received'), 1);
    assert.equal(w.stat('assigned-nas'), 1);
    assert.ok(w.logged('DHCP6_LEASE_RENEW'));
  }),
  scenario6('§18.3.5: REBIND extends them without a server identifier', noCache, async (w) => {
    const first = await acquire6(w, both, client6(1));
    await w.pass(1000);
    const reply = answered6(await w.send(rebind(client6(1), ...first.ias.map(asked))), REPLY);
    assert.deepEqual(reply.given, first.given);
    assert.equal(w.stat('pkt6-rebind-received'), 1);
  }),
  scenario6('§18.3.4: a renewal without an IA Address renews what the server knows', noCache, async (w) => {
    const first = await acquire6(w, both, client6(1));
    answered6(await w.send(renew(client6(1), toServer(), ...both)), REPLY, ...first.given);
  }),
  scenario6(
    '§18.3.4: a binding that was lost is made anew, the address the client had',
    plain6(),
    async (w) => {
      const packet = renew(
        client6(1),
        toServer(),
        withIaNa(1, address('2001:db8:1::16')),
        withIaPd(2, prefix('2001:db8:8000:500::/56')),
      );
      const reply = answered6(await w.send(packet), REPLY, '2001:db8:1::16', '2001:db8:8000:500::/56');
      assert.equal(reply.withdrawn.length, 0);
      assert.equal((await w.lease('2001:db8:1::16'))?.state, 0);
      assert.equal(w.stat('assigned-nas'), 1);
    },
  ),
  scenario6('§18.3.5: so does a REBIND', plain6(), async (w) => {
    const packet = rebind(client6(1), withIaNa(1, address('2001:db8:1::16')));
    answered6(await w.send(packet), REPLY, '2001:db8:1::16');
  }),
  scenario6(
    '§18.3.4: an address that is another’s by now is withdrawn, a new one comes with it',
    plain6(),
    async (w) => {
      const taken = await acquire6(w, [withIaNa(1)], client6(2));
      const reply = answered6(await w.send(renew(client6(1), toServer(), ...taken.ias.map(asked))), REPLY);
      assert.equal(reply.given.length, 1);
      assert.deepEqual(reply.withdrawn, taken.given);
      assert.equal((await w.lease(taken.given[0]!))?.duid.at(-1), 2);
    },
  ),
  scenario6(
    '§18.3.4: where nothing is left the IA says so and withdraws what the client named',
    one,
    async (w) => {
      const taken = await acquire6(w, [withIaNa(1)], client6(2));
      const reply = answered6(await w.send(renew(client6(1), toServer(), ...taken.ias.map(asked))), REPLY);
      refused(reply, statusCode6.NoAddrsAvail);
      assert.deepEqual(reply.withdrawn, taken.given);
      const again = answered6(
        await w.send(rebind(client6(1), withIaPd(1, prefix('2001:db8:99::/56')))),
        REPLY,
      );
      assert.deepEqual(again.withdrawn, ['2001:db8:99::/56']);
      assert.equal(again.given.length, 1);
    },
  ),
  scenario6('§18.3.4: what the client names besides its lease is withdrawn', noCache, async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const named = withIaNa(1, address(first.given[0]!), address('2001:db8:99::1'));
    const reply = answered6(await w.send(renew(client6(1), toServer(), named)), REPLY, ...first.given);
    assert.deepEqual(reply.withdrawn, ['2001:db8:99::1']);
  }),
  scenario6('§18.3.4: a prefix of another length than the leased one is withdrawn', noCache, async (w) => {
    const first = await acquire6(w, [withIaPd(2)], client6(1));
    const longer = first.given[0]!.replace('/56', '/60');
    const reply = await w.send(renew(client6(1), toServer(), withIaPd(2, prefix(longer))));
    assert.deepEqual(answered6(reply, REPLY, ...first.given).withdrawn, [longer]);
  }),
  scenario6('§18.3.4: a lease that no pool holds any more is replaced and withdrawn', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    const moved = plain6(
      {},
      {
        pools: [{ pool: '2001:db8:1::50 - 2001:db8:1::5f' }],
        'pd-pools': [{ prefix: '2001:db8:9000::', 'prefix-len': 52, 'delegated-len': 56 }],
      },
    );
    await w.reconfigure(moved);
    const reply = answered6(await w.send(renew(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
    assert.deepEqual(reply.withdrawn, first.given);
    assert.match(reply.given.join(' '), /^2001:db8:1::5[0-9a-f] 2001:db8:9000:[0-9a-f:]*:\/56$/);
    assert.equal(await w.lease(first.given[0]!), undefined);
    assert.equal(w.stat('subnet[1].assigned-nas'), 1);
    assert.equal(w.stat('subnet[1].assigned-pds'), 1);
  }),
  scenario6(
    'RFC 8415 §6.6: a renumbered client renews into the new subnet of its link',
    plain6(),
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      await w.reconfigure({
        subnet6: [
          { id: 2, subnet: '2001:db8:2::/64', interface: 'eth0', pools: [{ pool: '2001:db8:2::/80' }] },
        ],
      });
      const reply = answered6(await w.send(renew(client6(1), toServer(), ...first.ias.map(asked))), REPLY);
      assert.match(reply.given.join(), /^2001:db8:2::/);
      assert.deepEqual(reply.withdrawn, first.given);
    },
  ),
  scenario6(
    '§18.3.4: an unknown link: RENEW is NoBinding for addresses and prefixes',
    elsewhere,
    async (w) => {
      const packet = renew(client6(1), toServer(), withIaNa(1, address('2001:db8:1::10')), withIaPd(2));
      const reply = answered6(await w.send(packet), REPLY);
      refused(reply, statusCode6.NoBinding, 0);
      refused(reply, statusCode6.NoBinding, 1);
    },
  ),
  scenario6(
    '§18.3.5: an unknown link: REBIND of a prefix is silence, of an address NoBinding',
    elsewhere,
    async (w) => {
      silent(await w.send(rebind(client6(1), withIaNa(1), withIaPd(2, prefix('2001:db8:8000::/56')))));
      assert.equal(w.stat('flotilla-no-subnet'), 1);
      refused(answered6(await w.send(rebind(client6(1), withIaNa(1))), REPLY), statusCode6.NoBinding);
    },
  ),
  scenario6('a renewal in time keeps an expired lease that nobody took', plain6(), async (w) => {
    const first = await acquire6(w, both, client6(1));
    w.networkState.disable(1);
    await w.pass(7300);
    w.networkState.enable(1);
    answered6(await w.send(rebind(client6(1), ...first.ias.map(asked))), REPLY, ...first.given);
    assert.equal(w.stat('reclaimed-leases'), 2);
    assert.equal(w.stat('assigned-nas'), 1);
    assert.equal(w.stat('assigned-pds'), 1);
  }),
  scenario6('two clients with one IAID are two clients', noCache, async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const second = await acquire6(w, [withIaNa(1)], client6(2));
    assert.notDeepEqual(first.given, second.given);
    const reply = await w.send(renew(client6(2), toServer(), withIaNa(1)));
    answered6(reply, REPLY, ...second.given);
  }),
  scenario6(
    'an address that was renewed by another IAID of the same client is not its lease',
    noCache,
    async (w) => {
      const first = await acquire6(w, [withIaNa(1)], client6(1));
      const reply = answered6(
        await w.send(renew(client6(1), toServer(), withIaNa(2, address(first.given[0]!)))),
        REPLY,
      );
      assert.notEqual(leaseOf(reply).text, first.given[0]);
      assert.deepEqual(reply.withdrawn, first.given);
      assert.equal(iaOf(reply).iaid, 2);
      assert.equal((await w.lease(first.given[0]!))?.iaid, 1);
    },
  ),
];
