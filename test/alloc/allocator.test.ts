// The allocator's promises: inside its pools, never one address for two clients, order as the words say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAllocator, defaultAllocation, type AllocationRequest } from '../../src/alloc/allocator.ts';
import { shuffledIndex } from '../../src/alloc/shuffle.ts';
import type { Pool, ScopeParameters, Subnet } from '../../src/config/snapshot.ts';
import type { ClientKey } from '../../src/store/lease-store.ts';

const base = 0x0a000000;
const pool = (first: number, last: number): Pool => ({
  rowId: null,
  poolId: 0,
  first: base + first,
  last: base + last,
  capacity: last - first + 1,
  clientClasses: [],
  evaluateAdditionalClasses: [],
  options: new Map(),
  parameters: {} as ScopeParameters,
  userContext: null,
});
const subnet = (allocator: ScopeParameters['allocator'], pools: readonly Pool[]): Subnet =>
  ({ family: 4, id: 7, prefixLength: 8, pools, parameters: { allocator } }) as unknown as Subnet;
const client = (n: number): ClientKey => ({
  family: 4,
  clientId: null,
  hwaddr: Uint8Array.of(2, 0, n >>> 24, n >>> 16, n >>> 8, n),
});
const request = (on: Subnet, n: number, count = 4): AllocationRequest => ({
  subnet: on,
  pools: on.pools,
  client: client(n),
  count,
  excludeFirstLast24: false,
});
const allocatorWith = (sharedLeases: boolean, seed = 1, clock = (): number => 0) => {
  let state = seed;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  return createAllocator({ ...defaultAllocation, sharedLeases }, { random, clock });
};
const words = ['iterative', 'random', 'flq', 'shared-flq'] as const;

test('candidates are distinct, inside the permitted pools, and held for one client only', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...words),
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 60 }),
      (word, shared, sizes, clients) => {
        let next = 0;
        const pools = sizes.map(([gap, size]) => {
          const made = pool(next + gap, next + gap + size - 1);
          next += gap + size;
          return made;
        });
        const on = subnet(word, pools);
        const allocator = allocatorWith(shared, 7);
        const holder = new Map<unknown, number>();
        for (let n = 0; n < clients; n++) {
          const draw = allocator.draw(request(on, n));
          for (const candidate of draw.candidates) {
            assert.ok(pools.includes(candidate.pool));
            assert.ok(candidate.address >= candidate.pool.first && candidate.address <= candidate.pool.last);
            assert.equal(holder.get(candidate.address), undefined, 'one address for two clients');
          }
          assert.equal(new Set(draw.candidates.map((c) => c.address)).size, draw.candidates.length);
          const kept = draw.candidates[n % Math.max(1, draw.candidates.length)]?.address ?? null;
          draw.keep(kept);
          if (kept !== null) holder.set(kept, n);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('iterative on a store of its own goes up from the last address and wraps', () => {
  const on = subnet('iterative', [pool(10, 12), pool(20, 21)]);
  let now = 0;
  const allocator = allocatorWith(false, 3, () => now);
  const given: number[] = [];
  for (let n = 0; n < 6; n++) {
    now += 60_000;
    const draw = allocator.draw(request(on, n));
    given.push(Number(draw.candidates[0]!.address) - base);
    draw.keep(draw.candidates[0]!.address);
  }
  assert.deepEqual(given, [10, 11, 12, 20, 21, 10]);
});

test('random visits every address once before any comes again', () => {
  const on = subnet('random', [pool(0, 99)]);
  let now = 0;
  const allocator = allocatorWith(false, 5, () => now);
  const seen: number[] = [];
  for (let n = 0; n < 100; n++) {
    now += 60_000;
    const draw = allocator.draw(request(on, n, 1));
    seen.push(Number(draw.candidates[0]!.address) - base);
    draw.keep(draw.candidates[0]!.address);
  }
  assert.equal(new Set(seen).size, 100);
  assert.notDeepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test('the shuffle is a permutation for every size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(0xffffffff), (size, seed) => {
      const image = new Set(Array.from({ length: size }, (_, i) => shuffledIndex(i, size, seed)));
      assert.equal(image.size, size);
      assert.ok(Math.max(...image) < size);
    }),
  );
});

test('on shared leases two servers offer one client the same address and different clients different ones', () => {
  const on = subnet('iterative', [pool(0, 65_535)]);
  const [a, b] = [allocatorWith(true, 11), allocatorWith(true, 99)];
  const first = (draw: ReturnType<typeof a.draw>): number => Number(draw.candidates[0]!.address);
  const addresses = new Set<number>();
  let same = 0;
  for (let n = 0; n < 1000; n++) {
    const one = first(a.draw(request(on, n)));
    if (one === first(b.draw(request(on, n)))) same++;
    addresses.add(one);
  }
  assert.ok(same > 960, `${same} of 1000 clients got the same first address`);
  assert.ok(addresses.size > 980, `${addresses.size} different addresses for 1000 clients`);
});

test('on shared leases the second candidates of two servers differ', () => {
  const on = subnet('iterative', [pool(0, 65_535)]);
  const [a, b] = [allocatorWith(true, 11), allocatorWith(true, 99)];
  let same = 0;
  for (let n = 0; n < 500; n++) {
    const [, second] = a.draw(request(on, n)).candidates;
    if (b.draw(request(on, n)).candidates.some((c) => c.address === second!.address)) same++;
  }
  assert.ok(same < 5, `${same} of 500`);
});

test('an offered address is free again after the hold time, and at once for its own client', () => {
  let now = 0;
  const allocator = allocatorWith(true, 3, () => now);
  allocator.offered(base + 1, client(1));
  assert.equal(allocator.isOfferedToOther(base + 1, client(2)), true);
  assert.equal(allocator.isOfferedToOther(base + 1, client(1)), false);
  now = defaultAllocation.offerHold;
  assert.equal(allocator.isOfferedToOther(base + 1, client(2)), false);
});

test('first and last address of each /24 are left out when the flag says so, in subnets of /24 or larger', () => {
  const on = subnet('random', [pool(250, 260)]);
  const draw = allocatorWith(false).draw({ ...request(on, 1, 11), excludeFirstLast24: true });
  const found = draw.candidates.map((c) => Number(c.address) - base);
  assert.ok(!found.includes(255) && !found.includes(256));
});

test('a draw from the free list keeps to the pools and to the store’s answer', async () => {
  const on = subnet('iterative', [pool(0, 9), pool(100, 109)]);
  const allocator = allocatorWith(true);
  const free = [base + 3, base + 105, base + 50];
  const draw = await allocator.drawFree({ findFree: () => Promise.resolve(free) }, request(on, 1));
  assert.deepEqual(
    draw.candidates.map((c) => Number(c.address) - base).sort((x, y) => x - y),
    [3, 105],
  );
});

test('no pools means no candidates, and a full pool of held addresses means none either', async () => {
  const allocator = allocatorWith(true);
  assert.deepEqual(allocator.draw(request(subnet('random', []), 1)).candidates, []);
  const none = await allocator.drawFree(
    { findFree: () => Promise.resolve([]) },
    request(subnet('random', []), 1),
  );
  assert.deepEqual(none.candidates, []);
  const on = subnet('iterative', [pool(0, 1)]);
  allocator.offered(base, client(8));
  allocator.offered(base + 1, client(9));
  assert.deepEqual(allocator.draw(request(on, 1)).candidates, []);
});

test('an exhausted pool is searched once a second, not once a packet', async () => {
  let now = 0;
  const allocator = allocatorWith(true, 3, () => now);
  const on = subnet('iterative', [pool(0, 9)]);
  let searches = 0;
  const store = { findFree: () => Promise.resolve(++searches < 3 ? [] : [base + 1]) };
  for (let n = 0; n < 50; n++)
    assert.deepEqual((await allocator.drawFree(store, request(on, n))).candidates, []);
  assert.equal(searches, 1);
  now = 1000;
  await allocator.drawFree(store, request(on, 1));
  now = 2000;
  assert.equal((await allocator.drawFree(store, request(on, 1))).candidates.length, 1);
});
