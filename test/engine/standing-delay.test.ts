// When packets that waited long are given up: while others come that can still be answered in time, not after a burst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StandingDelay } from '../../src/engine/standing-delay.ts';

const limits = { patience: 2000, underLoad: 250 };

test('waiting that does not end is an overload while as many come as are taken', () => {
  const delay = new StandingDelay(limits);
  for (let now = 0; now <= 1000; now += 10) {
    delay.arrived(now);
    delay.taken(150, now);
    assert.equal(delay.limit(now), now < 500 ? limits.patience : limits.underLoad, `at ${now} ms`);
  }
});

test('a great burst that is over is worked off, late as it may be', () => {
  const delay = new StandingDelay(limits);
  for (let i = 0; i < 10_000; i++) delay.arrived(0);
  for (let now = 100; now <= 1900; now += 10) {
    // A few that come meanwhile take nothing from those who wait.
    delay.arrived(now);
    for (let i = 0; i < 30; i++) delay.taken(now, now);
    const limit = delay.limit(now);
    if (now >= 500) assert.equal(limit, limits.patience, `at ${now} ms`);
  }
});

test('one packet that did not wait ends the overload', () => {
  const delay = new StandingDelay(limits);
  delay.taken(150, 0);
  delay.arrived(600);
  delay.taken(150, 600);
  assert.equal(delay.limit(600), limits.underLoad);
  delay.taken(5, 610);
  delay.taken(150, 620);
  assert.equal(delay.limit(630), limits.patience);
});

test('what waits after a stall is an overload, however much it is, while as many come as are taken', () => {
  const delay = new StandingDelay(limits);
  for (let now = 0; now < 1_500; now++) delay.arrived(now);
  for (let now = 1_500; now < 3_000; now++) {
    delay.arrived(now);
    delay.taken(1_500, now);
    if (now >= 2_000) assert.equal(delay.limit(now), limits.underLoad, `at ${now} ms`);
  }
});
