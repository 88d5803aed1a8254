import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { ipv4UdpPacket } from '../../src/net/ipv4-frame.ts';

/** RFC 1071: over a correct header the one's complement sum is all ones. */
function verifies(bytes: Buffer, carry = 0): boolean {
  let total = carry;
  for (let i = 0; i < bytes.length; i += 2)
    total += i + 1 < bytes.length ? bytes.readUInt16BE(i) : bytes[i]! << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total === 0xffff;
}

for (const payload of ['', 'x', 'an odd payload!', 'an even payload!']) {
  test(`headers around ${payload.length} bytes have correct lengths and checksums`, () => {
    const packet = Buffer.from(
      ipv4UdpPacket(
        Buffer.from(payload),
        { address: parseIpv4('192.0.2.1'), port: 67 },
        { address: parseIpv4('198.51.100.7'), port: 68 },
      ),
    );
    assert.equal(
      packet.subarray(0, 4).toString('hex'),
      `451000${(28 + payload.length).toString(16).padStart(2, '0')}`,
    );
    assert.equal(packet.subarray(12, 28).toString('hex').slice(0, 24), 'c0000201c633640700430044');
    assert.ok(verifies(packet.subarray(0, 20)), 'IP header');
    const pseudo = 0xc000 + 0x0201 + 0xc633 + 0x6407 + 17 + 8 + payload.length;
    assert.ok(verifies(packet.subarray(20), pseudo), 'UDP');
    assert.equal(packet.subarray(28).toString(), payload);
  });
}
