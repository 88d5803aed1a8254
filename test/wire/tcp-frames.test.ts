// Messages in a TCP stream (RFC 5460 §5.1), cut anywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FlotillaError } from '../../src/errors.ts';
import { WireError } from '../../src/wire/cursor.ts';
import { TcpFrameReader, tcpFrame } from '../../src/wire/tcp-frames.ts';

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a stream gives its messages however it is cut', () => {
  const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { maxLength: 6 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(900), { maxLength: 20 }), (sent, lengths) => {
      const stream = Buffer.concat(sent.map(tcpFrame));
      const reader = new TcpFrameReader();
      const received: string[] = [];
      let offset = 0;
      for (const length of [...lengths, stream.length]) {
        received.push(...reader.push(stream.subarray(offset, offset + length)).map(toHex));
        offset += length;
      }
      assert.deepEqual(received, sent.map(toHex));
      assert.equal(reader.isWaiting, false);
    }),
    { numRuns: 300 },
  );
});

test('the largest message, byte by byte', () => {
  const message = new Uint8Array(65535).fill(7);
  const reader = new TcpFrameReader();
  const received = [...tcpFrame(message)].flatMap((byte) => reader.push(Uint8Array.of(byte)));
  assert.deepEqual(received, [message]);
});

test('a frame that has begun is waited for, a frame of no bytes is an error', () => {
  const reader = new TcpFrameReader();
  assert.deepEqual(reader.push(Uint8Array.of(0)), []);
  assert.equal(reader.isWaiting, true);
  assert.throws(() => reader.push(Uint8Array.of(0)), WireError);
  assert.throws(() => new TcpFrameReader().push(Uint8Array.of(0, 0, 1)), WireError);
  assert.throws(
    () => tcpFrame(new Uint8Array(65536)),
    (thrown) => thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE',
  );
});
