// A short version of the fuzz run, the same packets every time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exerciseWire } from '../support/exercise-wire.ts';
import { mutatedPackets } from '../support/mutate-packets.ts';

/** The run would prove nothing if every packet failed at once, or none did. */
const expected = {
  4: [
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
  ],
  6: [
    'message: ok',
    'message: truncated-header',
    'message: truncated-option',
    'message: message-type',
    'message: relay-message',
    'message: relay-depth',
    'frames: ok',
    'option 1: option-value',
    'option 3: ok',
    'option 3: truncated-option',
    'option 3: option-nesting',
    'option 25: ok',
    'option 44: truncated-option',
    'option 45: ok',
    'DHCPv4 inside: truncated-header',
  ],
} as const;

for (const family of [4, 6] as const) {
  test(`20,000 mutated DHCPv${family} packets meet only the errors of the wire room, each with a reason`, () => {
    const exercise = exerciseWire(family);
    const outcomes = new Map<string, number>();
    for (const packet of mutatedPackets(7, 20_000, family)) {
      for (const outcome of exercise(packet)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    for (const outcome of expected[family]) {
      assert.ok((outcomes.get(outcome) ?? 0) >= 20, `${outcome}: ${outcomes.get(outcome) ?? 0}`);
    }
  });
}

test('the same seed gives the same packets', () => {
  const hex = (seed: number): string[] =>
    [...mutatedPackets(seed, 50)].map((packet) => Buffer.from(packet).toString('hex'));
  assert.deepEqual(hex(3), hex(3));
  assert.notDeepEqual(hex(3), hex(4));
});
