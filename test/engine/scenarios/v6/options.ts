// Options of an answer: asked for, always, never, from which scope, and the kinds of their values.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../../src/config/written.ts';
import {
  informationRequest,
  request,
  solicit,
  suboption,
  withIaNa,
  withRequestedOptions,
  withVendorClass,
  withVendorOptions,
} from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  client6,
  plain6,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';
import type { World } from '../../world.ts';

const option = (name: string, data: string, more: JsonMap = {}): JsonMap => ({ name, data, ...more });
const options = (...list: JsonMap[]): JsonMap => ({ 'option-data': list });
const dns = (data: string, more: JsonMap = {}): JsonMap => option('dns-servers', data, more);
const dnsHex = (last: string): string => `20010db8${'0'.repeat(24 - last.length)}${last}`;
const member = withVendorClass(9, 'x');
const inClassX = 'vendor-class[9].exists';

/** What a client that asks for it is sent under the code, in hexadecimal. */
async function sent(w: World<6>, code: number): Promise<string> {
  const reply = answered6(await w.send(informationRequest(client6(1), withRequestedOptions(code))), REPLY);
  return reply.hex(code);
}

/** A scenario in which the configured options come to these bytes. Blanks do not count. */
const comesTo = (name: string, code: number, hex: string, ...list: JsonMap[]): Scenario<6> =>
  scenario6(name, plain6(options(...list)), async (w) => {
    assert.equal(await sent(w, code), hex.replaceAll(' ', ''));
  });

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

export const options6: readonly Scenario<6>[] = [
  scenario6(
    '§21.7: an option is sent when it is asked for',
    plain6(options(dns('2001:db8::1'))),
    async (w) => {
      assert.equal((await acquire6(w, [withIaNa(1)], client6(1))).hex(23), '');
      assert.equal(
        (await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(23))).hex(23),
        dnsHex('1'),
      );
    },
  ),
  scenario6(
    'always-send needs no asking',
    plain6(options(dns('2001:db8::1', { 'always-send': true }))),
    async (w) => {
      assert.equal((await acquire6(w, [withIaNa(1)], client6(1))).hex(23), dnsHex('1'));
    },
  ),
  scenario6(
    'never-send in any scope wins',
    plain6(
      options(dns('2001:db8::1', { 'never-send': true })),
      options(dns('2001:db8::2', { 'always-send': true })),
    ),
    async (w) => {
      assert.equal((await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(23))).hex(23), '');
    },
  ),
  scenario6(
    'pool goes before prefix pool, then subnet, class, global',
    plain6(
      {
        ...options(
          dns('2001:db8::1'),
          option('sip-server-addr', '2001:db8::1'),
          option('nis-servers', '2001:db8::1'),
          option('sntp-servers', '2001:db8::1'),
        ),
        'client-classes': [
          {
            name: 'x',
            test: inClassX,
            ...options(
              dns('2001:db8::2'),
              option('sip-server-addr', '2001:db8::2'),
              option('nis-servers', '2001:db8::2'),
            ),
          },
        ],
      },
      {
        ...options(dns('2001:db8::3'), option('nis-servers', '2001:db8::3')),
        pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::20', ...options(dns('2001:db8::4')) }],
      },
    ),
    async (w) => {
      const asks = withRequestedOptions(23, 27, 22, 31);
      const reply = await acquire6(w, [withIaNa(1)], client6(1), member, asks);
      assert.equal(reply.hex(23), dnsHex('4'));
      assert.equal(reply.hex(27), dnsHex('3'));
      assert.equal(reply.hex(22), dnsHex('2'));
      assert.equal(reply.hex(31), dnsHex('1'));
    },
  ),
  scenario6(
    'the network’s options stand between subnet and class',
    {
      'client-classes': [{ name: 'x', test: inClassX, ...options(dns('2001:db8::2')) }],
      'shared-networks': [
        {
          name: 'floor',
          interface: 'eth0',
          ...options(dns('2001:db8::3')),
          subnet6: [{ id: 1, subnet: '2001:db8:1::/64', pools: [{ pool: '2001:db8:1::/80' }] }],
        },
      ],
    },
    async (w) => {
      assert.equal(
        (await acquire6(w, [withIaNa(1)], client6(1), member, withRequestedOptions(23))).hex(23),
        dnsHex('3'),
      );
    },
  ),
  scenario6(
    'an option with class tags is for members only',
    plain6({
      'client-classes': [{ name: 'x', test: inClassX }],
      ...options(dns('2001:db8::1', { 'client-classes': ['x'] }), dns('2001:db8::2')),
    }),
    async (w) => {
      assert.equal(
        (await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(23))).hex(23),
        dnsHex('2'),
      );
      assert.equal(
        (await acquire6(w, [withIaNa(1)], client6(2), withRequestedOptions(23), member)).hex(23),
        dnsHex('1'),
      );
    },
  ),
  scenario6(
    'a class of evaluate-additional-classes brings its options after the lease is known',
    plain6(
      {
        'client-classes': [
          { name: 'late', 'only-in-additional-list': true, test: inClassX, ...options(dns('2001:db8::7')) },
        ],
      },
      { 'evaluate-additional-classes': ['late'] },
    ),
    async (w) => {
      assert.equal(
        (await acquire6(w, [withIaNa(1)], client6(1), member, withRequestedOptions(23))).hex(23),
        dnsHex('7'),
      );
      assert.equal((await acquire6(w, [withIaNa(1)], client6(2), withRequestedOptions(23))).hex(23), '');
    },
  ),
  scenario6(
    'options that the server makes itself cannot be configured over',
    plain6(options({ code: 1, 'csv-format': false, data: '0102', 'always-send': true })),
    async (w) => {
      const reply = await acquire6(w, [withIaNa(1)], client6(1), withRequestedOptions(1, 2, 3));
      assert.equal(reply.message.options.all(1).length, 1);
      assert.equal(reply.hex(1), '00030001020000000001');
    },
  ),
  scenario6(
    '§18.3.7: a client that leaves is sent no options',
    plain6(options(dns('2001:db8::1', { 'always-send': true }))),
    async (w) => {
      const reply = answered6(await w.send(solicit(client6(1), withRequestedOptions(23))), ADVERTISE);
      assert.equal(reply.hex(23), dnsHex('1'));
    },
  ),

  comesTo('§21.24: SOL_MAX_RT', 82, '00000e10', option('solmax-rt', '3600')),
  comesTo('§21.25: INF_MAX_RT', 83, '00015180', option('inf-max-rt', '86400')),
  comesTo(
    'RFC 3646 §4: domain search',
    24,
    '076578616d706c65036f726700 03 6c6162 00',
    option('domain-search', 'example.org, lab'),
  ),
  comesTo(
    'RFC 8910 §2.2: captive portal',
    103,
    hexOf('https://portal.example/'),
    option('v6-captive-portal', 'https://portal.example/'),
  ),
  comesTo(
    'RFC 9463 §4.1: encrypted DNS server',
    144,
    '0064 000d 03646f74076578616d706c6500 0010 20010db8000000000000000000000053 0001 0004 03646f74',
    option('v6-dnr', '100, dot.example., 2001:db8::53, alpn=dot'),
  ),
  comesTo(
    'RFC 5908 §4: an NTP server is a sub-option',
    56,
    '0001 0010 20010db8000000000000000000000123',
    option('ntp-server', ''),
    { space: 'v6-ntp-server-suboptions', ...option('ntp-server-address', '2001:db8::123') },
  ),
  comesTo(
    'RFC 7598 §5.1: the container of MAP-E with a rule, its port parameters and a border relay',
    94,
    '0059 0016 01 10 18 c0000200 30 20010db80001 005d 0004 06 04 3000 005a 0010 20010db80000000000000000000000aa',
    option('s46-cont-mape', ''),
    { space: 's46-cont-mape-options', ...option('s46-rule', '1, 16, 24, 192.0.2.0, 2001:db8:1::/48') },
    { space: 's46-cont-mape-options', ...option('s46-br', '2001:db8::aa') },
    { space: 's46-rule-options', ...option('s46-portparams', '6, 3/4') },
  ),
  comesTo(
    'RFC 7598 §5.2: the container of MAP-T with its default mapping rule',
    95,
    '005b 0009 40 20010db8000000ff',
    option('s46-cont-mapt', ''),
    { space: 's46-cont-mapt-options', ...option('s46-dmr', '2001:db8:0:ff::/64') },
  ),
  comesTo(
    'RFC 7598 §5.3: the container of lightweight 4over6',
    96,
    '005a 0010 20010db80000000000000000000000aa 005c 0013 c0000201 30 20010db80001 005d 0004 06 04 3000',
    option('s46-cont-lw', ''),
    { space: 's46-cont-lw-options', ...option('s46-br', '2001:db8::aa') },
    { space: 's46-cont-lw-options', ...option('s46-v4v6bind', '192.0.2.1, 2001:db8:1::/48') },
    { space: 's46-v4v6bind-options', ...option('s46-portparams', '6, 3/4') },
  ),
  comesTo(
    'RFC 5970 §3.2: boot file parameters',
    60,
    '0004 64617461 0002 6162',
    option('bootfile-param', 'data, ab'),
  ),

  scenario6(
    '§21.17: vendor options go to clients that name the enterprise and ask for them',
    plain6(
      options(
        { space: 'vendor-4491', ...option('tftp-servers', '2001:db8::69') },
        { space: 'vendor-4491', ...option('config-file', 'modem.cfg') },
      ),
    ),
    async (w) => {
      const asks = withVendorOptions(4491, suboption(1, [0, 32]));
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), asks)), ADVERTISE);
      assert.equal(reply.hex(17), `0000118b00200010${dnsHex('69')}`);
      const silentOnes = answered6(await w.send(solicit(client6(2), withIaNa(1))), ADVERTISE);
      assert.equal(silentOnes.hex(17), '');
      const other = withVendorOptions(9, suboption(1, [0, 32]));
      assert.equal(answered6(await w.send(solicit(client6(3), withIaNa(1), other)), ADVERTISE).hex(17), '');
    },
  ),
  scenario6(
    '§21.16: a vendor class names the enterprise: what is always sent comes with it',
    plain6(options({ space: 'vendor-9', code: 7, 'csv-format': false, data: 'abcd', 'always-send': true })),
    async (w) => {
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), member)), ADVERTISE);
      assert.equal(reply.hex(17), '0000000900070002abcd');
    },
  ),
  scenario6(
    '§21.17: several enterprises get one option each',
    plain6(
      options(
        { space: 'vendor-9', code: 7, 'csv-format': false, data: 'ab', 'always-send': true },
        { space: 'vendor-4491', ...option('config-file', 'm') },
      ),
    ),
    async (w) => {
      const asks = withVendorOptions(4491, suboption(1, [0, 33]));
      const reply = answered6(await w.send(solicit(client6(1), withIaNa(1), member, asks)), ADVERTISE);
      const bodies = reply.message.options.all(17).map((bytes) => Buffer.from(bytes).toString('hex'));
      assert.deepEqual(bodies.sort(), ['0000000900070001ab', '0000118b002100016d']);
    },
  ),
  scenario6(
    'vendor options that cannot be read ask for nothing',
    plain6(options({ space: 'vendor-4491', ...option('config-file', 'm') })),
    async (w) => {
      const broken = withVendorOptions(4491, suboption(1, [0]));
      assert.equal(
        answered6(await w.send(request(client6(1), toServer(), withIaNa(1), broken)), REPLY).hex(17),
        '',
      );
    },
  ),
];
