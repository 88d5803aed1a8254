// Every operand and function of the expression language on captured and hand-built packets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlotillaError } from '../../src/errors.ts';
import { compileBoolean, compileString } from '../../src/expr/compile.ts';
import type { ExpressionPacket } from '../../src/expr/expression.ts';
import { bytes, capturedDiscover, contextWith, packetWith, sub6 } from './packets.ts';

const text = (expression: string, packet = capturedDiscover): string =>
  Buffer.from(compileString(expression, contextWith(packet.family)).evaluate(packet)).toString('latin1');
const hex = (expression: string, packet = capturedDiscover): string =>
  Buffer.from(compileString(expression, contextWith(packet.family)).evaluate(packet)).toString('hex');
const holds = (expression: string, packet: ExpressionPacket = capturedDiscover): boolean =>
  compileBoolean(expression, contextWith(packet.family, 'gold')).evaluate(packet);

test('the text of an option has the form that Kea gives it', () => {
  const expected: Readonly<Record<string, string>> = {
    'option[2].text': 'type=002, len=004: -1 (int32)',
    'option[6].text': 'type=006, len=008: 10.0.0.1 10.0.0.2',
    'option[12].text': 'Host.Example',
    'option[15].text': 'ex.org',
    'option[19].text': 'type=019, len=001: true (boolean)',
    'option[50].text': 'type=050, len=004: 192.0.2.15 (ipv4-address)',
    'option[53].text': 'type=053, len=001: 1 (uint8)',
    'option[55].text': 'type=055, len=003: 1(uint8) 3(uint8) 6(uint8)',
    'option[57].text': 'type=057, len=002: 1500 (uint16)',
    'option[60].text': 'MSFT 5.0',
    'option[61].text': 'type=061, len=007: 01:02:03:04:05:06:07',
    'option[80].text': "type=080, len=000: ''",
    'option[88].text': 'type=088, len=005: "foo." (fqdn)',
    'option[93].text': 'type=093, len=004: 7(uint16) 6(uint16)',
    'option[94].text': 'type=094, len=003: 1 (uint8) 3 (uint8) 1 (uint8)',
    'option[118].text': 'type=118, len=004: 192.0.2.0 (ipv4-address)',
    'option[119].text': 'type=119, len=012: "foo.bar." (fqdn) "a." (fqdn)',
    'option[150].text': 'type=150, len=003: 01:02:03',
    'option[81].text': "type=81 (CLIENT_FQDN), flags: (N=0, E=0, O=0, S=1), domain-name='my.host' (partial)",
    'option[99].text': '',
    'relay4[1].text': "type=001, len=010: 65:74:68:31:2f:32:6d:6f:72:65 'eth1/2more'",
    'relay4[2].text': 'type=002, len=003: aa:bb:cc',
    'option[82].text':
      "type=082, len=019:,\noptions:\n  type=001, len=010: 65:74:68:31:2f:32:6d:6f:72:65 'eth1/2more'\n  type=002, len=003: aa:bb:cc",
  };
  for (const [expression, value] of Object.entries(expected))
    assert.equal(text(expression), value, expression);
});

test('hex is the payload, whole, and empty when the option is absent', () => {
  assert.equal(hex('option[43].hex'), '0103616263020378797a');
  assert.equal(hex('option[host-name].hex'), Buffer.from('Host.Example').toString('hex'));
  assert.equal(hex('option[99].hex'), '');
  assert.equal(hex('option[43].option[2].hex'), '78797a');
  assert.equal(hex('relay4[1].hex'), Buffer.from('eth1/2more').toString('hex'));
  assert.equal(hex('option[82].option[2].hex'), 'aabbcc');
  assert.equal(hex('option[82].option[circuit-id].hex'), hex('relay4[1].hex'));
  assert.equal(hex('relay4[remote-id].hex'), 'aabbcc');
  assert.equal(hex('option[82].option[9].option[1].hex'), '');
});

test('exists is true for an empty option and false when any level is missing', () => {
  assert.equal(holds('option[80].exists'), true);
  assert.equal(holds('option[99].exists'), false);
  assert.equal(holds('option[82].option[1].exists'), true);
  assert.equal(holds('option[82].option[9].exists'), false);
  assert.equal(holds('option[99].option[1].exists'), false);
  assert.equal(holds('option[12].option[1].exists'), false);
  assert.equal(holds('relay4[1].exists'), true);
  assert.equal(holds('relay4[3].exists'), false);
  assert.equal(holds('relay4[1].option[2].exists'), false);
});

test('an option whose sub-options run past its end has none', () => {
  const packet = packetWith({ options: { 82: bytes(1, 2, 'ab', 2, 9, 'x') } });
  assert.equal(text('relay4[1].hex', packet), '');
  assert.equal(holds('relay4[2].exists', packet), false);
  assert.equal(hex('option[82].hex', packet), '01026162020978');
});

test('header fields that are numbers have four bytes', () => {
  assert.equal(hex('pkt4.mac'), '020000000001');
  assert.equal(hex('pkt4.hlen'), '00000006');
  assert.equal(hex('pkt4.htype'), '00000001');
  assert.equal(hex('pkt4.msgtype'), '00000001');
  assert.equal(hex('pkt4.transid'), '12345678');
  assert.equal(hex('pkt4.giaddr'), 'c0000201');
  for (const field of ['ciaddr', 'yiaddr', 'siaddr']) assert.equal(hex(`pkt4.${field}`), '00000000');
  assert.equal(hex('pkt4.msgtype', packetWith()), '00000000');
  assert.equal(holds('pkt4.msgtype == 1 and pkt4.giaddr == 192.0.2.1'), true);
});

test('packet data: interface, addresses, length', () => {
  assert.equal(text('pkt.iface'), 'eth0');
  assert.equal(text('addrtotext(pkt.src)'), '10.0.0.9');
  assert.equal(text('addrtotext(pkt.dst)'), '255.255.255.255');
  assert.equal(hex('pkt.len'), '0000018a');
});

test('of several enterprises the lowest number answers for vendor-class and vendor', () => {
  assert.equal(text('vendor-class[9].data'), 'abc');
  assert.equal(text('vendor-class[*].data'), 'abc');
  assert.equal(text('vendor-class[0].data[0]'), 'abc');
  assert.equal(text('vendor-class[*].data[1]'), '');
  assert.equal(text('vendor-class[4491].data'), '');
  assert.equal(hex('vendor-class.enterprise'), '00000009');
  assert.equal(holds('vendor-class[9].exists'), true);
  assert.equal(holds('vendor-class[4491].exists'), false);
  assert.equal(hex('vendor.enterprise'), '0000118b');
  assert.equal(holds('vendor[4491].exists and vendor[*].exists and vendor[0].exists'), true);
  assert.equal(holds('vendor[9].exists'), false);
  assert.equal(text('vendor[4491].option[1].hex'), 'v1');
  assert.equal(hex('vendor[*].option[2].hex'), '0a000001');
  assert.equal(text('vendor[9].option[1].hex'), '');
  assert.equal(holds('vendor[4491].option[7].exists'), false);
});

test('without vendor options there is no enterprise', () => {
  const packet = packetWith();
  assert.equal(hex('vendor.enterprise', packet), '');
  assert.equal(hex('vendor-class.enterprise', packet), '');
  assert.equal(holds('vendor[*].exists or vendor-class[*].exists', packet), false);
  assert.equal(text('vendor-class[*].data', packet), '');
});

test('literals: text, hexadecimal, integers, addresses', () => {
  assert.equal(text("'a b'"), 'a b');
  assert.equal(hex("'é'"), 'c3a9');
  assert.equal(hex('0x123'), '0123');
  assert.equal(hex('0XfF'), 'ff');
  assert.equal(hex('4294967295'), 'ffffffff');
  assert.equal(hex('0'), '00000000');
  assert.equal(hex('10.0.0.1'), '0a000001');
  assert.equal(hex('2001:db8::1'), '20010db8000000000000000000000001');
  assert.equal(hex('::ffff:192.0.2.1'), '00000000000000000000ffffc0000201');
  assert.equal(holds('0x01 == 1'), false);
  assert.equal(holds("'' == 0x00"), false);
});

const functionTable: readonly (readonly [string, string])[] = [
  ["substring('abcdef', 0, 2)", 'ab'],
  ["substring('abcdef', 1, -2)", 'a'],
  ["substring('abcdef', -1, -2)", 'de'],
  ["substring('abcdef', -6, 2)", 'ab'],
  ["substring('abcdef', -7, 20)", ''],
  ["substring('abcdef', 6, 1)", ''],
  ["substring('abcdef', 2, 0)", ''],
  ["substring('abcdef', 5, all)", 'f'],
  ["substring('abcdef', -2, all)", 'ef'],
  ["substring('abcdef', 4, 99999999999)", 'ef'],
  ["substring('', 0, all)", ''],
  ["split('a.b..c', '.', 1)", 'a'],
  ["split('a.b..c', '.', 3)", ''],
  ["split('a.b..c', '.', 4)", 'c'],
  ["split('a.b..c', '.', 5)", ''],
  ["split('a.b-c', '.-', 3)", 'c'],
  ["split('abc', '', 2)", 'abc'],
  ["split('abc', '.', 0)", ''],
  ["split('abc', '.', -1)", ''],
  ["split('', '.', 1)", ''],
  ["concat('ab', 'c')", 'abc'],
  ["'ab' + 'c' + 'd'", 'abcd'],
  ["lcase('AbZ[')", 'abz['],
  ["ucase('aBz{')", 'ABZ{'],
  ["hexstring(0x0102ff, ':')", '01:02:ff'],
  ["hexstring(0x0102ff, '::')", '01::02::ff'],
  ["hexstring(0x0102ff, '')", '0102ff'],
  ["hexstring('', ':')", ''],
  ['addrtotext(10.0.0.1)', '10.0.0.1'],
  ['addrtotext(2001:DB8::1)', '2001:db8::1'],
  ["addrtotext('')", ''],
  ['int8totext(0xff)', '-1'],
  ['int8totext(0x7f)', '127'],
  ['int16totext(0xfffe)', '-2'],
  ['int32totext(0xffffffff)', '-1'],
  ['int32totext(0x80000000)', '-2147483648'],
  ['uint8totext(0xff)', '255'],
  ['uint16totext(0xfffe)', '65534'],
  ['uint32totext(0xffffffff)', '4294967295'],
  ["uint32totext('')", ''],
  ["ifelse(option[12].exists, 'a', 'b')", 'a'],
  ["ifelse(option[99].exists, 'a', 'b')", 'b'],
  ["sifelse(option[99].exists, 'a', 'b')", 'b'],
  ["ifelse(option[12].exists, 'a', addrtotext('abc'))", 'a'],
  ["lcase(split(option[12].text, '.', 1)) + '-' + hexstring(substring(pkt4.mac, -2, all), '')", 'host-0001'],
];

test('every function gives what Kea gives', () => {
  for (const [expression, expected] of functionTable) assert.equal(text(expression), expected, expression);
});

test('a value that a function cannot work with is an evaluation error', () => {
  for (const expression of [
    "addrtotext('abc')",
    'uint8totext(0x0102)',
    'int16totext(1)',
    'uint32totext(0x01)',
    "sifelse(option[12].exists, 'a', addrtotext('abc'))",
  ]) {
    assert.throws(
      () => text(expression),
      (error) => error instanceof FlotillaError && error.code === 'EXPRESSION_EVALUATION',
      expression,
    );
  }
  assert.throws(() => hex('pkt4.mac', packetWith()), /no hardware address/);
});

test('malformed options are an evaluation error, never another one', () => {
  const broken = packetWith({ options: { 124: bytes(0, 0), 125: bytes(0, 0, 0, 1, 9, 1) } });
  for (const expression of ['vendor.enterprise', 'vendor-class.enterprise', 'vendor[1].option[1].hex']) {
    assert.throws(
      () => hex(expression, broken),
      (error) => error instanceof FlotillaError && error.code === 'EXPRESSION_EVALUATION',
    );
  }
});

test('operators bind as documented: sor, or, sand, and, not, ==, +', () => {
  const yes = 'option[12].exists';
  const no = 'option[99].exists';
  const table: readonly (readonly [string, boolean])[] = [
    [`${yes} or ${yes} and ${no}`, true],
    [`(${yes} or ${yes}) and ${no}`, false],
    [`${no} and ${no} or ${yes}`, true],
    [`not ${no} and ${no}`, false],
    [`not (${no} and ${no})`, true],
    [`not 'a' == 'b'`, true],
    [`not not ${yes}`, true],
    [`'a' + 'b' == 'ab'`, true],
    [`'ab' == 'a' + 'b' and ${yes}`, true],
    [`${yes} sor ${yes} sand ${no}`, true],
    [`${yes} sand ${no} or ${yes}`, true],
    [`${yes} or ${yes} sand ${no}`, true],
    [`${no} sand ${yes} and ${yes}`, false],
    [`('a' + ('b')) == ('ab')`, true],
    [`${no} or ${no} or ${yes}`, true],
    [`${yes} and ${yes} and ${no}`, false],
    [`notmember('gold')`, true],
  ];
  for (const [expression, expected] of table) assert.equal(holds(expression), expected, expression);
});

test('and, or and ifelse leave the other side alone; sand and sor do not', () => {
  const wrong = "addrtotext('abc') == ''";
  assert.equal(holds(`option[12].exists or ${wrong}`), true);
  assert.equal(holds(`option[99].exists and ${wrong}`), false);
  assert.throws(() => holds(`option[12].exists sor ${wrong}`));
  assert.throws(() => holds(`option[99].exists sand ${wrong}`));
});

test('member asks the packet, and the names are listed once in order of appearance', () => {
  const expression = compileBoolean(
    "member('gold') or not member('KNOWN') and member('gold') or member('VENDOR_CLASS_x')",
    contextWith(4, 'gold'),
  );
  assert.deepEqual(expression.memberOf, ['gold', 'KNOWN', 'VENDOR_CLASS_x']);
  assert.equal(expression.evaluate(packetWith({ classes: ['gold'] })), true);
  assert.equal(expression.evaluate(packetWith({ classes: ['KNOWN'] })), false);
});

test('DHCPv6: relay levels, peer and link addresses, options of the innermost packet', () => {
  const address = (last: number) =>
    bytes(
      [0x20, 1, 0xd, 0xb8],
      Array.from({ length: 11 }, () => 0),
      last,
    );
  const packet = packetWith({
    family: 6,
    options: {
      16: bytes([0, 0, 0, 9], [0, 3], 'abc', [0, 2], 'de'),
      17: bytes([0, 0, 0x11, 0x8b], sub6(1, 'v1'), sub6(300, 'v2')),
      39: bytes(1, 1, 'a', 0),
    },
    header: { msgtype: bytes(1), transid: bytes(1, 2, 3) },
    relays: [
      { options: { 18: bytes('port-9') }, peer: address(1), link: address(2) },
      { options: { 37: bytes(0, 0, 0, 9, 'rid') }, peer: address(3), link: address(4) },
    ],
  });
  assert.equal(text('relay6[0].option[18].hex', packet), 'port-9');
  assert.equal(text('relay6[0].option[interface-id].hex', packet), 'port-9');
  assert.equal(holds('relay6[-1].option[37].exists and relay6[1].option[37].exists', packet), true);
  assert.equal(text('addrtotext(relay6[0].peeraddr)', packet), '2001:db8::1');
  assert.equal(text('addrtotext(relay6[-1].linkaddr)', packet), '2001:db8::4');
  assert.equal(text('relay6[5].peeraddr', packet), '');
  assert.equal(holds('relay6[-3].option[18].exists', packet), false);
  assert.equal(hex('pkt6.transid', packet), '00010203');
  assert.equal(holds('pkt6.msgtype == 1', packet), true);
  assert.equal(text('vendor-class[9].data[1]', packet), 'de');
  assert.equal(text('vendor[4491].option[300].hex', packet), 'v2');
  assert.equal(text('option[65535].text', packet), '');
  assert.equal(
    text('option[65535].text', packetWith({ family: 6, options: { 65535: bytes(1) } })),
    'type=65535, len=00001: 01',
  );
});

test('a chain of twenty thousand operators is evaluated without deep recursion', () => {
  const many = Array.from({ length: 20_000 }, () => 'option[99].exists').join(' or ');
  assert.equal(holds(`${many} or option[12].exists`), true);
  assert.equal(text(Array.from({ length: 20_000 }, () => "'a'").join(' + ')).length, 20_000);
});
