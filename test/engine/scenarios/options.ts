// Options and fields of the reply, and where it goes.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../src/config/written.ts';
import {
  discover,
  withMaxMessageSize,
  withParameters,
  withVendorClass,
  withVendorOptions,
} from '../../support/packets4.ts';
import {
  acquire,
  answered,
  client,
  NAK,
  OFFER,
  plain,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const option = (name: string, data: string, more: JsonMap = {}): JsonMap => ({ name, data, ...more });
const options = (...list: JsonMap[]): JsonMap => ({ 'option-data': list });
const ntp = (data: string, more: JsonMap = {}): JsonMap => option('ntp-servers', data, more);
const inClassX = "option[60].text == 'x'";

export const replyOptions: readonly Scenario[] = [
  scenario('an option is sent when it is asked for', plain(options(ntp('10.0.0.1'))), async (w) => {
    assert.equal((await acquire(w, client(1))).hex(42), '');
    assert.equal((await acquire(w, client(1), withParameters(42))).hex(42), '0a000001');
  }),
  scenario(
    'always-send needs no asking',
    plain(options(ntp('10.0.0.1', { 'always-send': true }))),
    async (w) => {
      assert.equal((await acquire(w, client(1))).hex(42), '0a000001');
    },
  ),
  scenario(
    'never-send in any scope wins',
    plain(
      options(ntp('10.0.0.1', { 'never-send': true })),
      options(ntp('10.0.0.2', { 'always-send': true })),
    ),
    async (w) => {
      assert.equal((await acquire(w, client(1), withParameters(42))).hex(42), '');
    },
  ),
  scenario(
    'pool goes before subnet, subnet before class, class before global',
    plain(
      {
        ...options(ntp('10.0.0.1'), option('pop-server', '10.0.0.1'), option('www-server', '10.0.0.1')),
        'client-classes': [
          {
            name: 'x',
            test: inClassX,
            ...options(ntp('10.0.0.2'), option('pop-server', '10.0.0.2'), option('smtp-server', '10.0.0.2')),
          },
        ],
      },
      {
        ...options(ntp('10.0.0.3'), option('smtp-server', '10.0.0.3')),
        pools: [{ pool: '192.0.2.10 - 192.0.2.20', ...options(ntp('10.0.0.4')) }],
      },
    ),
    async (w) => {
      const ack = await acquire(w, client(1), withVendorClass('x'), withParameters(42, 69, 70, 72));
      assert.equal(ack.hex(42), '0a000004');
      assert.equal(ack.hex(69), '0a000003');
      assert.equal(ack.hex(70), '0a000002');
      assert.equal(ack.hex(72), '0a000001');
    },
  ),
  scenario(
    'the network’s options stand between subnet and class',
    {
      'client-classes': [{ name: 'x', test: inClassX, ...options(ntp('10.0.0.2')) }],
      'shared-networks': [
        {
          name: 'floor',
          ...options(ntp('10.0.0.3')),
          subnet4: [{ id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.10 - 192.0.2.20' }] }],
        },
      ],
    },
    async (w) => {
      assert.equal(
        (await acquire(w, client(1), withVendorClass('x'), withParameters(42))).hex(42),
        '0a000003',
      );
    },
  ),
  scenario(
    'of two classes the first one wins',
    plain({
      'client-classes': [
        { name: 'first', test: inClassX, ...options(ntp('10.0.0.1')), 'boot-file-name': 'one' },
        { name: 'second', test: inClassX, ...options(ntp('10.0.0.2')), 'boot-file-name': 'two' },
      ],
    }),
    async (w) => {
      const ack = await acquire(w, client(1), withVendorClass('x'), withParameters(42));
      assert.equal(ack.hex(42), '0a000001');
      assert.equal(Buffer.from(ack.message.file).toString(), 'one');
    },
  ),
  scenario(
    'an option with class tags is for members only',
    plain({
      'client-classes': [{ name: 'x', test: inClassX }],
      ...options(ntp('10.0.0.1', { 'client-classes': ['x'] }), ntp('10.0.0.2')),
    }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withParameters(42))).hex(42), '0a000002');
      assert.equal(
        (await acquire(w, client(2), withParameters(42), withVendorClass('x'))).hex(42),
        '0a000001',
      );
    },
  ),
  scenario(
    'routers, name servers and domain name are sent unasked',
    plain(
      options(
        option('routers', '192.0.2.1'),
        option('domain-name-servers', '10.0.0.53'),
        option('domain-name', 'x.example'),
      ),
    ),
    async (w) => {
      const ack = await acquire(w, client(1));
      assert.equal(ack.hex(3), 'c0000201');
      assert.equal(ack.hex(6), '0a000035');
      assert.equal(ack.text(15), 'x.example');
    },
  ),
  scenario('the mask is the prefix of the subnet', plain({}, { subnet: '192.0.0.0/22' }), async (w) => {
    assert.equal((await acquire(w, client(1))).hex(1), 'fffffc00');
  }),
  scenario(
    'options keep the order the client asked in',
    plain(options(ntp('10.0.0.1'), option('pop-server', '10.0.0.2'), option('routers', '192.0.2.1'))),
    async (w) => {
      const codes = [...(await acquire(w, client(1), withParameters(70, 42, 3))).message.options.keys()];
      assert.deepEqual(codes, [53, 54, 51, 1, 70, 42, 3]);
    },
  ),
  scenario(
    'sub-options of an encapsulated space ride in their option',
    plain({
      'option-def': [
        { name: 'box', code: 222, type: 'empty', encapsulate: 'box-space' },
        { name: 'colour', code: 1, type: 'uint8', space: 'box-space' },
        { name: 'label', code: 2, type: 'string', space: 'box-space' },
      ],
      ...options(
        { name: 'box' },
        { space: 'box-space', name: 'colour', data: '7' },
        { space: 'box-space', name: 'label', data: 'ab' },
      ),
    }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withParameters(222))).hex(222), '01010702026162');
    },
  ),
  scenario(
    'option 43 carries the space of its class',
    plain({
      'client-classes': [
        {
          name: 'x',
          test: inClassX,
          'option-def': [
            { name: 'vendor-encapsulated-options', code: 43, type: 'empty', encapsulate: 'x-space' },
          ],
          ...options(
            { name: 'vendor-encapsulated-options' },
            { space: 'x-space', code: 1, 'csv-format': false, data: '0a0b' },
          ),
        },
      ],
    }),
    async (w) => {
      assert.equal(
        (await acquire(w, client(1), withVendorClass('x'), withParameters(43))).hex(43),
        '01020a0b',
      );
      assert.equal((await acquire(w, client(2), withParameters(43))).hex(43), '');
    },
  ),
  scenario(
    'vendor sub-options go to clients of the enterprise',
    plain({
      'option-def': [{ name: 'server', code: 2, type: 'ipv4-address', space: 'vendor-4491' }],
      ...options({ space: 'vendor-4491', name: 'server', data: '10.0.0.9' }),
    }),
    async (w) => {
      const ack = await acquire(w, client(1), withVendorOptions(4491, { 1: Uint8Array.of(2) }));
      assert.equal(ack.hex(125), '0000118b0602040a000009');
      assert.equal((await acquire(w, client(2))).hex(125), '');
    },
  ),
  scenario(
    'siaddr, sname and file come from the subnet, else from the global scope',
    plain(
      { 'next-server': '10.0.0.1', 'server-hostname': 'global', 'boot-file-name': '/global' },
      { 'next-server': '10.0.0.2', 'boot-file-name': '/subnet' },
    ),
    async (w) => {
      const { message } = await acquire(w, client(1));
      assert.equal(message.siaddr, 0x0a000002);
      assert.equal(Buffer.from(message.sname).toString(), 'global');
      assert.equal(Buffer.from(message.file).toString(), '/subnet');
    },
  ),
  scenario(
    'options that do not fit the client’s message size are left out, the lease is not',
    plain(
      options(
        option(
          'domain-search',
          Array.from({ length: 30 }, (_, i) => `host${i}.long-department-name.example`).join(', '),
        ),
      ),
    ),
    async (w) => {
      const ack = await acquire(w, client(1), withParameters(119), withMaxMessageSize(576));
      assert.equal(ack.hex(119), '');
      assert.equal(ack.number(51), 7200);
      assert.ok(w.logged('DHCP4_PACKET_OPTIONS_SKIPPED'));
      const large = await acquire(w, client(1), withParameters(119), withMaxMessageSize(1500));
      assert.notEqual(large.hex(119), '');
    },
  ),
  scenario(
    'classes that a subnet asks for are evaluated after the address is known',
    plain(
      {
        'client-classes': [
          { name: 'late', 'only-in-additional-list': true, test: inClassX, ...options(ntp('10.0.0.1')) },
          { name: 'added', 'only-in-additional-list': true, ...options(option('pop-server', '10.0.0.2')) },
        ],
      },
      { 'evaluate-additional-classes': ['late', 'added'] },
    ),
    async (w) => {
      const ack = await acquire(w, client(1), withVendorClass('x'), withParameters(42, 70));
      assert.equal(ack.hex(42), '0a000001');
      assert.equal(ack.hex(70), '0a000002');
      assert.equal((await acquire(w, client(2), withParameters(42))).hex(42), '');
    },
  ),
  scenario(
    'a template class spawns classes whose options win',
    plain({
      'client-classes': [
        { name: 'SPAWN_site_x', ...options(ntp('10.0.0.7')) },
        { name: 'site', 'template-test': 'option[60].text', ...options(ntp('10.0.0.8')) },
      ],
    }),
    async (w) => {
      assert.equal(
        (await acquire(w, client(1), withVendorClass('x'), withParameters(42))).hex(42),
        '0a000007',
      );
      assert.equal(
        (await acquire(w, client(2), withVendorClass('y'), withParameters(42))).hex(42),
        '0a000008',
      );
    },
  ),
  scenario(
    'members of DROP are dropped',
    plain({ 'client-classes': [{ name: 'DROP', test: inClassX }] }),
    async (w) => {
      silent(await w.send(discover(client(1), withVendorClass('x'))));
      assert.equal(w.stat('pkt4-admin-filtered'), 1);
    },
  ),
  scenario(
    'members of REJECT get silence and NAK',
    plain({ 'client-classes': [{ name: 'REJECT', test: inClassX }] }),
    async (w) => {
      silent(await w.send(discover(client(1), withVendorClass('x'))));
      answered(await renew(w, '192.0.2.10', client(1), withVendorClass('x')), NAK);
    },
  ),
  scenario(
    'a client that prefers IPv6 takes no address where option 108 is configured',
    plain({}, options(option('v6-only-preferred', '1800'))),
    async (w) => {
      const offer = answered(await w.send(discover(client(1), withParameters(108))), OFFER, '0.0.0.0');
      assert.equal(offer.number(108), 1800);
      answered(await w.send(discover(client(2))), OFFER, '192.0.2.10');
    },
  ),
  scenario(
    'a client that prefers IPv6 gets an address where option 108 is only global',
    plain(options(option('v6-only-preferred', '1800'))),
    async (w) => {
      const offer = answered(await w.send(discover(client(1), withParameters(108))), OFFER);
      assert.notEqual(offer.yiaddr, '0.0.0.0');
    },
  ),
];
