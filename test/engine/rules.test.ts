// Small rules by themselves: lifetimes, timers, cache, class names, client names, network state, the queue's client key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ScopeParameters } from '../../src/config/snapshot.ts';
import { escapeClassName } from '../../src/engine/class-list.ts';
import { generateName, qualifyName, replacesName } from '../../src/engine/client-name-rules.ts';
import { chooseLifetime, teeTimes } from '../../src/engine/lifetime.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import { peekPacket4 } from '../../src/engine/v4/peek.ts';
import { discover, fromMac, withClientId, withHostName } from '../support/packets4.ts';
import { FakeClock } from './fake-clock.ts';
import { plain } from './scenario.ts';
import { buildConfig } from './world.ts';

const parameters = (more: Partial<ScopeParameters> = {}): ScopeParameters => ({
  ...buildConfig(plain()).subnets.get(1)!.parameters,
  ...more,
});
const second = fc.integer({ min: 0, max: 0xffffffff });

void test('whatever a client wishes, the lifetime stays within the bounds', () => {
  fc.assert(
    fc.property(fc.tuple(second, second, second), fc.option(second, { nil: undefined }), (bounds, wish) => {
      const [min, value, max] = bounds.sort((a, b) => a - b);
      const lifetime = chooseLifetime({ min, value, max }, [], wish);
      assert.ok(lifetime >= min && lifetime <= max);
      if (wish === undefined) assert.equal(lifetime, value);
    }),
  );
});

void test('T1 < T2 < lifetime, whatever is configured', () => {
  const timer = fc.option(second, { nil: undefined });
  fc.assert(
    fc.property(
      second,
      timer,
      timer,
      fc.boolean(),
      (lifetime, renewTimer, rebindTimer, calculateTeeTimes) => {
        const { renewTimer: _t1, rebindTimer: _t2, ...rest } = parameters({ calculateTeeTimes });
        const given = {
          ...rest,
          ...(renewTimer !== undefined && { renewTimer }),
          ...(rebindTimer !== undefined && { rebindTimer }),
        };
        const { t1, t2 } = teeTimes(given, lifetime);
        if (t2 !== undefined) assert.ok(t2 > 0 && t2 < lifetime);
        if (t1 !== undefined) assert.ok(t1 > 0 && t1 < (t2 ?? lifetime));
      },
    ),
  );
});

void test('class names made from packets are escaped', () => {
  assert.equal(escapeClassName(Buffer.from('eth0/7')), 'eth0/7');
  assert.equal(escapeClassName(Buffer.from("a b'%")), 'a%20b%27%%');
  assert.equal(escapeClassName(Uint8Array.of(0, 255)), '%00%ff');
});

void test('a suffix is appended once', () => {
  const { ddns } = parameters({ ddns: { ...parameters().ddns, qualifyingSuffix: 'example.org.' } });
  assert.equal(qualifyName('host', ddns, false), 'host.example.org');
  assert.equal(qualifyName('host', ddns, true), 'host.example.org.');
  assert.equal(qualifyName('host.example.org', ddns, false), 'host.example.org');
  assert.equal(qualifyName('myexample.org', ddns, false), 'myexample.org.example.org');
  assert.equal(generateName('10.0.0.1', ddns, true), 'myhost-10-0-0-1.example.org.');
});

void test('names are replaced as the mode says', () => {
  const modes = ['never', 'always', 'when-present', 'when-not-present'] as const;
  assert.deepEqual(
    modes.map((mode) => [replacesName(mode, true), replacesName(mode, false)]),
    [
      [false, false],
      [true, true],
      [true, false],
      [false, true],
    ],
  );
});

void test('the service runs only when no origin holds it off', async () => {
  const clock = new FakeClock();
  const state = new NetworkState({}, { clock });
  state.disable(1);
  state.disable(2001, 60);
  assert.deepEqual(state.origins(), [1, 2001]);
  state.enable(1);
  assert.equal(state.isEnabled, false);
  await clock.advance(60_000);
  assert.equal(state.isEnabled, true);
});

void test('disabling again replaces the time limit', async () => {
  const clock = new FakeClock();
  const state = new NetworkState({}, { clock });
  state.disable(1, 60);
  state.disable(1);
  await clock.advance(120_000);
  assert.deepEqual(state.origins(), [1]);
});

const clientKeyOf = (bytes: Uint8Array): string => peekPacket4(bytes).client;

void test('the client key is the client identifier, else the hardware address', () => {
  const byId = clientKeyOf(
    discover(fromMac('02:00:00:00:00:01'), withHostName('x'), withClientId('01:aa')).bytes,
  );
  assert.equal(clientKeyOf(discover(fromMac('02:00:00:00:00:02'), withClientId('01:aa')).bytes), byId);
  assert.notEqual(clientKeyOf(discover(fromMac('02:00:00:00:00:01')).bytes), byId);
  assert.equal(clientKeyOf(Uint8Array.of(1, 2, 3)), '');
});

void test('the client key of any bytes is a text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => typeof clientKeyOf(bytes) === 'string'),
  );
});
