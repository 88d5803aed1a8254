// Subnet selection and shared networks.
import assert from 'node:assert/strict';
import { parseIpv4 } from '../../../src/addr/ipv4.ts';
import type { JsonMap } from '../../../src/config/written.ts';
import {
  discover,
  havingAddress,
  inform,
  request,
  throughRelay,
  withLinkSelection,
  withRequestedAddress,
  withServerId,
  withSubnetSelection,
  withVendorClass,
  type PacketPart4,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  OFFER,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';
import type { World } from '../world.ts';

const phones: JsonMap = { name: 'phones', test: "option[60].text == 'phone'" };

/** Subnets 1 (on eth0's address), 2 (10.2/16), 3 (10.3/16). */
const three = (more: JsonMap = {}, two: JsonMap = {}, globals: JsonMap = {}): JsonMap => ({
  'client-classes': [phones],
  subnet4: [
    { id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.20' }], ...more },
    { id: 2, subnet: '10.2.0.0/16', pools: [{ pool: '10.2.0.10 - 10.2.0.20' }], ...two },
    { id: 3, subnet: '10.3.0.0/16', pools: [{ pool: '10.3.0.10 - 10.3.0.20' }] },
  ],
  ...globals,
});

/** Subnets 1 and 2 share a network; one address each. */
const shared = (one: JsonMap = {}, two: JsonMap = {}, network: JsonMap = {}): JsonMap => ({
  'client-classes': [phones],
  'shared-networks': [
    {
      name: 'floor',
      subnet4: [
        { id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.10' }], ...one },
        { id: 2, subnet: '10.2.0.0/16', pools: [{ pool: '10.2.0.10 - 10.2.0.10' }], ...two },
      ],
      ...network,
    },
  ],
});

async function offeredIn(w: World, prefix: string, ...parts: readonly PacketPart4[]): Promise<void> {
  const reply = answered(await w.send(discover(client(9), ...parts)), OFFER);
  assert.ok(reply.yiaddr.startsWith(prefix), `${reply.yiaddr} is not in ${prefix}`);
}

const phone = withVendorClass('phone');

export const subnets: readonly Scenario[] = [
  scenario('without anything else the address of the receiving interface decides', three(), async (w) => {
    await offeredIn(w, '192.0.2.');
  }),
  scenario(
    'a subnet of this interface goes before its address',
    three({}, { interface: 'eth0' }),
    async (w) => {
      await offeredIn(w, '10.2.');
    },
  ),
  scenario('giaddr inside a subnet selects it', three(), async (w) => {
    await offeredIn(w, '10.3.', throughRelay('10.3.0.1'));
  }),
  scenario(
    'a relay address of a subnet goes before the prefix',
    three({}, { relay: { 'ip-addresses': ['10.3.0.1'] } }),
    async (w) => {
      await offeredIn(w, '10.2.', throughRelay('10.3.0.1'));
    },
  ),
  scenario(
    'of two subnets with the same relay the lower id wins',
    three({ relay: { 'ip-addresses': ['10.99.0.1'] } }, { relay: { 'ip-addresses': ['10.99.0.1'] } }),
    async (w) => {
      await offeredIn(w, '192.0.2.', throughRelay('10.99.0.1'));
    },
  ),
  scenario('a relay that no subnet knows finds none', three(), async (w) => {
    silent(await w.send(discover(client(1), throughRelay('172.16.0.1'))));
    assert.equal(w.stat('flotilla-no-subnet'), 1);
  }),
  scenario('link selection goes before giaddr', three(), async (w) => {
    await offeredIn(w, '10.2.', throughRelay('10.3.0.1', withLinkSelection('10.2.0.0')));
  }),
  scenario('link selection of an unknown subnet finds none, whatever giaddr says', three(), async (w) => {
    silent(await w.send(discover(client(1), throughRelay('10.3.0.1', withLinkSelection('172.16.0.0')))));
  }),
  scenario(
    'ignore-rai-link-selection goes by giaddr',
    three({}, {}, { compatibility: { 'ignore-rai-link-selection': true } }),
    async (w) => {
      await offeredIn(w, '10.3.', throughRelay('10.3.0.1', withLinkSelection('10.2.0.0')));
    },
  ),
  scenario('the subnet selection option selects and is echoed', three(), async (w) => {
    const reply = answered(await w.send(discover(client(1), withSubnetSelection('10.2.0.0'))), OFFER);
    assert.match(reply.yiaddr, /^10\.2\./);
    assert.equal(reply.hex(118), '0a020000');
  }),
  scenario('a unicast renewal is placed by ciaddr', three(), async (w) => {
    const { yiaddr } = await acquire(w, client(1), throughRelay('10.2.0.1'));
    answered(await renew(w, yiaddr, client(1)), ACK, yiaddr);
  }),
  scenario('a unicast packet without ciaddr is placed by its source', three(), async (w) => {
    const how = { source: parseIpv4('10.3.0.77'), destination: parseIpv4('192.0.2.1') };
    const reply = answered(await w.send(discover(client(1)), how), OFFER);
    assert.match(reply.yiaddr, /^10\.3\./);
  }),
  scenario('a broadcast packet is not placed by its ciaddr', three(), async (w) => {
    const reply = answered(await w.send(inform(client(1), havingAddress('10.3.0.77'))), ACK);
    assert.equal(reply.to, '10.3.0.77:68');
  }),
  scenario('a subnet for a class is closed to others', three({ 'client-classes': ['phones'] }), async (w) => {
    silent(await w.send(discover(client(1))));
    await offeredIn(w, '192.0.2.', phone);
  }),

  scenario('a full subnet hands over to the next of its network', shared(), async (w) => {
    assert.equal((await acquire(w, client(1))).yiaddr, '192.0.2.10');
    const second = await acquire(w, client(2));
    assert.equal(second.yiaddr, '10.2.0.10');
    assert.equal((await w.lease('10.2.0.10'))?.subnetId, 2);
    silent(await w.send(discover(client(3))));
    assert.equal(w.stat('v4-allocation-fail-shared-network'), 1);
    assert.equal(w.stat('v4-allocation-fail-subnet'), 0);
  }),
  scenario(
    'options follow the subnet that the address is in',
    shared(
      { 'option-data': [{ name: 'routers', data: '192.0.2.1' }] },
      { 'option-data': [{ name: 'routers', data: '10.2.0.1' }], 'valid-lifetime': 1234 },
    ),
    async (w) => {
      await acquire(w, client(1));
      const second = await acquire(w, client(2));
      assert.equal(second.hex(3), '0a020001');
      assert.equal(second.hex(1), 'ffff0000');
      assert.equal(second.number(51), 1234);
    },
  ),
  scenario('a client keeps its lease in the other subnet of the network', shared(), async (w) => {
    await acquire(w, client(1));
    await acquire(w, client(2));
    answered(await w.send(discover(client(2))), OFFER, '10.2.0.10');
    answered(
      await w.send(request(client(2), withRequestedAddress('10.2.0.10'), withServerId('192.0.2.1'))),
      ACK,
      '10.2.0.10',
    );
  }),
  scenario(
    'subnets of a network are chosen by class',
    shared({ 'client-classes': ['phones'] }, {}, { interface: 'eth0' }),
    async (w) => {
      answered(await w.send(discover(client(1))), OFFER, '10.2.0.10');
      answered(await w.send(discover(client(2), phone)), OFFER, '192.0.2.10');
    },
  ),
  scenario(
    'pools are chosen by class',
    three({
      pools: [
        { pool: '192.0.2.10 - 192.0.2.20', 'client-classes': ['phones'] },
        { pool: '192.0.2.100 - 192.0.2.110' },
      ],
    }),
    async (w) => {
      await offeredIn(w, '192.0.2.10', phone);
      const other = answered(await w.send(discover(client(1))), OFFER);
      assert.match(other.yiaddr, /^192\.0\.2\.1\d\d$/);
    },
  ),
  scenario(
    'a network for a class is closed to others',
    shared({}, {}, { 'client-classes': ['phones'] }),
    async (w) => {
      silent(await w.send(discover(client(1))));
      await offeredIn(w, '192.0.2.', phone);
    },
  ),
  scenario(
    'the relay addresses of a network count for its subnets',
    shared({}, {}, { relay: { 'ip-addresses': ['172.16.0.1'] } }),
    async (w) => {
      await offeredIn(w, '192.0.2.', throughRelay('172.16.0.1'));
    },
  ),
  scenario('a client on a new link gets an address there', three(), async (w) => {
    const before = await acquire(w, client(1), throughRelay('10.2.0.1'));
    const after = await acquire(w, client(1), throughRelay('10.3.0.1'));
    assert.match(before.yiaddr, /^10\.2\./);
    assert.match(after.yiaddr, /^10\.3\./);
  }),
  scenario('a subnet that a new configuration brings serves at once', three(), async (w) => {
    silent(await w.send(discover(client(1), throughRelay('10.4.0.1'))));
    const config = three();
    const list = config['subnet4'] as readonly JsonMap[];
    await w.reconfigure({
      ...config,
      subnet4: [...list, { id: 4, subnet: '10.4.0.0/16', pools: [{ pool: '10.4.0.0/24' }] }],
    });
    await offeredIn(w, '10.4.', throughRelay('10.4.0.1'));
    assert.equal(w.stat('subnet[4].total-addresses'), 256);
  }),
  scenario('a subnet that a new configuration drops serves no more', three(), async (w) => {
    await acquire(w, client(1), throughRelay('10.3.0.1'));
    const config = three();
    await w.reconfigure({ ...config, subnet4: (config['subnet4'] as readonly JsonMap[]).slice(0, 2) });
    silent(await w.send(discover(client(1), throughRelay('10.3.0.1'))));
    assert.equal(w.statistics.get('subnet[3].assigned-addresses'), undefined);
  }),
];
