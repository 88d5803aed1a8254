// The load generator in DHCPv6: the queries of its clients, the answers that it takes for a lease, and what it counts.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHex } from '../../src/addr/hex.ts';
import { formatIpv6 } from '../../src/addr/ipv6.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createProtocol } from '../../src/tools/perf/create-protocol.ts';
import { runPerf } from '../../src/tools/perf/generator.ts';
import { perfOptions, type PerfFlags } from '../../src/tools/perf/options.ts';
import { emptyAnswer, type Binding, type PerfProtocol } from '../../src/tools/perf/protocol.ts';
import { readAnswer6 } from '../../src/tools/perf/protocol6.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import { openPerfSocket } from '../../src/tools/perf/socket.ts';
import { decodePacket6, encodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeDuid } from '../../src/wire/v6/duid.ts';
import { decodeIa6, iaAddresses6, iaPrefixes6 } from '../../src/wire/v6/ia.ts';
import { messageType6, type Packet6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { Options6 } from '../../src/wire/v6/options.ts';
import { encodeStatus6, statusCode6 } from '../../src/wire/v6/status.ts';
import { elapsedTime6 } from '../../src/wire/v6/values.ts';
import {
  fastClock,
  lease6,
  ownNumber,
  relay6,
  replying6,
  run,
  server6,
  serving6,
  socketTo6,
} from './perf-server.ts';

const both: PerfFlags = { v6: true, leaseType: 'address-and-prefix' };
const run6 = (socket: ReturnType<typeof socketTo6>, flags: PerfFlags): Promise<PerfReport> =>
  run(socket, { ...both, ...flags });
const protocolOf = (flags: PerfFlags, server = '2001:db8:9::2'): PerfProtocol =>
  createProtocol(perfOptions([server], { v6: true, ...flags }), relay6);

const binding: Binding = {
  client: 3,
  address: Buffer.from('20010db8000100000000000000000007', 'hex'),
  prefix: Buffer.from('3820010db9000007000000000000000000', 'hex'),
  server: server6,
};

test('multicast servers are asked as a client asks, unicast ones as a relay does, unless -A says otherwise', () => {
  const cases: readonly (readonly [string, PerfFlags, isRelayed: boolean, localPort: number])[] = [
    ['all', {}, false, 546],
    ['ff02::1:2', {}, false, 546],
    ['servers', { relays: '1' }, true, 547],
    ['2001:db8::1', {}, true, 547],
    ['2001:db8::1', { relays: '0' }, false, 546],
    ['2001:db8::1', { localPort: '10547' }, true, 10_547],
  ];
  for (const [server, flags, isRelayed, localPort] of cases) {
    const options = perfOptions([server], { v6: true, ...flags });
    assert.deepEqual([options.isRelayed, options.localPort, options.serverPort], [isRelayed, localPort, 547]);
  }
  assert.deepEqual(perfOptions(['all', 'servers'], { v6: true }).servers, ['ff02::1:2', 'ff05::1:3']);
});

test('queries are those of a client with an IA_NA and an IA_PD behind a relay', () => {
  const protocol = protocolOf({ ...both, option: ['16,000009bf'], base: '00:0c:01:ff:ff:fe' });
  const queries: readonly (readonly [Uint8Array, type: number, mac: string, peer: string])[] = [
    [protocol.first(0, 0xfffffe, 1_230), 1, '00:0c:01:ff:ff:fe', 'fe80::20c:1ff:feff:fffe'],
    [protocol.second(3, 0xfffffe, binding, 0), 3, '00:0c:02:00:00:01', 'fe80::20c:2ff:fe00:1'],
    [protocol.renew(0xfffffe, binding), 5, '00:0c:02:00:00:01', 'fe80::20c:2ff:fe00:1'],
    [protocol.release(0xfffffe, binding), 8, '00:0c:02:00:00:01', 'fe80::20c:2ff:fe00:1'],
  ];
  for (const [bytes, type, mac, peer] of queries) {
    const { relays, message } = decodePacket6(bytes);
    assert.equal(relays.length, 1);
    assert.equal(relays[0]!.linkAddress, relay6);
    assert.equal(formatIpv6(relays[0]!.peerAddress), peer);
    assert.deepEqual(relays[0]!.options.codes, [option6.relayMessage]);
    const { options } = message;
    assert.equal(message.type, type);
    assert.equal(message.transactionId, 0xfffffe);
    const duid = decodeDuid(options.get(option6.clientId)!);
    assert.ok(duid.kind === 'LL');
    assert.equal(formatHex(duid.address), mac);
    assert.equal(formatHex(options.get(option6.vendorClass)!, ''), '000009bf');
    assert.equal(elapsedTime6(options), type === 1 ? 123 : 0);
    const servers = options.all(option6.serverId).map((id) => formatHex(id));
    assert.deepEqual(servers, type === 1 ? [] : [formatHex(server6)]);
    const [na, pd] = [options.get(option6.iaNa)!, options.get(option6.iaPd)!].map(decodeIa6);
    const addresses = iaAddresses6(na!.options).map(({ address }) => formatIpv6(address));
    const prefixes = iaPrefixes6(pd!.options).map(({ prefix, length }) => `${formatIpv6(prefix)}/${length}`);
    assert.deepEqual(addresses, type === 1 ? [] : ['2001:db8:1::7']);
    assert.deepEqual(prefixes, type === 1 ? [] : ['2001:db9:0:700::/56']);
  }
});

test('a client that speaks for itself has no relay, and a relay with a port of its own says so', () => {
  const direct = decodePacket6(protocolOf({}, 'all').first(1, 7, 0));
  assert.equal(direct.relays.length, 0);
  assert.ok(direct.message.options.has(option6.iaNa) && !direct.message.options.has(option6.iaPd));
  const { relays } = decodePacket6(protocolOf({ localPort: '10547' }).second(1, 7, binding, 0));
  assert.equal(formatHex(relays[0]!.options.get(option6.relaySourcePort)!, ''), '0000');
  const prefixOnly = decodePacket6(protocolOf({ leaseType: 'prefix-only' }).renew(7, binding));
  assert.ok(!prefixOnly.message.options.has(option6.iaNa) && prefixOnly.message.options.has(option6.iaPd));
});

test('a SOLICIT is sent again after 1, 2, 4 … s and never early, a REQUEST at most every 30 s (RFC 8415 §15)', () => {
  const { patience } = protocolOf({});
  fc.assert(
    fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (chance) => {
      let [first, other] = [0, 0];
      for (let count = 0; count < 8; count++) {
        first = patience({ isFirst: true, count, before: first }, chance);
        other = patience({ isFirst: false, count, before: other }, chance);
        if (count === 0) assert.ok(first >= 1_000 && first <= 1_100 && other >= 900 && other <= 1_100);
        assert.ok(first >= 1_000 * 1.9 ** count && first <= 1_100 * 2.1 ** count);
        assert.ok(other <= 33_000);
      }
    }),
  );
});

test('reading an answer survives any bytes', () => {
  const answer = encodePacket6(serving6(ownNumber)(decodePacket6(protocolOf(both).first(1, 7, 0))));
  fc.assert(
    fc.property(
      fc.nat(answer.length),
      fc.nat(answer.length - 1),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      (length, at, noise) => {
        const bytes = Uint8Array.from(answer);
        bytes.set(noise.subarray(0, bytes.length - at), at);
        readAnswer6(bytes.subarray(0, length), ['address', 'prefix'], emptyAnswer());
      },
    ),
  );
});

test('exchanges, renewals and releases with their answers are counted apart', async () => {
  for (const flags of [{}, { leaseType: 'address-only' }, { leaseType: 'prefix-only', relays: '0' }]) {
    const report = await run6(socketTo6(serving6(ownNumber)), {
      rate: '200',
      renewRate: '100',
      releaseRate: '50',
      period: '0.5',
      clients: '1000',
      preload: '80',
      unique: true,
      ...flags,
    });
    const perClient = 'leaseType' in flags ? 1 : 2;
    assert.equal(report.preload!.bound, 80);
    assert.equal(report.exchanges.completed, 100);
    assert.equal(report.stages['SOLICIT-ADVERTISE']!.answered, 100);
    assert.equal(report.stages['RENEW-REPLY']!.answered, 50);
    assert.equal(report.released, 25);
    assert.equal(report.stages['RELEASE-REPLY']!.answered, 25);
    assert.deepEqual(report.addresses, { held: 155 * perClient, givenTwice: 0 });
    assert.equal(report.refused, 0);
    assert.equal(report.generator.late, 0);
  }
});

test('with rapid commit a REPLY ends the exchange, and a server that only advertises is asked on', async () => {
  const rapid = await run6(socketTo6(serving6(ownNumber)), {
    exchanges: '20',
    clients: '20',
    rapidCommit: true,
  });
  assert.equal(rapid.exchanges.completed, 20);
  assert.deepEqual(Object.keys(rapid.stages), ['SOLICIT-REPLY']);
  const advertising = socketTo6((query) => {
    query.message.options.delete(option6.rapidCommit);
    return serving6(ownNumber)(query);
  });
  const slow = await run6(advertising, { exchanges: '20', clients: '20', rapidCommit: true });
  assert.equal(slow.exchanges.completed, 20);
  assert.equal(slow.stages['REQUEST-REPLY']!.answered, 20);
  const unasked = socketTo6((query) => replying6(query, messageType6.REPLY, (code) => lease6(code, 1)));
  const late = await run6(unasked, { exchanges: '5', clients: '5', dropTime: '0.05' });
  assert.equal(late.generator.late, 5);
  assert.equal(late.exchanges.completed, 0);
});

test('a status that is no success is a refusal with its name, and so is an answer without all that was asked for', async () => {
  const status = (code: number): Options6 =>
    new Options6().add(option6.statusCode, encodeStatus6({ code, message: '' }));
  const unlucky = (inside: (code: number) => Options6) => (query: Packet6) =>
    query.message.type === messageType6.SOLICIT
      ? serving6(ownNumber)(query)
      : replying6(query, messageType6.REPLY, inside);
  const cases: readonly (readonly [string, (query: Packet6) => Packet6])[] = [
    [
      'NoPrefixAvail',
      unlucky((code) => (code === option6.iaPd ? status(statusCode6.NoPrefixAvail) : lease6(code, 1))),
    ],
    ['NoAddrsAvail', unlucky(() => status(statusCode6.NoAddrsAvail))],
    ['status 4711', unlucky(() => status(4711))],
    ['no lease', unlucky((code) => lease6(code, 1, 0))],
    [
      'UnspecFail',
      (query) =>
        replying6(query, messageType6.ADVERTISE, (code) => lease6(code, 1), [
          [option6.statusCode, encodeStatus6({ code: statusCode6.UnspecFail, message: '' })],
        ]),
    ],
  ];
  for (const [reason, answer] of cases) {
    const report = await run6(socketTo6(answer), { exchanges: '20', clients: '20' });
    assert.deepEqual(report.refusals, { [reason]: 20 });
    assert.equal(report.refused, 20);
    assert.equal(report.exchanges.completed, 0);
  }
});

test('a client that asks again waits for a better ADVERTISE than one without a lease (RFC 8415 §18.2.9)', async () => {
  const asked = new Map<number, number>();
  const socket = socketTo6((query) => {
    const client = ownNumber(query);
    if (query.message.type !== messageType6.SOLICIT) return serving6(ownNumber)(query);
    asked.set(client, (asked.get(client) ?? 0) + 1);
    return asked.get(client) === 1
      ? replying6(query, messageType6.ADVERTISE, () => new Options6())
      : serving6(ownNumber)(query);
  });
  const report = await run(
    socket,
    { ...both, exchanges: '20', clients: '20', retransmit: true },
    fastClock(),
  );
  assert.equal(report.exchanges.completed, 20);
  assert.equal(report.refused, 20);
  assert.equal(report.stages['SOLICIT-ADVERTISE']!.retransmitted, 20);
});

test('over real sockets a relay says the address that it is bound to, and a server answers to its port', async (t) => {
  const server = createSocket('udp6');
  t.after(() => server.close());
  const links = new Set<string>();
  server.on('message', (bytes, from) => {
    const query = decodePacket6(bytes);
    links.add(formatIpv6(query.relays[0]!.linkAddress));
    server.send(encodePacket6(serving6(ownNumber)(query)), from.port, from.address);
  });
  server.bind(0, '::1');
  await once(server, 'listening');
  for (const local of ['lo', '::1', undefined]) {
    const flags = { exchanges: '200', clients: '200', unique: true, localPort: '21970' };
    const options = perfOptions(['::1'], {
      ...both,
      ...flags,
      remotePort: String(server.address().port),
      ...(local !== undefined && { local }),
    });
    const socket = await openPerfSocket(options);
    const protocol = createProtocol(options, socket.linkAddress);
    const now = (): number => performance.now();
    const report = await runPerf(options, { protocol, socket, now, random: Math.random });
    await socket.close();
    assert.equal(report.exchanges.completed, 200);
    assert.deepEqual(report.addresses, { held: 400, givenTwice: 0 });
  }
  assert.deepEqual([...links], ['::1']);
});

test('servers on a link need the interface, and that its link-local address', async () => {
  for (const [flags, message] of [
    [{}, /-l: name the interface on whose link the servers are/],
    [{ local: 'lo' }, /-l: 'lo' is no interface with a link-local IPv6 address/],
    [{ local: '2001:db8::dead' }, /-l: 2001:db8::dead is no address of this machine/],
  ] as const)
    await assert.rejects(
      openPerfSocket(perfOptions(['all'], { v6: true, ...flags })),
      (error) => error instanceof FlotillaError && error.code === 'USAGE' && message.test(error.message),
    );
});

test('a prefix or an address that two clients hold is reported', async () => {
  const shared = socketTo6((query) => {
    const type = query.message.type === messageType6.SOLICIT ? messageType6.ADVERTISE : messageType6.REPLY;
    const number = ownNumber(query);
    return replying6(query, type, (code) => lease6(code, code === option6.iaPd ? number & ~1 : number));
  });
  const report = await run6(shared, { exchanges: '20', clients: '20', unique: true });
  assert.deepEqual(report.addresses, { held: 30, givenTwice: 10 });
});
