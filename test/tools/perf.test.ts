// The load generator: what it sends, what it counts, and that it never waits for the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4 } from '../../src/addr/ipv4.ts';
import { formatHex } from '../../src/addr/hex.ts';
import { FlotillaError } from '../../src/errors.ts';
import { createProtocol } from '../../src/tools/perf/create-protocol.ts';
import { runPerf } from '../../src/tools/perf/generator.ts';
import { Histogram } from '../../src/tools/perf/histogram.ts';
import { perfOptions, type PerfFlags } from '../../src/tools/perf/options.ts';
import { readAnswer4 } from '../../src/tools/perf/protocol4.ts';
import { emptyAnswer, noBytes } from '../../src/tools/perf/protocol.ts';
import { openPerfSocket } from '../../src/tools/perf/socket.ts';
import { decodeMessage4 } from '../../src/wire/v4/codec.ts';
import { messageType4 } from '../../src/wire/v4/message.ts';
import { databaseAccess, startDaemon } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';
import { ownAddress, protocol, relay, replying, run, server, serving, socketTo } from './perf-server.ts';

test('every percentile is within 1.6 % of the exact one, and the ends are exact', () => {
  const shares = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1];
  fc.assert(
    fc.property(fc.array(fc.nat(3_600_000_000), { minLength: 1, maxLength: 300 }), (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const sorted = [...values].sort((a, b) => a - b);
      for (const share of shares) {
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        const found = histogram.percentile(share);
        assert.ok(found >= exact && found <= exact * 1.016, `${share}: ${found} for ${exact}`);
      }
      assert.equal(histogram.percentile(1), sorted.at(-1));
      assert.equal(histogram.summary().min, sorted[0]! / 1000);
      assert.equal(histogram.count, values.length);
    }),
  );
});

test('two histograms added are one that recorded the values of both', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000_000)), fc.array(fc.nat(10_000_000)), (some, more) => {
      const [one, other, both] = [new Histogram(), new Histogram(), new Histogram()];
      for (const value of some) one.record(value);
      for (const value of more) other.record(value);
      for (const value of [...some, ...more]) both.record(value);
      one.add(other);
      assert.deepEqual(one.summary(), both.summary());
    }),
  );
});

const wrong: readonly (readonly [servers: readonly string[], flags: PerfFlags, message: RegExp])[] = [
  [[], {}, /name the address/],
  [['ns.example'], {}, /'ns\.example' is no IPv4 address/],
  [['10.0.0.1'], { v6: true }, /'10\.0\.0\.1' is no IPv6 address/],
  [['all'], {}, /'all' is no IPv4 address/],
  [['10.0.0.1'], { leaseType: 'prefix-only' }, /-e: prefixes are for DHCPv6/],
  [['all'], { v6: true, leaseType: 'both' }, /-e: 'both' is none of address-only/],
  [['10.0.0.1'], { rapidCommit: true }, /-c: rapid commit is for DHCPv6/],
  [['all'], { v6: true, rapidCommit: true, initialOnly: true }, /-c: /],
  [['all'], { v6: true, relays: '2' }, /-A: '2'/],
  [['10.0.0.1'], { relays: '0' }, /-A: DHCPv4 clients/],
  [['all'], { v6: true, option: ['3,00'] }, /-o: option 3/],
  [['10.0.0.1'], { rate: '-5' }, /-r: '-5' is no number/],
  [['10.0.0.1'], { rate: '1e9' }, /-r: /],
  [['10.0.0.1'], { period: 'long' }, /-p: 'long'/],
  [['10.0.0.1'], { exchanges: '1.5' }, /-n: '1\.5' is no whole number/],
  [['10.0.0.1'], { clients: '0' }, /-R: from 1/],
  [['10.0.0.1'], { clients: '5', preload: '6' }, /-P: 6 clients/],
  [['10.0.0.1'], { base: 'duid=00' }, /-b: /],
  [['10.0.0.1'], { localPort: '70000' }, /-L: a port/],
  [['10.0.0.1'], { dropTime: '0' }, /-d: /],
  [['10.0.0.1'], { exitWait: 'x' }, /-W: /],
  [['10.0.0.1'], { option: ['60'] }, /-o: '60'/],
  [['10.0.0.1'], { option: ['300,00'] }, /-o: /],
  [['10.0.0.1'], { option: ['53,01'] }, /-o: option 53/],
  [['10.0.0.1'], { rate: '0' }, /-r: a run without new exchanges needs a period/],
  [['10.0.0.1'], { initialOnly: true, renewRate: '5' }, /-i: /],
];

test('an option that cannot be meant is named with what it takes', () => {
  for (const [servers, flags, message] of wrong)
    assert.throws(
      () => perfOptions(servers, flags),
      (error) => error instanceof FlotillaError && error.code === 'USAGE' && message.test(error.message),
      JSON.stringify(flags),
    );
});

test('without a period one exchange is made, with one there is no limit', () => {
  assert.equal(perfOptions(['10.0.0.1'], {}).exchanges, 1);
  assert.equal(perfOptions(['10.0.0.1'], { period: '2' }).exchanges, null);
  assert.equal(perfOptions(['10.0.0.1'], { exitWait: '250000' }).exitWait, 250);
});

test('queries are those of a client behind a relay', () => {
  const binding = { client: 3, address: Uint8Array.of(10, 9, 1, 7), prefix: noBytes, server };
  const queries: readonly (readonly [Uint8Array, number, string, string, string])[] = [
    [protocol.first(0, 0xfffffffe, 0), 1, '00:0c:01:ff:ff:fe', '0.0.0.0', ''],
    [protocol.second(3, 9, binding, 0), 3, '00:0c:02:00:00:01', '0.0.0.0', '0a090107 0a090002'],
    [protocol.renew(9, binding), 3, '00:0c:02:00:00:01', '10.9.1.7', ''],
    [protocol.release(9, binding), 7, '00:0c:02:00:00:01', '10.9.1.7', '0a090002'],
  ];
  for (const [bytes, type, mac, ciaddr, addresses] of queries) {
    const { options, ...query } = decodeMessage4(bytes);
    assert.equal(options.get(53)![0], type);
    assert.equal(formatHex(query.chaddr), mac);
    assert.equal(formatIpv4(query.ciaddr), ciaddr);
    assert.equal(query.giaddr, relay);
    assert.equal(query.xid, type === 1 ? 0xfffffffe : 9);
    const found = [50, 54].flatMap((code) => (options.has(code) ? [formatHex(options.get(code)!, '')] : []));
    assert.equal(found.join(' '), addresses);
    assert.equal(Buffer.from(options.get(60)!).toString(), 'load');
    assert.equal(formatHex(options.get(82)!, ''), '1300');
  }
});

test('reading an answer survives any bytes', () => {
  const into = emptyAnswer();
  const start = Buffer.alloc(240, 2);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, hasHeader) => {
      readAnswer4(hasHeader ? Buffer.concat([start, bytes]) : bytes, into);
    }),
  );
  // Option 53 runs past the end.
  assert.equal(readAnswer4(Buffer.concat([start, Buffer.of(53, 1)]), into), false);
});

test('a server that never answers gets the whole load, and everything is lost', async () => {
  const socket = socketTo(() => null);
  const report = await run(socket, { rate: '1000', period: '0.5', clients: '1000', dropTime: '0.1' });
  assert.equal(socket.sent, 500);
  assert.equal(report.exchanges.started, 500);
  assert.equal(report.exchanges.completed, 0);
  assert.equal(report.stages['DISCOVER-OFFER']!.lost, 500);
  assert.equal(
    report.bySecond.reduce((sum, { lost }) => sum + lost, 0),
    500,
  );
});

test('exchanges, renewals and releases are counted apart', async () => {
  const report = await run(socketTo(serving(ownAddress)), {
    rate: '200',
    renewRate: '100',
    releaseRate: '50',
    period: '0.5',
    clients: '1000',
    preload: '80',
    unique: true,
  });
  assert.equal(report.preload!.bound, 80);
  assert.equal(report.exchanges.completed, 100);
  assert.equal(report.stages['RENEW-ACK']!.answered, 50);
  assert.equal(report.released, 25);
  assert.deepEqual(report.addresses, { held: 155, givenTwice: 0 });
  assert.equal(report.refused, 0);
});

test('a release that finds nobody bound is made as soon as somebody is', async () => {
  const report = await run(socketTo(serving(ownAddress)), {
    rate: '200',
    releaseRate: '200',
    period: '0.5',
    clients: '1000',
    unique: true,
  });
  assert.equal(report.exchanges.completed, 100);
  assert.equal(report.released, 100);
  assert.deepEqual(report.addresses, { held: 0, givenTwice: 0 });
});

test('NAKs are refusals, answers after their time are late, other datagrams are foreign', async () => {
  const refusing = socketTo((query) =>
    query.options.get(53)![0] === messageType4.DISCOVER
      ? replying(query, messageType4.OFFER, 7)
      : replying(query, messageType4.NAK, 0),
  );
  const refused = await run(refusing, { exchanges: '20', clients: '20' });
  assert.equal(refused.refused, 20);
  assert.equal(refused.stages['REQUEST-ACK']!.refused, 20);
  assert.equal(refused.exchanges.lossPercent, 100);

  const foreign = await run(
    socketTo(() => Buffer.from('no answer')),
    { exchanges: '5', clients: '5', dropTime: '0.05' },
  );
  assert.equal(foreign.generator.foreign, 5);
  const late = await run(
    socketTo((query) => replying({ ...query, xid: query.xid ^ 0x8000_0000 }, messageType4.OFFER, 7)),
    { exchanges: '5', clients: '5', dropTime: '0.05' },
  );
  assert.equal(late.generator.late, 5);
});

test('a server that is silent does not hold the clients to bind for ever', async () => {
  const flags = { rate: '0', period: '0.1', renewRate: '50', clients: '3', preload: '3', dropTime: '0.01' };
  const report = await run(
    socketTo(() => null),
    flags,
  );
  assert.equal(report.preload!.bound, 0);
  assert.equal(report.renewals.rate, 0);
});

test('an address that two clients hold is reported', async () => {
  const report = await run(socketTo(serving((query) => ownAddress(query) & ~1)), {
    exchanges: '20',
    clients: '20',
    unique: true,
  });
  assert.equal(report.addresses!.givenTwice, 10);
});

test('a real edge on a real database: every client bound, renewed, released, no address twice', async (t) => {
  const port = 21_967;
  const database = await createTestDatabase();
  t.after(() => database.drop());
  const edge = await startDaemon({
    dhcp4: {
      'interfaces-config': { interfaces: ['lo'], 'dhcp-socket-type': 'udp' },
      'lease-database': databaseAccess(database.address),
      'valid-lifetime': 600,
      subnet4: [{ id: 1, subnet: '127.0.0.0/8', pools: [{ pool: '127.1.0.0 - 127.1.15.255' }] }],
    },
    args: ['-p', String(port)],
  });
  t.after(() => edge.stop());
  const options = perfOptions(['127.0.0.1'], {
    rate: '200',
    period: '1',
    clients: '2000',
    preload: '100',
    renewRate: '100',
    releaseRate: '50',
    local: 'lo',
    localPort: '21968',
    remotePort: String(port),
    dropTime: '5',
    unique: true,
  });
  const socket = await openPerfSocket(options);
  const report = await runPerf(options, {
    protocol: createProtocol(options, socket.linkAddress),
    socket,
    now: () => performance.now(),
    random: Math.random,
  });
  await socket.close();
  assert.equal(report.exchanges.completed, 200);
  assert.equal(report.stages['RENEW-ACK']!.answered + report.refused, 100);
  assert.deepEqual(report.addresses, { held: 250, givenTwice: 0 });
  // A RELEASE has no answer: wait for the last of them.
  for (let i = 0; i < 50 && (await leases(database.pool)) !== 250; i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await leases(database.pool), 250);
});

async function leases(pool: { query(sql: string): Promise<unknown> }): Promise<number> {
  const [[row]] = (await pool.query('SELECT COUNT(*) AS held FROM lease4 WHERE state = 0')) as [
    [{ held: number }],
  ];
  return Number(row.held);
}
