// What rows ask for that is not in force is said once, when it is new.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, type BuildResult } from '../../src/config/build.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import { silentLogger } from '../../src/log.ts';
import { partsWith, row, subnet } from './parts.ts';

const said: string[] = [];
const log = {
  ...silentLogger,
  warn: (_id: string, text: string, fields?: object) => void said.push(`${text} ${JSON.stringify(fields)}`),
};

function build(parts: Partial<ConfigParts>, last?: BuildResult): BuildResult {
  const previous = last ? { parts: last.inForce, snapshot: last.snapshot } : null;
  said.length = 0;
  const originOfGlobal = () => ({ kind: 'database' as const, rowId: 1 });
  return buildSnapshot({ ...partsWith(parts), originOfGlobal }, previous, {
    mode: 'quarantine',
    epoch: 1,
    log,
  });
}

test('each key and value is said once, with how many objects ask and the first of them', () => {
  const flq = { allocator: 'flq' };
  const subnets = [subnet(1), subnet(2, flq), subnet(3, flq)];
  const parts = {
    subnets,
    networks: [row({ name: 'floor' })],
    globals: { 'reservations-lookup-first': true },
  };
  const first = build(parts);
  assert.deepEqual(said, [
    'not in force: reservations-lookup-first = true; reservations and leases are looked up together {"first":"reservations-lookup-first","objects":1}',
    'not in force: allocator = "flq"; free addresses are looked for without a queue {"first":"subnet 2","objects":2}',
  ]);
  const second = build({ ...parts, subnets: [subnets[0]!, subnets[1]!, subnets[2]!, subnet(4)] }, first);
  assert.deepEqual(said, [], 'nothing new asks');
  build({ ...parts, subnets: [subnets[0]!, subnets[1]!, subnets[2]!, subnet(4, flq)] }, second);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /"first":"subnet 4","objects":1/);
});
