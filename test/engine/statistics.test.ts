// Statistics: Kea's sample lists, their limits, and counters that survive reset and removal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampleRing, formatLocalTime, maxSamplesByAge } from '../../src/engine/sample-ring.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import { dropReasons, statisticsOfDrop, type DropReason } from '../../src/engine/drop-reasons.ts';

const start = new Date(2026, 10, 21, 9, 5, 7, 12).getTime();

function manual(options: { sampleCount?: number; sampleAge?: number; family?: 4 | 6 } = {}) {
  let now = start;
  const statistics = new Statistics({ ...options, clock: () => now });
  return { statistics, pass: (seconds: number) => void (now += seconds * 1000) };
}

const values = (statistics: Statistics, name: string) => statistics.samples(name)?.map(([value]) => value);

test('a sample is its value and the local time with microseconds, newest first', () => {
  const { statistics, pass } = manual();
  const received = statistics.counter('pkt4-received');
  pass(1);
  received.add();
  assert.deepEqual(statistics.samples('pkt4-received'), [
    [1, '2026-11-21 09:05:08.012000'],
    [0, '2026-11-21 09:05:07.012000'],
  ]);
});

test('fractions of a millisecond become microseconds', () => {
  assert.equal(formatLocalTime(start + 0.25), '2026-11-21 09:05:07.012250');
  assert.match(formatLocalTime(-0.001), /\.999999$/);
});

test('twenty samples are kept unless told otherwise', () => {
  const { statistics } = manual();
  const counter = statistics.counter('x');
  for (let i = 0; i < 30; i++) counter.add();
  assert.deepEqual(
    values(statistics, 'x'),
    Array.from({ length: 20 }, (_, i) => 30 - i),
  );
  assert.equal(statistics.get('x'), 30);
});

test('the ring keeps the newest samples at every limit and every number of pushes', () => {
  for (let limit = 1; limit <= 9; limit++) {
    const ring = new SampleRing({ count: limit, ageMs: 0 });
    for (let pushed = 1; pushed <= 40; pushed++) {
      ring.push(pushed, start);
      const expected = Array.from({ length: Math.min(limit, pushed) }, (_, i) => pushed - i);
      assert.deepEqual(
        ring.samples(start).map(([value]) => value),
        expected,
        `limit ${limit}, after ${pushed}`,
      );
    }
  }
});

test('a limit may shrink and grow while samples stay in order', () => {
  const { statistics } = manual();
  const counter = statistics.counter('x');
  for (let i = 0; i < 33; i++) counter.add();
  assert.equal(statistics.setSampleCount('x', 3), true);
  assert.deepEqual(values(statistics, 'x'), [33, 32, 31]);
  counter.add();
  assert.deepEqual(values(statistics, 'x'), [34, 33, 32]);
  statistics.setSampleCount('x', 5);
  counter.add();
  counter.add();
  assert.deepEqual(values(statistics, 'x'), [36, 35, 34, 33, 32]);
});

test('an age limit replaces the count limit, and the newest sample never goes', () => {
  const { statistics, pass } = manual({ sampleCount: 2 });
  const counter = statistics.counter('x');
  assert.equal(statistics.setSampleAge('x', 10), true);
  for (let i = 0; i < 6; i++) {
    pass(2);
    counter.add();
  }
  assert.deepEqual(values(statistics, 'x'), [6, 5, 4, 3, 2, 1]);
  pass(3);
  assert.deepEqual(values(statistics, 'x'), [6, 5, 4, 3]);
  pass(1000);
  assert.deepEqual(values(statistics, 'x'), [6]);
  assert.equal(statistics.get('x'), 6);
});

test('a default count of 0 hands the limit to the default age', () => {
  const { statistics, pass } = manual({ sampleCount: 0, sampleAge: 5 });
  const counter = statistics.counter('x');
  for (let i = 0; i < 100; i++) counter.add();
  assert.equal(values(statistics, 'x')!.length, 101);
  pass(6);
  assert.equal(values(statistics, 'x')!.length, 1);
});

test('an age limit cannot fill the memory', () => {
  const { statistics } = manual({ sampleCount: 0, sampleAge: 3600 });
  const counter = statistics.counter('x');
  for (let i = 0; i < maxSamplesByAge + 10; i++) counter.add();
  assert.equal(values(statistics, 'x')!.length, maxSamplesByAge);
  assert.equal(statistics.get('x'), maxSamplesByAge + 10);
});

test('limits for all also hold for statistics created later', () => {
  const { statistics } = manual();
  const early = statistics.counter('early');
  statistics.setSampleCountAll(2);
  const late = statistics.counter('late');
  for (const counter of [early, late]) for (let i = 0; i < 5; i++) counter.add();
  assert.deepEqual(values(statistics, 'early'), [5, 4]);
  assert.deepEqual(values(statistics, 'late'), [5, 4]);
  statistics.setSampleAgeAll(60);
  for (const counter of [early, late]) counter.add();
  assert.equal(values(statistics, 'early')!.length, 3);
});

test('reset leaves one neutral sample and counters go on from there', () => {
  const { statistics, pass } = manual();
  const counter = statistics.counter('x');
  counter.add(7);
  statistics.set('total-nas', 1n << 80n);
  pass(1);
  assert.equal(statistics.reset('x'), true);
  assert.deepEqual(statistics.samples('x'), [[0, '2026-11-21 09:05:08.012000']]);
  counter.add();
  assert.equal(statistics.get('x'), 1);
  statistics.resetAll();
  assert.deepEqual(values(statistics, 'total-nas'), [0n]);
  assert.deepEqual(values(statistics, 'x'), [0]);
});

test('a removed statistic is gone until its counter counts again', () => {
  const { statistics } = manual();
  const counter = statistics.counter('x');
  counter.add(5);
  assert.equal(statistics.remove('x'), true);
  assert.equal(statistics.get('x'), undefined);
  assert.equal(statistics.samples('x'), undefined);
  counter.add();
  assert.deepEqual(values(statistics, 'x'), [1]);
  statistics.removeAll();
  assert.deepEqual(statistics.all(), {});
  counter.add();
  assert.equal(statistics.get('x'), 1);
});

test('handles from before and after a removal count the same statistic, and the removed one is let go', () => {
  const { statistics } = manual();
  const before = statistics.counter('x');
  before.add(5);
  for (const remove of [() => statistics.remove('x'), () => statistics.removeAll()]) {
    remove();
    const after = statistics.counter('x');
    assert.notEqual(after, before);
    assert.equal(statistics.counter('x'), after);
    after.add();
    before.add();
    assert.equal(statistics.get('x'), 2);
    remove();
    before.add(3);
    after.add();
    assert.equal(statistics.get('x'), 4);
  }
});

test('what is counted of a subnet that goes keeps no handle', () => {
  const { statistics } = manual();
  statistics.begin('subnet[7].', { 'assigned-addresses': 0 });
  const held = statistics.counter('subnet[7].assigned-addresses');
  held.add();
  statistics.end('subnet[7].');
  assert.deepEqual(statistics.names(), []);
  statistics.begin('subnet[7].', { 'assigned-addresses': 0 });
  assert.notEqual(statistics.counter('subnet[7].assigned-addresses'), held);
});

test('an unknown name is answered with false or undefined, never created by asking', () => {
  const { statistics } = manual();
  assert.equal(statistics.reset('none'), false);
  assert.equal(statistics.remove('none'), false);
  assert.equal(statistics.setSampleCount('none', 3), false);
  assert.equal(statistics.setSampleAge('none', 3), false);
  assert.equal(statistics.get('none'), undefined);
  assert.deepEqual(statistics.names(), []);
});

test('one name has one counter', () => {
  const { statistics } = manual();
  assert.equal(statistics.counter('x'), statistics.counter('x'));
});

test('totals beyond 2^53 stay exact', () => {
  const { statistics } = manual();
  statistics.set('subnet[1].total-nas', 1n << 64n);
  statistics.add('subnet[1].total-nas', 1);
  assert.equal(statistics.get('subnet[1].total-nas'), (1n << 64n) + 1n);
  statistics.add('subnet[1].assigned-nas', -2);
  assert.equal(statistics.get('subnet[1].assigned-nas'), -2);
});

test('every packet statistic of a family is there from the start', () => {
  const names4 = manual({ family: 4 }).statistics.names();
  const names6 = manual({ family: 6 }).statistics.names();
  assert.equal(names4.filter((name) => name.startsWith('pkt4-')).length, 28);
  assert.equal(names6.filter((name) => name.startsWith('pkt6-')).length, 32);
  assert.ok(names4.includes('flotilla-no-subnet') && names6.includes('flotilla-no-subnet'));
  assert.deepEqual(names4, [...names4].sort());
});

test('every drop reason counts a registered statistic and the sum of drops', () => {
  for (const family of [4, 6] as const) {
    const { statistics } = manual({ family });
    for (const reason of Object.keys(dropReasons) as DropReason[]) {
      const [own, sum] = statisticsOfDrop(reason, family);
      assert.equal(statistics.get(own!), 0, own);
      // What a library dropped, the library counts.
      assert.equal(sum, reason === 'hook-dropped' ? undefined : `pkt${family}-receive-drop`);
      assert.ok(dropReasons[reason].meaning.endsWith('.'));
    }
  }
  assert.deepEqual(statisticsOfDrop('queue-full', 4), ['pkt4-queue-full', 'pkt4-receive-drop']);
  assert.deepEqual(statisticsOfDrop('no-subnet', 6), ['flotilla-no-subnet', 'pkt6-receive-drop']);
});

test('a million increments take no noticeable time and keep no garbage', () => {
  const { statistics } = manual();
  const counter = statistics.counter('x');
  const before = process.memoryUsage().heapUsed;
  const began = process.hrtime.bigint();
  for (let i = 0; i < 1_000_000; i++) counter.add();
  const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
  assert.ok(milliseconds < 2000, `${milliseconds} ms`);
  assert.ok(process.memoryUsage().heapUsed - before < 50_000_000);
});

test('the default limit holds for every statistic that has none of its own, those that exist already too', () => {
  const statistics = new Statistics({ clock: () => 0, family: 4 });
  const fill = (name: string): void => {
    for (let n = 0; n < 30; n++) statistics.set(name, n);
  };
  const samples = (name: string): number => statistics.samples(name)?.length ?? 0;
  fill('pkt4-received');
  fill('own');
  assert.equal(samples('pkt4-received'), 20);
  statistics.setSampleCount('own', 5);
  statistics.setDefaults(3, 0);
  assert.equal(samples('pkt4-received'), 3);
  fill('new');
  fill('own');
  assert.deepEqual([samples('new'), samples('own')], [3, 5]);
});

test('statistics that begin together are there with their value and time, and cost nothing until they change', () => {
  const { statistics, pass } = manual();
  statistics.begin('subnet[7].', { 'assigned-addresses': 0, 'total-addresses': 254 });
  pass(1);
  assert.deepEqual(statistics.names(), ['subnet[7].assigned-addresses', 'subnet[7].total-addresses']);
  assert.equal(statistics.get('subnet[7].total-addresses'), 254);
  assert.equal(statistics.get('subnet[8].total-addresses'), undefined);
  const begun = [[254, '2026-11-21 09:05:07.012000']];
  assert.deepEqual(statistics.samples('subnet[7].total-addresses'), begun);

  const assigned = statistics.counter('subnet[7].assigned-addresses');
  assert.deepEqual(values(statistics, assigned.name), [0]);
  assigned.add();
  assert.deepEqual(statistics.samples(assigned.name), [
    [1, '2026-11-21 09:05:08.012000'],
    [0, '2026-11-21 09:05:07.012000'],
  ]);
  assert.deepEqual(statistics.all()['subnet[7].total-addresses'], begun);
});

test('statistics that began together are reset, limited and removed like others, and end together', () => {
  const { statistics, pass } = manual();
  const total = 'subnet[7].total-addresses';
  statistics.begin('subnet[7].', { 'assigned-addresses': 0, 'total-addresses': 254 });
  pass(1);
  assert.equal(statistics.setSampleCount(total, 1), true);
  statistics.set(total, 255);
  assert.deepEqual(values(statistics, total), [255]);
  assert.equal(statistics.remove(total), true);
  assert.equal(statistics.remove(total), false);
  assert.equal(statistics.get(total), undefined);
  statistics.set(total, 1);
  assert.deepEqual(values(statistics, total), [1]);

  statistics.begin('subnet[8].', { 'total-addresses': 10 });
  statistics.resetAll();
  assert.deepEqual(statistics.samples('subnet[8].total-addresses'), [[0, '2026-11-21 09:05:08.012000']]);
  statistics.removeAll();
  assert.deepEqual(statistics.names(), []);
  statistics.begin('subnet[8].', { 'total-addresses': 10 });
  assert.equal(statistics.reset('subnet[8].total-addresses'), true);
  statistics.counter(total).add();
  statistics.end('subnet[7].');
  statistics.end('subnet[8].');
  statistics.end('subnet[9].');
  assert.deepEqual(statistics.names(), []);
});
