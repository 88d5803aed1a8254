// The simulated relay: what it puts around a client's messages, and what it takes for a lease or for none.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { formatHex } from '../../src/addr/hex.ts';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import { FlotillaError } from '../../src/errors.ts';
import {
  openSimulatedRelay,
  type ServerPort,
  type SimulatedClient6,
  type SimulatedRelay,
} from '../../src/tools/simulated-relay.ts';
import { decodeMessage4, encodeMessage4 } from '../../src/wire/v4/codec.ts';
import { messageType4 } from '../../src/wire/v4/message.ts';
import { decodePacket6, encodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeIa6, iaAddresses6, iaPrefixes6 } from '../../src/wire/v6/ia.ts';
import { messageType6, type Packet6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../src/wire/v6/options.ts';
import { encodeStatus6, statusCode6 } from '../../src/wire/v6/status.ts';
import { decodeCodes6, decodeLinkLayerAddress6 } from '../../src/wire/v6/values.ts';
import { lease6, ownAddress, replying, replying6, serving, serving6, server6 } from './perf-server.ts';

/** A server on loopback that is a function. */
async function serve(
  t: TestContext,
  type: 'udp4' | 'udp6',
  answer: (bytes: Uint8Array) => Uint8Array | null,
): Promise<ServerPort> {
  const socket = createSocket(type);
  socket.on('message', (bytes, from) => {
    const reply = answer(bytes);
    if (reply) socket.send(reply, from.port, from.address);
  });
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const { address, port } = socket.address();
  return { address, port };
}

const serve6 = (t: TestContext, answer: (query: Packet6) => Packet6): Promise<ServerPort> =>
  serve(t, 'udp6', (bytes) => encodePacket6(answer(decodePacket6(bytes))));

async function open6(t: TestContext): Promise<SimulatedRelay<6>> {
  const relay = await openSimulatedRelay({ family: 6, address: '::1', timeout: 200, tries: 1 });
  t.after(() => relay.close());
  return relay;
}

const client: SimulatedClient6 = {
  hwaddr: Uint8Array.of(2, 0, 0, 0, 0x12, 0x34),
  iaPd: [7, 8],
  requestedOptions: [31],
  options: new Map([[option6.vendorClass, Uint8Array.of(0, 0, 9, 0xbf)]]),
  agent: new Map([
    [option6.interfaceId, Buffer.from('port 3')],
    [option6.remoteId, Uint8Array.of(0, 0, 0, 9, 1)],
  ]),
  linkAddress: parseIpv6('2001:db8:5::1'),
};

test('a DHCPv6 client gets what it asked for through its relay, renews it and gives it back', async (t) => {
  const seen: Packet6[] = [];
  const server = await serve6(t, (query) => {
    seen.push(query);
    return serving6(() => 7)(query);
  });
  const relay = await open6(t);
  const bound = await relay.bind(client, server);
  assert.deepEqual(
    bound.addresses.map(({ address }) => formatIpv6(address)),
    ['2001:db8:1::7'],
  );
  assert.deepEqual(
    bound.prefixes.map(({ prefix, length }) => `${formatIpv6(prefix)}/${length}`),
    ['2001:db9:0:700::/56', '2001:db9:0:700::/56'],
  );
  assert.equal((await relay.renew(client, bound, server))?.type, messageType6.REPLY);
  assert.equal((await relay.release(client, bound, server))?.type, messageType6.REPLY);

  const types = seen.map(({ message }) => message.type);
  const { SOLICIT, REQUEST, RENEW, RELEASE } = messageType6;
  assert.deepEqual(types, [SOLICIT, REQUEST, RENEW, RELEASE]);
  for (const { relays, message } of seen) {
    const [envelope] = relays;
    assert.equal(relays.length, 1);
    assert.equal(formatIpv6(envelope!.linkAddress), '2001:db8:5::1');
    assert.equal(formatIpv6(envelope!.peerAddress), 'fe80::ff:fe00:1234');
    const { options } = envelope!;
    assert.equal(Buffer.from(options.get(option6.interfaceId)!).toString(), 'port 3');
    assert.equal(formatHex(options.get(option6.remoteId)!, ''), '0000000901');
    const { htype, address } = decodeLinkLayerAddress6(options.get(option6.clientLinkLayerAddress)!);
    assert.deepEqual([htype, formatHex(address)], [1, '02:00:00:00:12:34']);
    assert.equal(options.get(option6.relaySourcePort)!.length, 2);

    assert.equal(formatHex(message.options.get(option6.clientId)!, ''), '00030001020000001234');
    assert.ok(message.options.has(option6.vendorClass));
    const server = message.options.get(option6.serverId);
    assert.equal(server && formatHex(server), message.type === SOLICIT ? undefined : formatHex(server6));
    const wishes = message.options.get(option6.optionRequest);
    assert.deepEqual(wishes && decodeCodes6(wishes), message.type === RELEASE ? undefined : [82, 31]);
    const pds = message.options.all(option6.iaPd).map(decodeIa6);
    assert.deepEqual(
      pds.map(({ iaid }) => iaid),
      [7, 8],
    );
    const held = message.type === SOLICIT ? 0 : 1;
    assert.equal(iaAddresses6(decodeIa6(message.options.get(option6.iaNa)!).options).length, held);
    for (const { options: inside } of pds) {
      const prefixes = iaPrefixes6(inside);
      assert.deepEqual(
        prefixes.map(({ validLifetime }) => validLifetime),
        Array(held).fill(0),
      );
    }
  }
});

test('a client without a link of its own is on the relay’s, with the DUID that it says', async (t) => {
  const server = await serve6(t, (query) => {
    assert.equal(formatIpv6(query.relays[0]!.linkAddress), '::1');
    assert.equal(formatHex(query.message.options.get(option6.clientId)!), '00:02:00:00:09:bf:05');
    assert.equal(query.message.options.has(option6.iaPd), false);
    return serving6(() => 7)(query);
  });
  const relay = await open6(t);
  const other = { hwaddr: client.hwaddr, duid: Uint8Array.of(0, 2, 0, 0, 9, 0xbf, 5) };
  assert.equal((await relay.discover(other, server))?.type, messageType6.ADVERTISE);
  assert.equal((await relay.bind(other, server)).prefixes.length, 0);
});

test('less than was asked for is no lease, and says why', async (t) => {
  const status = (code: number): Options6 =>
    new Options6().add(option6.statusCode, encodeStatus6({ code, message: 'all in use' }));
  const unlucky = (query: Packet6, code: number): Options6 =>
    code === option6.iaPd ? status(statusCode6.NoPrefixAvail) : lease6(code, 7);
  const cases: readonly (readonly [RegExp, (query: Packet6) => Packet6])[] = [
    [
      /^nothing was offered: NoPrefixAvail: all in use$/,
      (query) => replying6(query, messageType6.ADVERTISE, (code) => unlucky(query, code)),
    ],
    [
      /^offered and then refused: NoPrefixAvail/,
      (query) =>
        query.message.type === messageType6.SOLICIT
          ? serving6(() => 7)(query)
          : replying6(query, messageType6.REPLY, (code) => unlucky(query, code)),
    ],
    [
      /^nothing was offered: nothing in the IA 1/,
      (query) => replying6(query, messageType6.ADVERTISE, (code) => lease6(code, 7, 0)),
    ],
  ];
  const relay = await open6(t);
  for (const [message, answer] of cases) {
    const server = await serve6(t, answer);
    await assert.rejects(
      relay.bind(client, server),
      (error) => error instanceof FlotillaError && error.code === 'NO_ANSWER' && message.test(error.message),
    );
  }
});

test('a DHCPv4 client is bound, renews and releases; a NAK and silence are no lease', async (t) => {
  const seen: number[] = [];
  const server = await serve(t, 'udp4', (bytes) => {
    const query = decodeMessage4(bytes);
    seen.push(query.options.get(53)![0]!);
    const answer = serving(ownAddress)(query);
    return answer && encodeMessage4(answer);
  });
  const relay = await openSimulatedRelay({ address: '127.0.0.1', timeout: 200, tries: 1 });
  t.after(() => relay.close());
  const bound = await relay.bind(client, server);
  assert.equal(formatIpv4(bound.address), '0.0.18.52');
  assert.equal((await relay.renew(client, bound, server))?.yiaddr, bound.address);
  assert.equal(await relay.release(client, bound, server), null);
  for (let i = 0; i < 50 && seen.length < 4; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  const { DISCOVER, REQUEST, RELEASE } = messageType4;
  assert.deepEqual(seen, [DISCOVER, REQUEST, REQUEST, RELEASE]);

  const refusing = await serve(t, 'udp4', (bytes) => {
    const query = decodeMessage4(bytes);
    const isDiscover = query.options.get(53)![0] === DISCOVER;
    return encodeMessage4(replying(query, isDiscover ? messageType4.OFFER : messageType4.NAK, 7));
  });
  await assert.rejects(relay.bind(client, refusing), /offered and then refused: NAK/);
  const silent = await serve(t, 'udp4', () => null);
  assert.equal(await relay.discover(client, silent), null);
  await assert.rejects(relay.bind(client, silent), /no answer to a DISCOVER/);
});
