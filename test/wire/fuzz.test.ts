// A short version of the fuzz run, the same packets every time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exerciseWire } from '../support/exercise-wire.ts';
import { mutatedPackets } from '../support/mutate-packets.ts';

test('20,000 mutated packets meet only the errors of the wire room, each with a reason', () => {
  const exercise = exerciseWire();
  const outcomes = new Map<string, number>();
  for (const packet of mutatedPackets(7, 20_000)) {
    for (const outcome of exercise(packet)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // The run would prove nothing if every packet failed at once, or none did.
  for (const expected of [
    'message: ok',
    'message: truncated-header',
    'message: truncated-option',
    'message: bootp-no-cookie',
    'message: bootp-no-message-type',
    'message: message-type',
    'message: option-overload',
    'message: hardware-address-length',
    'option 81: option-value',
    'agent information: truncated-option',
  ]) {
    assert.ok((outcomes.get(expected) ?? 0) >= 20, `${expected}: ${outcomes.get(expected) ?? 0}`);
  }
});

test('the same seed gives the same packets', () => {
  const hex = (seed: number): string[] =>
    [...mutatedPackets(seed, 50)].map((packet) => Buffer.from(packet).toString('hex'));
  assert.deepEqual(hex(3), hex(3));
  assert.notDeepEqual(hex(3), hex(4));
});
