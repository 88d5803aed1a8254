// CONFIRM (RFC 8415 §18.3.3) and INFORMATION-REQUEST (§18.3.6).
import assert from 'node:assert/strict';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  confirm,
  informationRequest,
  prefix,
  withIaNa,
  withIaPd,
  withoutOption,
  withRequestedOptions,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import { acquire6, answered6, asked, client6, plain6, REPLY, scenario6, toServer } from '../../scenario6.ts';

const elsewhere = plain6({}, { interface: 'eth9' });
const servers = { 'option-data': [{ name: 'dns-servers', data: '2001:db8::53' }] };
const network = {
  'shared-networks': [
    {
      name: 'both',
      interface: 'eth0',
      subnet6: [
        { id: 1, subnet: '2001:db8:1::/64', pools: [{ pool: '2001:db8:1::/80' }] },
        { id: 2, subnet: '2001:db8:2::/64', pools: [{ pool: '2001:db8:2::/80' }] },
      ],
    },
  ],
};

export const confirmation: readonly Scenario<6>[] = [
  scenario6('§18.3.3: addresses of the link are confirmed, whoever leases them', plain6(), async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    const reply = answered6(await w.send(confirm(client6(1), ...first.ias.map(asked))), REPLY);
    assert.equal(reply.status, statusCode6.Success);
    assert.deepEqual(reply.ias, []);
    const unknown = await w.send(confirm(client6(2), withIaNa(1, address('2001:db8:1::abcd'))));
    assert.equal(answered6(unknown, REPLY).status, statusCode6.Success);
    assert.equal(w.stat('pkt6-confirm-received'), 2);
  }),
  scenario6('§18.3.3: one address of another link is enough for NotOnLink', plain6(), async (w) => {
    const mixed = withIaNa(1, address('2001:db8:1::10'), address('2001:db8:7::10'));
    assert.equal(answered6(await w.send(confirm(client6(1), mixed)), REPLY).status, statusCode6.NotOnLink);
    const second = [withIaNa(1, address('2001:db8:1::10')), withIaNa(2, address('2001:db8:7::10'))];
    assert.equal(
      answered6(await w.send(confirm(client6(1), ...second)), REPLY).status,
      statusCode6.NotOnLink,
    );
  }),
  scenario6('§18.3.3: every subnet of a shared network is on the link', network, async (w) => {
    const mixed = withIaNa(1, address('2001:db8:1::10'), address('2001:db8:2::10'));
    assert.equal(answered6(await w.send(confirm(client6(1), mixed)), REPLY).status, statusCode6.Success);
  }),
  scenario6('§18.3.3: a CONFIRM without an address is silence', plain6(), async (w) => {
    silent(await w.send(confirm(client6(1))));
    silent(await w.send(confirm(client6(1), withIaNa(1))));
    silent(await w.send(confirm(client6(1), withIaPd(1, prefix('2001:db8:8000::/56')))));
    assert.equal(w.stat('pkt6-rfc-violation'), 3);
  }),
  scenario6(
    'a client of no configured link is told that its addresses are not on it',
    elsewhere,
    async (w) => {
      const reply = answered6(
        await w.send(confirm(client6(1), withIaNa(1, address('2001:db8:1::10')))),
        REPLY,
      );
      assert.equal(reply.status, statusCode6.NotOnLink);
    },
  ),
  scenario6('a CONFIRM writes nothing', plain6(), async (w) => {
    await w.send(confirm(client6(1), withIaNa(1, address('2001:db8:1::10'))));
    assert.equal(await w.lease('2001:db8:1::10'), undefined);
    assert.equal(w.stat('assigned-nas'), 0);
  }),

  scenario6(
    '§18.3.6: INFORMATION-REQUEST is answered with what was asked for',
    plain6(servers),
    async (w) => {
      const packet = informationRequest(client6(1), withRequestedOptions(23, 24));
      const reply = answered6(await w.send(packet), REPLY);
      assert.equal(reply.hex(23), '20010db8000000000000000000000053');
      assert.equal(reply.hex(24), '');
      assert.equal(reply.hex(1), '00030001020000000001');
      assert.equal(reply.hex(2), '000300010200000000fe');
      assert.equal(w.stat('pkt6-infrequest-received'), 1);
    },
  ),
  scenario6('§18.3.6: a client may keep its name to itself', plain6(servers), async (w) => {
    const packet = informationRequest(withoutOption(1), withRequestedOptions(23));
    const reply = answered6(await w.send(packet), REPLY);
    assert.equal(reply.hex(1), '');
    assert.equal(reply.hex(23), '20010db8000000000000000000000053');
  }),
  scenario6('§16.12: it may name the server', plain6(servers), async (w) => {
    answered6(await w.send(informationRequest(client6(1), toServer())), REPLY);
  }),
  scenario6('a client of no subnet gets global options', { ...elsewhere, ...servers }, async (w) => {
    const reply = answered6(await w.send(informationRequest(client6(1), withRequestedOptions(23))), REPLY);
    assert.equal(reply.hex(23), '20010db8000000000000000000000053');
  }),
  scenario6(
    '§21.23: the information refresh time is an option like others',
    plain6({ 'option-data': [{ name: 'information-refresh-time', data: '3600' }] }),
    async (w) => {
      const reply = await w.send(informationRequest(client6(1), withRequestedOptions(32)));
      assert.equal(answered6(reply, REPLY).number(32), 3600);
    },
  ),
];
