// DHCPv4 messages against golden packets, a table of malformed ones, and their properties.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FlotillaError } from '../../src/errors.ts';
import { decodeMessage4, encodeMessage4, maxMessageSize4 } from '../../src/wire/v4/codec.ts';
import { WireError } from '../../src/wire/cursor.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { offer, discover, withMaxMessageSize, withOption } from '../support/packets4.ts';
import { goldenPackets4 } from './golden-packets4-rows.ts';
import { malformedPackets4 } from './malformed-packets4-rows.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const plain = (message: Message4): unknown => ({
  ...message,
  chaddr: toHex(message.chaddr),
  sname: toHex(message.sname),
  file: toHex(message.file),
  options: [...message.options].map(([code, value]) => [code, toHex(value)]),
});

for (const golden of goldenPackets4) {
  test(`golden packet: ${golden.name} (${golden.origin})`, () => {
    const message = decodeMessage4(fromHex(golden.bytes));
    const { header, chaddr, sname, file, options } = golden;
    assert.deepEqual(plain(message), { ...header, chaddr, sname, file, options });
    const again = encodeMessage4(message);
    if (golden.canonical) assert.equal(toHex(again), golden.bytes);
    // Order apart, nothing is lost.
    const second = decodeMessage4(again);
    const sorted = (of: Message4): unknown => [...of.options].sort(([a], [b]) => a - b);
    assert.deepEqual(sorted(second), sorted(message));
    assert.deepEqual({ ...second, options: 0 }, { ...message, options: 0 });
  });
}

for (const { name, hex, code, reason, lenientOptions } of malformedPackets4) {
  test(`malformed packet: ${name}`, () => {
    assert.throws(
      () => decodeMessage4(fromHex(hex)),
      (thrown) => {
        assert.ok(thrown instanceof WireError);
        assert.deepEqual([thrown.code, thrown.reason], [code, reason]);
        return true;
      },
    );
    const lenient = (): Message4 => decodeMessage4(fromHex(hex), { lenient: true });
    if (lenientOptions === undefined) assert.throws(lenient, WireError);
    else assert.deepEqual((plain(lenient()) as { options: unknown }).options, lenientOptions);
  });
}

test('BOOTP requests decode when they are asked for', () => {
  const withCookie = fromHex(`${'01010600'.padEnd(472, '0')}638253630c0161ff`);
  assert.equal(toHex(decodeMessage4(withCookie, { bootp: true }).options.get(12)!), '61');
  assert.equal(decodeMessage4(withCookie.subarray(0, 236), { bootp: true }).options.size, 0);
});

test('a decoded message shares memory with its bytes', () => {
  const { bytes } = discover(withOption(12, 'abc'));
  const message = decodeMessage4(bytes);
  assert.equal(message.options.get(12)!.buffer, bytes.buffer);
});

const bytesOf = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const unpadded = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  bytesOf(maxLength).filter((bytes) => bytes.at(-1) !== 0);
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const anyMessage: fc.Arbitrary<Message4> = fc
  .record({
    op: fc.constantFrom(1, 2),
    htype: fc.nat(255),
    hops: fc.nat(255),
    xid: uint32,
    secs: fc.nat(65535),
    flags: fc.nat(65535),
    ciaddr: uint32,
    yiaddr: uint32,
    siaddr: uint32,
    giaddr: uint32,
    chaddr: bytesOf(16),
    sname: unpadded(64),
    file: unpadded(128),
    type: fc.integer({ min: 1, max: 255 }),
    others: fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: 1, max: 254 }).filter((code) => ![52, 53, 82].includes(code)),
        fc.oneof({ weight: 5, arbitrary: bytesOf(20) }, { weight: 1, arbitrary: bytesOf(700) }),
      ),
      { selector: ([code]) => code, maxLength: 30 },
    ),
    agent: fc.option(bytesOf(300), { nil: undefined }),
  })
  .map(({ type, others, agent, ...message }) => {
    const options = new Map<number, Uint8Array>([[53, Uint8Array.of(type)], ...others]);
    if (agent) options.set(82, agent);
    return { ...message, options };
  });

test('decode(encode(message)) is the message, unknown options included', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const bytes = encodeMessage4(message);
      assert.ok(bytes.length >= 300);
      assert.deepEqual(plain(decodeMessage4(bytes)), plain(message));
    }),
    { numRuns: 500 },
  );
});

test('under any size limit what is left decodes unchanged, what is missing was reported, and the limit holds', () => {
  fc.assert(
    fc.property(anyMessage, fc.integer({ min: 0, max: 2000 }), (message, maxSize) => {
      const dropped: number[] = [];
      const bytes = encodeMessage4(message, { maxSize, onDropped: (codes) => dropped.push(...codes) });
      const agent = message.options.get(82);
      const agentSize = agent ? agent.length + 2 * Math.max(1, Math.ceil(agent.length / 255)) : 0;
      assert.ok(bytes.length <= Math.max(576, maxSize) - 28 + agentSize);
      const decoded = decodeMessage4(bytes);
      assert.ok(!dropped.includes(53) && !dropped.includes(82));
      for (const [code, value] of message.options) {
        if (dropped.includes(code)) assert.ok(!decoded.options.has(code));
        else assert.deepEqual(toHex(decoded.options.get(code)!), toHex(value));
      }
      assert.equal(decoded.options.size + dropped.length, message.options.size);
      assert.equal(toHex(decoded.sname), toHex(message.sname));
      assert.equal(toHex(decoded.file), toHex(message.file));
    }),
    { numRuns: 500 },
  );
});

test('decode throws nothing but its own error, whatever the bytes', () => {
  const header = fromHex(goldenPackets4[0]!.bytes).subarray(0, 240);
  const anything = fc.oneof(
    bytesOf(600),
    bytesOf(400).map((tail) => Uint8Array.from([...header, ...tail])),
  );
  fc.assert(
    fc.property(anything, fc.boolean(), fc.boolean(), (bytes, lenient, bootp) => {
      try {
        decodeMessage4(bytes, { lenient, bootp });
      } catch (thrown) {
        assert.ok(thrown instanceof WireError);
        assert.ok(!lenient || !bootp || ['truncated-header', 'message-type'].includes(thrown.reason));
      }
    }),
    { numRuns: 2000 },
  );
});

test('options move to file and then to sname when the options field is full, the type stays first', () => {
  const filler = new Uint8Array(250).fill(7);
  const { message } = offer(
    withOption(43, filler),
    withOption(12, 'h'.repeat(100)),
    withOption(15, 'd'.repeat(50)),
  );
  const dropped: number[] = [];
  const bytes = encodeMessage4(message, { maxSize: 576, onDropped: (codes) => dropped.push(...codes) });
  assert.deepEqual(dropped, []);
  assert.equal(toHex(bytes.subarray(240, 246)), '350102340103');
  assert.equal(toHex(bytes.subarray(108, 110)), '0c64');
  assert.equal(toHex(bytes.subarray(44, 46)), '0f32');
});

test('what fits nowhere is left out whole, least important first', () => {
  const filler = new Uint8Array(200);
  const { message } = offer(
    withOption(224, filler),
    withOption(6, filler),
    withOption(225, filler),
    withOption(54, 'addr'),
  );
  const dropped: number[] = [];
  const decoded = decodeMessage4(
    encodeMessage4(message, { maxSize: 576, onDropped: (codes) => dropped.push(...codes) }),
  );
  assert.deepEqual(dropped, [224, 225]);
  assert.deepEqual([...decoded.options.keys()], [53, 6, 54]);
});

test('the relay information neither counts against the client’s limit nor is left out', () => {
  const { message } = offer(withOption(43, new Uint8Array(250)), withOption(82, new Uint8Array(250)));
  const bytes = encodeMessage4(message, { maxSize: 576 });
  assert.deepEqual([...decodeMessage4(bytes).options.keys()], [53, 43, 82]);
});

test('the maximum message size is at least 576', () => {
  assert.equal(maxMessageSize4(discover().message), 576);
  assert.equal(maxMessageSize4(discover(withMaxMessageSize(100)).message), 576);
  assert.equal(maxMessageSize4(discover(withMaxMessageSize(1472)).message), 1472);
});

test('fields too long for their place are refused', () => {
  const { message } = discover();
  for (const wrong of [{ chaddr: 17 }, { sname: 65 }, { file: 129 }]) {
    const [field, length] = Object.entries(wrong)[0]!;
    assert.throws(
      () => encodeMessage4({ ...message, [field]: new Uint8Array(length) }),
      (thrown) => thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE',
    );
  }
});
