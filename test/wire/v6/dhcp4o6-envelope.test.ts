// What the two daemons send each other for DHCPv4 over DHCPv6: bytes as Kea's DHCPv6 server sends them, and bad ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIpv6, parseIpv6 } from '../../../src/addr/ipv6.ts';
import { WireError } from '../../../src/wire/cursor.ts';
import { decodeEnveloped4o6, encodeEnveloped4o6 } from '../../../src/wire/v6/dhcp4o6-envelope.ts';
import { messageType6 } from '../../../src/wire/v6/message.ts';
import { option6 } from '../../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../../src/wire/v6/options.ts';
import { fromHex, toHex } from './check.ts';

/** Heard on ka from [2001:db8:1::aaa]:546; a DHCPv4 message of four bytes. */
const where = '0011 0024 000009bf ea60 0002 6b61 ea61 0010 20010db8000100000000000000000aaa ea62 0002 0222';
const inside = '0057 0004 01020304';
const direct = fromHex(`14 800000 ${where} ${inside}`);
const relayed = fromHex(
  '0c 00 20010db8000100000000000000000001 fe800000000000000000000000000002 0012 0005 706f727437' +
    `0009 0034 14 000000 ${where} ${inside}`,
);

test("a query as Kea's DHCPv6 server passes it on, direct and through a relay", () => {
  const packet = decodeEnveloped4o6(direct);
  assert.deepEqual([packet.iface, formatIpv6(packet.address), packet.port], ['ka', '2001:db8:1::aaa', 546]);
  assert.deepEqual(packet.relays, []);
  assert.equal(packet.message.type, messageType6.DHCPV4_QUERY);
  assert.equal(packet.message.transactionId, 0x800000);
  assert.deepEqual([...packet.message.options.codes], [option6.dhcpv4Message], 'the envelope is off');
  const behind = decodeEnveloped4o6(relayed);
  assert.equal(formatIpv6(behind.relays[0]!.peerAddress), 'fe80::2');
  assert.equal(toHex(behind.message.options.get(option6.dhcpv4Message)!), '01020304');
});

test('what is written is read again, whatever the client had put in its place', () => {
  for (const bytes of [direct, relayed]) {
    const ours = encodeEnveloped4o6(decodeEnveloped4o6(bytes));
    assert.equal(ours.length, bytes.length);
    assert.deepEqual(encodeEnveloped4o6(decodeEnveloped4o6(ours)), ours);
  }
  const options = new Options6()
    .add(option6.vendorOptions, fromHex('000009bf ea60 0004 65766c31'))
    .add(option6.vendorOptions, fromHex('00000009 0001 0000'));
  const message = { type: messageType6.DHCPV4_QUERY, transactionId: 0, options };
  const forged = { relays: [], message, iface: 'eth0', address: parseIpv6('fe80::7'), port: 1024 };
  const read = decodeEnveloped4o6(encodeEnveloped4o6(forged));
  assert.equal(read.iface, 'eth0');
  assert.deepEqual(read.message.options.all(option6.vendorOptions).map(toHex), ['0000000900010000']);
});

test('a packet that does not say where it was heard is refused', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [`14 000000 ${inside}`, /no vendor option/],
    [`14 000000 0011 0004 00000009 ${inside}`, /no vendor option/],
    [`14 000000 0011 0004 000009bf ${inside}`, /names no interface/],
    [`14 000000 0011 000a 000009bf ea60 0002 6b61 ${inside}`, /no source address/],
    [
      `14 000000 0011 001e 000009bf ea60 0002 6b61 ea61 0010 20010db8000100000000000000000aaa ${inside}`,
      /no source port/,
    ],
    [`14 000000 0011 0008 000009bf ea60 0009 ${inside}`, /./],
    ['14 00', /too few/],
    ['', /too few/],
  ];
  for (const [hex, message] of rows) {
    assert.throws(
      () => decodeEnveloped4o6(fromHex(hex)),
      (error) => error instanceof WireError && message.test(error.message),
      hex,
    );
  }
});
