// The ordered list of options, and the envelopes of answers that go back through relays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireError } from '../../../src/wire/cursor.ts';
import { decodePacket6, encodePacket6 } from '../../../src/wire/v6/codec.ts';
import { Options6 } from '../../../src/wire/v6/options.ts';
import { answersToSourcePort6, relayReplies6 } from '../../../src/wire/v6/relay.ts';
import {
  reply,
  solicit,
  suboption,
  throughRelay,
  withInterfaceId,
  withRelayPort,
  withRemoteId,
  withSubscriberId,
} from '../../support/packets6.ts';
import { fromHex, listed, toHex } from './check.ts';

const abc = (): Options6 =>
  new Options6().add(3, fromHex('aa')).add(1, fromHex('')).add(3, fromHex('bb')).add(17, fromHex('cc'));

test('codes may repeat, order is kept, get answers with the first one', () => {
  const options = abc();
  assert.equal(options.size, 4);
  assert.equal(toHex(options.get(3)!), 'aa');
  assert.deepEqual(options.all(3).map(toHex), ['aa', 'bb']);
  assert.deepEqual(options.all(4), []);
  assert.equal(options.get(4), undefined);
  assert.deepEqual([options.has(1), options.has(4)], [true, false]);
  assert.equal(toHex(options.encode()), '00030001aa0001000000030001bb00110001cc');
});

test('set takes the place of the first of its code, and of the others too', () => {
  assert.deepEqual(listed(abc().set(3, fromHex('dd'))), [
    [3, 'dd'],
    [1, ''],
    [17, 'cc'],
  ]);
  assert.deepEqual(listed(new Options6().set(3, fromHex('dd'))), [[3, 'dd']]);
});

test('delete removes all of a code and says whether there was one', () => {
  const options = abc();
  assert.deepEqual([options.delete(3), options.delete(3)], [true, false]);
  assert.deepEqual(listed(options), [
    [1, ''],
    [17, 'cc'],
  ]);
});

test('an answer goes back through the relays of its query, with what each of them wants back', () => {
  const query = solicit(
    throughRelay('2001:db8::1', 'fe80::a', withInterfaceId('eth0/1'), withRemoteId(9, 'line 7')),
    throughRelay('::', '2001:db8::1', withRelayPort(1547)),
  );
  const { relays } = decodePacket6(query.bytes);
  const answer = decodePacket6(encodePacket6({ relays: relayReplies6(relays), message: reply().message }));
  const envelopes = answer.relays.map(({ type, hopCount, linkAddress, peerAddress, options }) => ({
    type,
    addresses: [linkAddress, peerAddress],
    hopCount,
    options: listed(options).filter(([code]) => code !== 9),
  }));
  assert.deepEqual(envelopes, [
    { type: 13, addresses: [0n, relays[0]!.peerAddress], hopCount: 1, options: [[135, '060b']] },
    {
      type: 13,
      addresses: [relays[1]!.linkAddress, relays[1]!.peerAddress],
      hopCount: 0,
      options: [[18, toHex(Buffer.from('eth0/1'))]],
    },
  ]);
  assert.equal(answersToSourcePort6(relays), true);
  assert.equal(answersToSourcePort6(relays.slice(1)), false);
  assert.equal(answersToSourcePort6([]), false);
});

test('a relay gets back what its echo request names, but never the message (RFC 4994)', () => {
  const echoRequest = suboption(43, '0x002600090063');
  const parts = [echoRequest, withRemoteId(9, 'x'), withSubscriberId('s'), withInterfaceId('i')];
  const { relays } = decodePacket6(solicit(throughRelay('::1', '::2', ...parts)).bytes);
  assert.deepEqual(listed(relayReplies6(relays)[0]!.options), [
    [38, '73'],
    [18, '69'],
  ]);
  const broken = decodePacket6(solicit(throughRelay('::1', '::2', suboption(43, '0x002600'))).bytes);
  assert.throws(() => relayReplies6(broken.relays), WireError);
});
