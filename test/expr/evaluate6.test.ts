// Class expressions over decoded DHCPv6 packets: options inside IAs, vendor options, relays, and their texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv6Bytes } from '../../src/addr/ipv6.ts';
import { compileBoolean, compileString } from '../../src/expr/compile.ts';
import type { ExpressionPacket } from '../../src/expr/expression.ts';
import { decodePacket6 } from '../../src/wire/v6/codec.ts';
import * as p from '../support/packets6.ts';
import { contextWith, packetWith } from './packets.ts';

/** As the engine sees it: level 0 is next to the server. */
function packetOf({ bytes }: p.TestPacket6): ExpressionPacket {
  const { relays, message } = decodePacket6(bytes);
  return {
    ...packetWith({ family: 6 }),
    option: (code) => message.options.get(code),
    relay6(level) {
      const relay = relays.at(level);
      return (
        relay && {
          option: (code) => relay.options.get(code),
          peer: ipv6Bytes(relay.peerAddress),
          link: ipv6Bytes(relay.linkAddress),
        }
      );
    },
  };
}

const packet = packetOf(
  p.request(
    p.withIaNa(7, p.address('2001:db8::1', 300, 400), p.address('2001:db8::2'), p.status(2, 'none left')),
    p.withIaPd(8, p.prefix('2001:db8:1::/56', 1, 2)),
    p.withVendorClass(9, 'abc', 'de'),
    p.withVendorOptions(4491, p.suboption(2, 'ECM'), p.suboption(2, 'second'), p.suboption(300, '0x0102')),
    p.withFqdn('box.example.'),
    p.withElapsedTime(100),
    p.throughRelay(
      '2001:db8::a',
      'fe80::1',
      p.withInterfaceId('eth7'),
      p.withSuppliedOptions(p.suboption(65, '0x00')),
    ),
    p.throughRelay('::', '2001:db8::a'),
  ),
);
const text = (expression: string): string =>
  Buffer.from(compileString(expression, contextWith(6)).evaluate(packet)).toString('latin1');
const hex = (expression: string): string =>
  Buffer.from(compileString(expression, contextWith(6)).evaluate(packet)).toString('hex');
const holds = (expression: string): boolean => compileBoolean(expression, contextWith(6)).evaluate(packet);

test('options inside of IAs are reached, the first of several addresses counts', () => {
  assert.equal(text('addrtotext(substring(option[3].option[5].hex, 0, 16))'), '2001:db8::1');
  assert.equal(hex('option[3].option[13].hex').slice(0, 4), '0002');
  assert.equal(holds('option[25].option[26].exists and not option[25].option[5].exists'), true);
  assert.equal(
    text('option[3].option[5].text'),
    'type=00005(IAADDR), len=00024: address=2001:db8::1, preferred-lft=300, valid-lft=400',
  );
});

test('vendor options are reached through vendor[] and through option 17', () => {
  assert.equal(text('vendor[4491].option[2].hex'), 'ECM');
  assert.equal(text('vendor[4491].option[device-type].hex'), 'ECM');
  assert.equal(hex('option[17].option[300].hex'), '0102');
  assert.equal(holds('vendor[9].exists'), false);
  assert.equal(text('vendor-class[9].data[1]'), 'de');
});

test('relays are counted from the server, and what they supply is reached', () => {
  assert.equal(text('relay6[1].option[18].hex'), 'eth7');
  assert.equal(text('relay6[-1].option[18].hex'), 'eth7');
  assert.equal(text('addrtotext(relay6[0].peeraddr)'), '2001:db8::a');
  assert.equal(hex('relay6[1].option[66].option[65].hex'), '00');
});

// Written after Kea's classes for these options; not taken from a running Kea.
test('the text of an option has the form of its class in Kea', () => {
  const expected: Readonly<Record<string, string>> = {
    'option[3].text':
      'type=00003(IA_NA), len=00083: iaid=7, t1=0, t2=0,\noptions:\n' +
      '  type=00005(IAADDR), len=00024: address=2001:db8::1, preferred-lft=300, valid-lft=400\n' +
      '  type=00005(IAADDR), len=00024: address=2001:db8::2, preferred-lft=0, valid-lft=0\n' +
      '  type=00013, len=00011: NoAddrsAvail(2) "none left"',
    'option[25].text':
      'type=00025(IA_PD), len=00041: iaid=8, t1=0, t2=0,\noptions:\n' +
      '  type=00026(IAPREFIX), len=00025: prefix=2001:db8:1::/56, preferred-lft=1, valid-lft=2',
    'option[16].text':
      "type=16, len=13,  enterprise id=0x9, data-len0=3, vendor-class-data0='abc', data-len1=2, vendor-class-data1='de'",
    'option[39].text': "type=39(CLIENT_FQDN), flags: (N=0, O=0, S=1), domain-name='box.example.' (full)",
    'option[8].text': 'type=00008, len=00002: 100 (uint16)',
    'vendor[4491].option[2].text': 'ECM',
    'option[17].text':
      'type=00017, len=00027: 4491 (uint32),\noptions:\n' +
      '  type=00002, len=00003: "ECM" (string)\n' +
      '  type=00002, len=00006: "second" (string)\n' +
      '  type=00300, len=00002: 01:02',
  };
  for (const [expression, value] of Object.entries(expected)) assert.equal(text(expression), value);
});
