// The load generator's clients that ask again: when, with which bytes, and until when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHex } from '../../src/addr/hex.ts';
import { perfOptions } from '../../src/tools/perf/options.ts';
import { Retransmissions } from '../../src/tools/perf/retransmissions.ts';
import type { PerfSocket } from '../../src/tools/perf/socket.ts';
import { decodeMessage4 } from '../../src/wire/v4/codec.ts';
import { messageType4, type Message4 } from '../../src/wire/v4/message.ts';
import { fastClock, ownAddress, protocol, replying, run, server, serving, socketTo } from './perf-server.ts';

test('with --retransmit a client has a minute, and -d says otherwise', () => {
  assert.equal(perfOptions(['10.0.0.1'], {}).dropTime, 1_000);
  assert.equal(perfOptions(['10.0.0.1'], { retransmit: true }).dropTime, 60_000);
  assert.equal(perfOptions(['10.0.0.1'], { retransmit: true, dropTime: '20' }).dropTime, 20_000);
});

test('a DISCOVER that is sent again says how long its client has waited', () => {
  const query = decodeMessage4(protocol.first(0, 9, 12_900));
  assert.equal(query.secs, 12);
  assert.equal(query.xid, 9);
  assert.equal(decodeMessage4(protocol.first(0, 9, 100_000_000)).secs, 65_535);
});

test('whoever hears nothing asks again after 4, 8, 16, 32 and 64 seconds, each one second more or less at most', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
      const retransmissions = new Retransmissions<string>(5_000, {
        patience: protocol.patience,
        isFirst: () => true,
        random: () => chance,
      });
      retransmissions.add(5_000, 7, 'query');
      const waits: number[] = [];
      let before = 5_000;
      for (let now = 5_000; waits.length < 7; now++)
        retransmissions.due(now, (xid, query) => {
          assert.deepEqual([xid, query], [7, 'query']);
          waits.push(now - before);
          before = now;
          return true;
        });
      for (const [i, delay] of [4_000, 8_000, 16_000, 32_000, 64_000, 64_000, 64_000].entries())
        assert.ok(Math.abs(waits[i]! - delay - (2 * chance - 1) * 1_000) <= 11, `${i}: ${waits[i]}`);
    }),
    { numRuns: 20 },
  );
});

/** Drops the first `losses` of each client's packets of each type, notes what came, and makes the clock run fast. */
function deaf(losses: number): { socket: PerfSocket; seen: Message4[]; now: () => number } {
  const seen: Message4[] = [];
  const heard = new Map<string, number>();
  const answer = serving(ownAddress);
  const socket = socketTo((query) => {
    seen.push(query);
    const key = `${formatHex(query.chaddr)} ${query.options.get(53)![0]}`;
    const before = heard.get(key) ?? 0;
    heard.set(key, before + 1);
    return before < losses ? null : answer(query);
  });
  return { socket, seen, now: fastClock() };
}

test('clients that come all at once are all bound although a server loses the first two packets of each step', async () => {
  const { socket, seen, now } = deaf(2);
  const flags = { exchanges: '50', clients: '50', window: '50', retransmit: true, unique: true };
  const report = await run(socket, flags, now);
  assert.equal(report.exchanges.started, 50);
  assert.equal(report.exchanges.completed, 50);
  assert.equal(report.addresses!.held, 50);
  assert.equal(report.stages['DISCOVER-OFFER']!.sent, 50);
  assert.equal(report.stages['DISCOVER-OFFER']!.retransmitted, 100);
  assert.equal(report.stages['REQUEST-ACK']!.retransmitted, 100);
  assert.equal(report.retransmitted, 200);
  // The latency is the client's: from the first time that it asked, two waits of 4 and 8 seconds each.
  assert.ok(report.stages['DISCOVER-OFFER']!.latency.min >= 10_000);
  // All were there before the first of them asked again.
  assert.equal(new Set(seen.slice(0, 50).map(({ chaddr }) => formatHex(chaddr))).size, 50);
  // The same transaction; the same requested address and server in a REQUEST that is sent again.
  const first = formatHex(seen[0]!.chaddr);
  const own = seen.filter(({ chaddr }) => formatHex(chaddr) === first);
  assert.equal(own.length, 6);
  assert.equal(new Set(own.map(({ xid }) => xid)).size, 1);
  const [, , , ...requests] = own;
  for (const { options } of requests) {
    assert.equal(formatHex(options.get(50)!, ''), formatHex(seen[0]!.chaddr.subarray(2), ''));
    assert.equal(formatHex(options.get(54)!, ''), formatHex(server, ''));
  }
  const secs = own.slice(0, 3).map((query) => query.secs);
  assert.equal(secs[0], 0);
  assert.ok(secs[1]! >= 3 && secs[1]! <= 6 && secs[2]! >= 10 && secs[2]! <= 16, secs.join(' '));
});

test('a client of a silent server asks three times in 20 seconds, then it is lost', async () => {
  const { socket, seen, now } = deaf(Infinity);
  const flags = { exchanges: '5', clients: '5', window: '5', retransmit: true, dropTime: '20' };
  const report = await run(socket, flags, now);
  assert.equal(report.exchanges.completed, 0);
  assert.equal(report.stages['DISCOVER-OFFER']!.lost, 5);
  assert.equal(seen.length, 15);
  assert.equal(report.bySecond.length <= 22, true);
});

test('a client that is refused begins anew, before the run and in it', async () => {
  for (const flags of [
    { exchanges: '20', clients: '20', window: '20' },
    { rate: '0', period: '1', clients: '20', preload: '20', window: '20' },
  ]) {
    const { seen, now } = deaf(0);
    const refused = new Set<string>();
    const answer = serving(ownAddress);
    const socket = socketTo((query) => {
      seen.push(query);
      const client = formatHex(query.chaddr);
      if (query.options.get(53)![0] === messageType4.DISCOVER || refused.has(client)) return answer(query);
      refused.add(client);
      return replying(query, messageType4.NAK, 0);
    });
    const report = await run(socket, { ...flags, retransmit: true, unique: true }, now);
    assert.equal(report.addresses!.held, 20);
    assert.equal(report.refused + (report.preload?.refused ?? 0), 20);
    assert.equal(seen.length, 80);
  }
});
