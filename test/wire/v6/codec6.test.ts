// DHCPv6 packets against golden ones, a table of malformed ones, and their properties.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv6 } from '../../../src/addr/ipv6.ts';
import { FlotillaError } from '../../../src/errors.ts';
import { WireError } from '../../../src/wire/cursor.ts';
import { decodePacket6, encodePacket6, maxRelays6 } from '../../../src/wire/v6/codec.ts';
import { messageType6, type Packet6 } from '../../../src/wire/v6/message.ts';
import { Options6 } from '../../../src/wire/v6/options.ts';
import { request, solicit, throughRelay, withInterfaceId, withOption } from '../../support/packets6.ts';
import { fromHex, listed, throwsAsSaid, toHex } from './check.ts';
import { goldenPackets6 } from './golden-packets6-rows.ts';
import { malformedPackets6 } from './malformed-packets6-rows.ts';

const optionsOf = (entries: readonly (readonly [number, Uint8Array])[]): Options6 => {
  const options = new Options6();
  for (const [code, value] of entries) options.add(code, value);
  return options;
};

for (const golden of goldenPackets6) {
  test(`golden packet: ${golden.name} (${golden.source})`, () => {
    const { relays, message } = decodePacket6(fromHex(golden.bytes));
    assert.deepEqual(
      [message.type, message.transactionId, listed(message.options)],
      [golden.type, golden.transactionId, golden.options],
    );
    const found = relays.map(({ type, hopCount, linkAddress, peerAddress, options }) => ({
      type,
      hopCount,
      link: formatIpv6(linkAddress),
      peer: formatIpv6(peerAddress),
      options: listed(options).map(([code, hex]) => [code, code === 9 ? '' : hex]),
    }));
    assert.deepEqual(found, golden.relays ?? []);
    assert.equal(toHex(encodePacket6({ relays, message })), toHex(fromHex(golden.bytes)));
  });
}

test('there is a golden packet for every message type that decodes here', () => {
  const failover = (type: number): boolean => type >= messageType6.BNDUPD && type <= messageType6.CONTACT;
  const covered = new Set(
    goldenPackets6.flatMap(({ type, relays }) => [type, ...(relays ?? []).map((r) => r.type)]),
  );
  const missing = Object.values(messageType6).filter((type) => !covered.has(type) && !failover(type));
  assert.deepEqual(missing, []);
});

for (const row of malformedPackets6) {
  test(`malformed packet: ${row.name}`, () => {
    throwsAsSaid(() => decodePacket6(fromHex(row.hex)), row);
    const lenient = (): Packet6 => decodePacket6(fromHex(row.hex), { lenient: true });
    if (row.lenientOptions === undefined) assert.throws(lenient, WireError);
    else assert.deepEqual(listed(lenient().message.options), row.lenientOptions);
  });
}

test('a decoded packet shares memory with its bytes', () => {
  const { bytes } = solicit(withOption(16, 'abc'), throughRelay('::1', '::2', withInterfaceId('eth0')));
  const { relays, message } = decodePacket6(bytes);
  assert.equal(message.options.get(16)!.buffer, bytes.buffer);
  assert.equal(relays[0]!.options.get(18)!.buffer, bytes.buffer);
});

test('relays are counted from the server: 0 is the outermost, -1 the one next to the client', () => {
  const { bytes } = request(
    throughRelay('2001:db8:1::', 'fe80::1', withInterfaceId('client side')),
    throughRelay('2001:db8:2::', 'fe80::2', withInterfaceId('server side')),
  );
  const { relays } = decodePacket6(bytes);
  const text = (level: number): string => Buffer.from(relays.at(level)!.options.get(18)!).toString();
  assert.deepEqual([text(0), text(-1)], ['server side', 'client side']);
  assert.deepEqual(
    relays.map(({ hopCount }) => hopCount),
    [1, 0],
  );
});

test('a packet comes through 32 relays and goes through 32', () => {
  const parts = Array.from({ length: maxRelays6 }, (_, i) => throughRelay(`2001:db8::${i}`, '::'));
  const { bytes } = solicit(...parts);
  const packet = decodePacket6(bytes);
  assert.equal(packet.relays.length, 32);
  assert.equal(toHex(encodePacket6(packet)), toHex(bytes));
  assert.throws(
    () => encodePacket6({ relays: [...packet.relays, packet.relays[0]!], message: packet.message }),
    (thrown) => thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE',
  );
});

test('what a relay carries is the message of the packet, whatever its Relay Message option held', () => {
  const { relays } = decodePacket6(solicit(throughRelay('::1', '::2', withInterfaceId('a'))).bytes);
  const { message } = request(withOption(9, 'a message with an option 9 of its own'));
  const again = decodePacket6(encodePacket6({ relays, message }));
  assert.deepEqual(listed(again.message.options), listed(message.options));
  const [relay] = relays;
  const twice = {
    ...relay!,
    options: optionsOf([
      [9, fromHex('01')],
      [18, fromHex('02')],
      [9, fromHex('03')],
    ]),
  };
  const second = decodePacket6(encodePacket6({ relays: [twice], message }));
  assert.deepEqual(second.relays[0]!.options.codes, [9, 18]);
});

test('an option that its length field cannot count is refused', () => {
  const tooLong = (thrown: unknown): boolean =>
    thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE';
  const long = (length: number): Options6 => new Options6().add(17, new Uint8Array(length));
  const message = { type: 7, transactionId: 1, options: long(65536) };
  assert.throws(() => encodePacket6({ relays: [], message }), tooLong);
  const { relays } = solicit(throughRelay('::1', '::2'));
  // The option fits, the message with it does not fit the Relay Message option.
  assert.throws(() => encodePacket6({ relays, message: { ...message, options: long(65530) } }), tooLong);
});

const bytesUpTo = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const code = fc.oneof(fc.constantFrom(1, 3, 5, 8, 17, 25, 65535), fc.nat(65535)).filter((n) => n !== 9);
const options = fc.array(fc.tuple(code, bytesUpTo(40)), { maxLength: 12 }).map(optionsOf);
const address = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const relayType = fc.constantFrom(messageType6.RELAY_FORW, messageType6.RELAY_REPL);
const anyPacket: fc.Arbitrary<Packet6> = fc.record({
  relays: relayType.chain((type) =>
    fc.array(
      fc.record({
        type: fc.constant(type),
        hopCount: fc.nat(255),
        linkAddress: address,
        peerAddress: address,
        options,
      }),
      { maxLength: 5 },
    ),
  ),
  message: fc.record({
    type: fc.integer({ min: 1, max: 255 }).filter((type) => type !== 12 && type !== 13),
    transactionId: fc.nat(0xffffff),
    options,
  }),
});

const plain = ({ relays, message }: Packet6): unknown => ({
  relays: relays.map((relay) => ({ ...relay, options: listed(relay.options).filter(([c]) => c !== 9) })),
  message: { ...message, options: listed(message.options) },
});

test('decode(encode(packet)) is the packet, with order, repeated and unknown options', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const bytes = encodePacket6(packet);
      const decoded = decodePacket6(bytes);
      assert.deepEqual(plain(decoded), plain(packet));
      assert.equal(toHex(encodePacket6(decoded)), toHex(bytes));
    }),
    { numRuns: 500 },
  );
});

test('decode throws nothing but its own error, and what it accepts encodes to the same bytes', () => {
  const corpus = goldenPackets6.map(({ bytes }) => fromHex(bytes));
  const anything = fc.oneof(
    bytesUpTo(300),
    fc.tuple(fc.constantFrom(...corpus), bytesUpTo(60)).map((parts) => Uint8Array.from(Buffer.concat(parts))),
    fc.tuple(fc.constantFrom(...corpus), fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      return bytes.with(at % bytes.length, byte);
    }),
  );
  fc.assert(
    fc.property(anything, fc.boolean(), (bytes, lenient) => {
      try {
        const packet = decodePacket6(bytes, { lenient });
        if (!lenient) assert.equal(toHex(encodePacket6(packet)), toHex(bytes));
      } catch (thrown) {
        assert.ok(thrown instanceof WireError);
        assert.ok(!lenient || thrown.reason !== 'truncated-option');
      }
    }),
    { numRuns: 2000 },
  );
});

test('a datagram full of empty options takes milliseconds, not seconds', () => {
  const bytes = new Uint8Array(65524);
  bytes[0] = messageType6.SOLICIT;
  const started = process.cpuUsage();
  for (let i = 0; i < 10; i++) assert.equal(decodePacket6(bytes).message.options.size, 16380);
  assert.ok(process.cpuUsage(started).user < 2_000_000);
});
