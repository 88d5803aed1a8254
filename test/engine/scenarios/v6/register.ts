// ADDR-REG-INFORM → ADDR-REG-REPLY: addresses that clients made themselves (RFC 9686).
import assert from 'node:assert/strict';
import { parseIpv6 } from '../../../../src/addr/ipv6.ts';
import type { EngineHooks, HookArguments, HookOutcome } from '../../../../src/engine/hooks.ts';
import { decodeClientFqdn6 } from '../../../../src/wire/v6/fqdn.ts';
import {
  address,
  addressRegistration,
  informationRequest,
  optionsOf,
  solicit,
  throughRelay,
  withClientId,
  withFqdn,
  withIaNa,
  withIaPd,
  withOption,
  withRequestedOptions,
  type PacketPart6,
} from '../../../support/packets6.ts';
import type { Reply6 } from '../../replies.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  client6,
  duidOf,
  plain6,
  scenario6,
  toServer,
} from '../../scenario6.ts';
import type { World } from '../../world.ts';

const ADDR_REG_REPLY = 37;
const own = '2001:db8:1::a:1';

const withAddress = (text = own, preferred = 600, valid = 1200): PacketPart6 =>
  withOption(5, optionsOf([address(text, preferred, valid)]).get(5)!);

/** As a client sends it: from the address itself. */
const register = (w: World<6>, text: string, ...parts: readonly PacketPart6[]): Promise<Reply6 | null> =>
  w.send(addressRegistration(...parts), { source: parseIpv6(text) });

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const duidHex = (n: number): string => duidOf(n).replaceAll(':', '');

/** Answers every callout at addr6_register with `status`. */
class Watcher {
  readonly asked: HookArguments['addr6_register'][] = [];
  status: HookOutcome['status'] = 'continue';
  readonly hooks: EngineHooks = {
    begin: () => ({
      has: (point) => point === 'addr6_register',
      call: (_point, args) => {
        this.asked.push(args as HookArguments['addr6_register']);
        return Promise.resolve({ status: this.status, parked: false });
      },
      end: () => undefined,
    }),
  };
}
let watcher: Watcher;

export const registration: readonly Scenario<6>[] = [
  scenario6(
    'RFC 9686 §4.2.1: a registered address is answered at itself, kept as the client says, and counted',
    plain6({ 'option-data': [{ name: 'dns-servers', data: '2001:db8::53', 'always-send': true }] }),
    async (w) => {
      const reply = answered6(await register(w, own, client6(1), withAddress()), ADDR_REG_REPLY);
      assert.equal(reply.to, `[${own}]:546`);
      assert.deepEqual([...reply.message.options.codes], [1, 2, 5]);
      assert.equal(reply.hex(5), '20010db80001000000000000000a0001' + '00000258' + '000004b0');
      const lease = (await w.lease(own))!;
      assert.deepEqual([lease.state, lease.type, lease.iaid, lease.subnetId], [4, 0, 0, 1]);
      assert.deepEqual([lease.preferredLifetime, lease.validLifetime, lease.prefixLength], [600, 1200, 128]);
      assert.equal(hex(lease.duid), duidHex(1));
      assert.ok(w.logged('FLOTILLA_ADDRESS_REGISTERED'));
      assert.equal(w.stat('subnet[1].registered-nas'), 1);
      assert.equal(w.stat('cumulative-registered-nas'), 1);
      assert.equal(w.stat('subnet[1].assigned-nas'), 0);
      assert.equal(w.stat('pkt6-addr-reg-inform-received'), 1);
      assert.equal(w.stat('pkt6-addr-reg-reply-sent'), 1);
    },
  ),
  scenario6(
    'RFC 9686 §4.2.1: registered again it is kept for longer, and another client takes it over',
    plain6(),
    async (w) => {
      await register(w, own, client6(1), withAddress());
      await w.pass(100);
      answered6(await register(w, own, client6(1), withAddress(own, 700, 1400)), ADDR_REG_REPLY);
      assert.equal((await w.lease(own))?.validLifetime, 1400);
      assert.ok(!w.logged('DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE'));
      answered6(await register(w, own, client6(2), withAddress(own, 800, 1600)), ADDR_REG_REPLY);
      assert.ok(w.logged('DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE'));
      const lease = (await w.lease(own))!;
      assert.deepEqual([lease.state, lease.validLifetime, hex(lease.duid)], [4, 1600, duidHex(2)]);
      assert.equal(w.stat('subnet[1].registered-nas'), 1);
      assert.equal(w.stat('subnet[1].cumulative-registered-nas'), 1);
    },
  ),
  scenario6(
    'a registration that ran out is deleted, and can be made again',
    plain6({ 'expired-leases-processing': { 'reclaim-timer-wait-time': 10 } }),
    async (w) => {
      await register(w, own, client6(1), withAddress());
      await w.pass(1300);
      assert.equal(await w.lease(own), undefined);
      assert.equal(w.stat('subnet[1].registered-nas'), 0);
      assert.equal(w.stat('subnet[1].reclaimed-leases'), 1);
      answered6(await register(w, own, client6(2), withAddress()), ADDR_REG_REPLY);
      assert.equal(w.stat('subnet[1].cumulative-registered-nas'), 2);
    },
  ),
  scenario6(
    'through a relay the peer address counts, and the answer goes back through it',
    plain6(),
    async (w) => {
      const link = '2001:db8:1::fe';
      const packet = addressRegistration(withAddress(), throughRelay(link, own));
      const reply = answered6(await w.send(packet), ADDR_REG_REPLY);
      assert.equal(reply.relays[0]?.peerAddress, parseIpv6(own));
      silent(await w.send(addressRegistration(withAddress(), throughRelay(link, '2001:db8:1::b'))));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
    },
  ),
  scenario6('what is not right is not answered, and nothing is kept of it', plain6(), async (w) => {
    const wrong: readonly (readonly PacketPart6[])[] = [
      [],
      [withAddress(), withAddress()],
      [withAddress('2001:db8:1::a:2')],
      [withAddress(), withIaNa(1)],
      [withAddress(), withIaPd(1)],
      [withAddress(), withRequestedOptions(23)],
      [withAddress(), toServer()],
    ];
    for (const parts of wrong) silent(await register(w, own, ...parts));
    assert.equal(w.stat('pkt6-rfc-violation'), wrong.length);
    silent(await register(w, own, withOption(5, '20:01:0d:b8')));
    assert.equal(w.stat('pkt6-parse-failed'), 1);
    silent(await register(w, '2001:db8:2::1', withAddress('2001:db8:2::1')));
    assert.equal(w.stat('flotilla-no-subnet'), 1);
    const byUnicast = { source: parseIpv6(own), destination: parseIpv6('2001:db8::fe') };
    silent(await w.send(addressRegistration(withAddress()), byUnicast));
    assert.equal(await w.lease(own), undefined);
  }),
  scenario6(
    'an address that is leased or reserved is not registered, one that was released is',
    plain6({}, { reservations: [{ duid: duidOf(2), 'ip-addresses': ['2001:db8:1::77'] }] }),
    async (w) => {
      const [leased] = (await acquire6(w, [withIaNa(9)], client6(1))).given;
      silent(await register(w, leased!, client6(2), withAddress(leased)));
      silent(await register(w, '2001:db8:1::77', client6(2), withAddress('2001:db8:1::77')));
      assert.equal(w.stat('flotilla-not-leased'), 2);
      const { duid } = (await w.lease(leased!))!;
      const client = { family: 6, duid, iaid: 9, type: 0 } as const;
      await w.store.leases.write({ verb: 'release', client, address: parseIpv6(leased!), keep: true });
      answered6(await register(w, leased!, client6(2), withAddress(leased)), ADDR_REG_REPLY);
      assert.equal((await w.lease(leased!))?.state, 4);
    },
  ),
  scenario6(
    'registered addresses of a pool are leased to nobody',
    plain6({}, { pools: [{ pool: '2001:db8:1::10-2001:db8:1::11' }] }),
    async (w) => {
      const [free, taken] = ['2001:db8:1::10', '2001:db8:1::11'];
      await register(w, taken, client6(1), withAddress(taken));
      for (const hint of [free, taken])
        answered6(await w.send(solicit(client6(2), withIaNa(1, address(hint)))), ADVERTISE, free);
    },
  ),
  scenario6('RFC 9686 §4.1: clients that ask are told that they may register', plain6(), async (w) => {
    const codesOf = (reply: Reply6 | null): readonly number[] => [...reply!.message.options.codes];
    assert.ok(codesOf(await w.send(informationRequest(withRequestedOptions(148, 23)))).includes(148));
    assert.ok(!codesOf(await w.send(informationRequest(withRequestedOptions(23)))).includes(148));
    assert.ok(codesOf(await w.send(solicit(withIaNa(1), withRequestedOptions(148)))).includes(148));
    await w.reconfigure(plain6({ 'allow-address-registration': false }));
    assert.ok(!codesOf(await w.send(informationRequest(withRequestedOptions(148)))).includes(148));
    silent(await register(w, own, withAddress()));
    assert.equal(w.stat('pkt6-admin-filtered'), 1);
    assert.ok(w.logged('DHCP6_ADDR6_REGISTER_DISABLED_DROP'));
  }),
  scenario6(
    'a name in option 39 is answered, and kept with the flags of its update',
    plain6({ 'dhcp-ddns': { 'enable-updates': true } }),
    async (w) => {
      const reply = await register(w, own, withAddress(), withFqdn('host.example.org.'));
      assert.equal(decodeClientFqdn6(reply!.message.options.get(39)!).name, 'host.example.org.');
      const { hostname, fqdnFwd, fqdnRev } = (await w.lease(own))!;
      assert.deepEqual([hostname, fqdnFwd, fqdnRev], ['host.example.org.', true, true]);
    },
  ),
  scenario6(
    'addr6_register sees old and new, may leave the store as it is, or the packet unanswered',
    plain6(),
    async (w) => {
      answered6(await register(w, own, withAddress()), ADDR_REG_REPLY);
      const [first] = watcher.asked;
      assert.equal(first?.address6, parseIpv6(own));
      assert.deepEqual([first.old_lease6, first.new_lease6.state], [null, 4]);
      assert.equal(first.response6.message.type, ADDR_REG_REPLY);
      watcher.status = 'skip';
      answered6(await register(w, own, withAddress(own, 700, 1400)), ADDR_REG_REPLY);
      assert.equal(watcher.asked[1]?.old_lease6?.validLifetime, 1200);
      assert.equal((await w.lease(own))?.validLifetime, 1200);
      watcher.status = 'drop';
      silent(await register(w, own, withAddress(own, 700, 1400)));
      assert.equal(w.stat('flotilla-hook-dropped'), 1);
    },
    { hooks: () => (watcher = new Watcher()).hooks },
  ),
  scenario6('RFC 8415 §16: without a Client Identifier there is no registration', plain6(), async (w) => {
    const packet = addressRegistration(withAddress(), ({ message }) => void message.options.delete(1));
    silent(await w.send(packet, { source: parseIpv6(own) }));
    silent(await register(w, own, withAddress(), withClientId('01:02')));
    assert.equal(w.stat('pkt6-rfc-violation'), 2);
  }),
];
