// When packets that waited long are given up: while others come that can still be answered in time, not after a burst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StandingDelay } from '../../src/engine/standing-delay.ts';

const limits = { patience: 2000, underLoad: 250 };

test('waiting that does not end is an overload while as many come as wait', () => {
  const delay = new StandingDelay(limits);
  for (let now = 0; now <= 1000; now += 10) {
    delay.arrived(now);
    delay.note(150, now);
    assert.equal(delay.limit(now, 20), now < 500 ? limits.patience : limits.underLoad, `at ${now} ms`);
  }
});

test('a great burst that is over is worked off, late as it may be', () => {
  const delay = new StandingDelay(limits);
  for (let i = 0; i < 10_000; i++) delay.arrived(0);
  for (let now = 100; now <= 1900; now += 10) {
    // A few that come meanwhile take nothing from those who wait.
    delay.arrived(now);
    delay.note(now, now);
    const limit = delay.limit(now, 10_000 - now * 3);
    if (now >= 500) assert.equal(limit, limits.patience, `at ${now} ms`);
  }
});

test('one packet that did not wait ends the overload', () => {
  const delay = new StandingDelay(limits);
  delay.note(150, 0);
  delay.arrived(600);
  delay.note(150, 600);
  assert.equal(delay.limit(600, 1), limits.underLoad);
  delay.note(5, 610);
  delay.note(150, 620);
  assert.equal(delay.limit(630, 1), limits.patience);
});
