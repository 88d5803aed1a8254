// The client's hardware address, from each of the places that `mac-sources` names; reservations by it.
import assert from 'node:assert/strict';
import { parseIpv6 } from '../../../../src/addr/ipv6.ts';
import type { JsonMap } from '../../../../src/config/written.ts';
import {
  request,
  suboption,
  throughRelay,
  withClientId,
  withIaNa,
  withRemoteId,
  withSubscriberId,
  withVendorOptions,
  type OptionsPart6,
  type PacketPart6,
} from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import { answered6, plain6, REPLY, scenario6, toServer } from '../../scenario6.ts';
import type { World } from '../../world.ts';

const mac = [2, 0x11, 0x22, 0x33, 0x44, 0x55];
const macHex = '021122334455';
const opaque = withClientId('00:02:00:00:00:09:aa:bb:cc:dd');
const behind = (...parts: readonly OptionsPart6[]): PacketPart6 =>
  throughRelay('2001:db8:1::1', 'fe80::9', ...parts);
const sources = (...list: string[]): JsonMap => plain6({ 'mac-sources': list });

/** Hardware address, its type and the number of its source as the lease has them. */
async function stored(w: World<6>, ...parts: readonly PacketPart6[]): Promise<string> {
  const reply = answered6(await w.send(request(toServer(), withIaNa(1), ...parts)), REPLY);
  const lease = (await w.lease(reply.given[0]!))!;
  if (!lease.hwaddr) return 'none';
  return `${Buffer.from(lease.hwaddr).toString('hex')} ${lease.hwaddrType} ${lease.hwaddrSource}`;
}

const found = (source: string, number: number, ...parts: readonly PacketPart6[]): Scenario<6> =>
  scenario6(`mac-sources: ${source}`, sources(source), async (w) => {
    assert.equal(await stored(w, ...parts), `${macHex} 1 ${number}`);
    assert.equal(await stored(w, withClientId('00:02:00:00:00:09:ee')), 'none');
  });

export const hardware: readonly Scenario<6>[] = [
  found('duid', 2, withClientId(Uint8Array.of(0, 3, 0, 1, ...mac))),
  found('duid', 2, withClientId(Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 9, ...mac))),
  found('client-link-addr-option', 8, opaque, behind(suboption(79, [0, 1, ...mac]))),
  found('rfc6939', 8, opaque, behind(suboption(79, [0, 1, ...mac]))),
  found('remote-id', 16, opaque, behind(withRemoteId(9, mac))),
  found('rfc4649', 16, opaque, behind(withRemoteId(9, mac))),
  found('subscriber-id', 32, opaque, behind(withSubscriberId(mac))),
  found('rfc4580', 32, opaque, behind(withSubscriberId(mac))),
  found('docsis-cmts', 64, opaque, behind(cableLabs(1026))),
  found('docsis-modem', 128, opaque, withVendorOptions(4491, suboption(36, mac))),
  scenario6(
    'mac-sources: ipv6-link-local, of the client itself or as its relay saw it',
    sources('ipv6-link-local'),
    async (w) => {
      const eui64 = 'fe80::11:22ff:fe33:4455';
      assert.equal(await stored(w, opaque, throughRelay('2001:db8:1::1', eui64)), `${macHex} 1 4`);
      const direct = await w.send(request(toServer(), withIaNa(2), opaque), { source: parseIpv6(eui64) });
      const lease = (await w.lease(answered6(direct, REPLY).given[0]!))!;
      assert.equal(Buffer.from(lease.hwaddr!).toString('hex'), macHex);
      assert.equal(
        await stored(w, withClientId('00:02:00:00:00:09:01'), throughRelay('2001:db8:1::1', 'fe80::9')),
        'none',
      );
    },
  ),
  scenario6('mac-sources: any tries them all, raw finds nothing', sources('any'), async (w) => {
    assert.equal(await stored(w, opaque, behind(withSubscriberId(mac))), `${macHex} 1 32`);
    await w.reconfigure(sources('raw'));
    assert.equal(await stored(w, withClientId(Uint8Array.of(0, 3, 0, 1, ...mac))), 'none');
  }),
  scenario6('mac-sources: the first one that knows decides', sources('subscriber-id', 'duid'), async (w) => {
    const duid = withClientId('00:03:00:01:0a:0a:0a:0a:0a:0a');
    assert.equal(await stored(w, duid, behind(withSubscriberId(mac))), `${macHex} 1 32`);
    assert.equal(await stored(w, duid), '0a0a0a0a0a0a 1 2');
  }),
  scenario6(
    'RFC 6939: of several relays the option next to the client counts',
    sources('client-link-addr-option'),
    async (w) => {
      const inner = throughRelay('2001:db8:1::1', 'fe80::9', suboption(79, [0, 1, ...mac]));
      const outer = throughRelay('::', '2001:db8:f::1', suboption(79, [0, 1, 9, 9, 9, 9, 9, 9]));
      assert.equal(await stored(w, opaque, inner, outer), `${macHex} 1 8`);
    },
  ),
  scenario6(
    'a reservation by hardware address, wherever that comes from',
    plain6(
      { 'mac-sources': ['subscriber-id', 'duid'], 'host-reservation-identifiers': ['hw-address', 'duid'] },
      { reservations: [{ 'hw-address': '02:11:22:33:44:55', 'ip-addresses': ['2001:db8:1::77'] }] },
    ),
    async (w) => {
      const packet = request(toServer(), withIaNa(1), opaque, behind(withSubscriberId(mac)));
      answered6(await w.send(packet), REPLY, '2001:db8:1::77');
      const byDuid = request(toServer(), withIaNa(1), withClientId(Uint8Array.of(0, 3, 0, 1, ...mac)));
      assert.notDeepEqual(answered6(await w.send(byDuid), REPLY).given, ['2001:db8:1::77']);
    },
  ),
];

/** A vendor option of CableLabs with the address, as a CMTS puts it beside the message. */
function cableLabs(code: number): OptionsPart6 {
  return suboption(17, [0, 0, 0x11, 0x8b, code >> 8, code & 255, 0, mac.length, ...mac]);
}
