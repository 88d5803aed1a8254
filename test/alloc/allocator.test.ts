// The allocator's promises: inside its pools, never one address for two clients, order as the words say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultAllocation, type Allocator, type Draw } from '../../src/alloc/allocator.ts';
import type { Address } from '../../src/addr/family.ts';
import type { Subnet } from '../../src/config/snapshot.ts';
import { shuffledIndex } from '../../src/alloc/shuffle.ts';
import { addresses4, allocatorWith, kinds, request } from './kinds.ts';

const words = ['iterative', 'random', 'flq', 'shared-flq'] as const;

for (const kind of kinds) {
  const { pool, subnet, place } = kind;
  const it = (title: string, body: () => void | Promise<void>): void =>
    void test(`${kind.name}: ${title}`, body);
  const first = (draw: Draw): number => place(draw.candidates[0]!.address);

  it('candidates are distinct, inside the permitted pools, and held for one client only', () => {
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
            const draw = allocator.draw(request(kind, on, n));
            for (const candidate of draw.candidates) {
              assert.ok(pools.includes(candidate.pool));
              assert.ok(candidate.address >= candidate.pool.first);
              assert.ok(candidate.address <= candidate.pool.last);
              assert.ok(Number.isInteger(place(candidate.address)), 'a prefix that begins inside another');
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

  it('iterative on a store of its own goes up from the last one and wraps', () => {
    const on = subnet('iterative', [pool(10, 12), pool(20, 21)]);
    let now = 0;
    const allocator = allocatorWith(false, 3, () => now);
    const given: number[] = [];
    for (let n = 0; n < 6; n++) {
      now += 60_000;
      const draw = allocator.draw(request(kind, on, n));
      given.push(first(draw));
      draw.keep(draw.candidates[0]!.address);
    }
    assert.deepEqual(given, [10, 11, 12, 20, 21, 10]);
  });

  it('iterative is not set back by a packet that took longer, nor by a client that asks again', () => {
    const on = subnet('iterative', [pool(0, 999)]);
    const allocator = allocatorWith(false, 3, () => 0);
    const drawn = Array.from({ length: 50 }, (_, n) => allocator.draw(request(kind, on, n, 1)));
    const late = drawn.shift()!;
    const given = drawn.map((draw) => {
      draw.keep(draw.candidates[0]!.address);
      return first(draw);
    });
    late.keep(late.candidates[0]!.address);
    const again = allocator.draw(request(kind, on, 5, 1));
    assert.equal(first(again), given[4]);
    again.keep(again.candidates[0]!.address);
    // They are leased by now, and no longer set aside.
    for (let n = 0; n < 50; n++) allocator.declined(request(kind, on, n).client);
    assert.equal(first(allocator.draw(request(kind, on, 50, 1))), given.at(-1)! + 1);
  });

  it('random visits every one once before any comes again', () => {
    const on = subnet('random', [pool(0, 99)]);
    let now = 0;
    const allocator = allocatorWith(false, 5, () => now);
    const seen: number[] = [];
    for (let n = 0; n < 100; n++) {
      now += 60_000;
      const draw = allocator.draw(request(kind, on, n, 1));
      seen.push(first(draw));
      draw.keep(draw.candidates[0]!.address);
    }
    assert.equal(new Set(seen).size, 100);
    assert.notDeepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
  });

  it('on shared leases two servers offer one client the same and different clients different ones', () => {
    const on = subnet('iterative', [pool(0, 65_535)]);
    const [a, b] = [allocatorWith(true, 11), allocatorWith(true, 99)];
    const places = new Set<number>();
    let same = 0;
    for (let n = 0; n < 1000; n++) {
      const one = first(a.draw(request(kind, on, n)));
      if (one === first(b.draw(request(kind, on, n)))) same++;
      places.add(one);
    }
    assert.ok(same > 960, `${same} of 1000 clients got the same first candidate`);
    assert.ok(places.size > 980, `${places.size} different ones for 1000 clients`);
  });

  /** Some candidate of the subnet was not free. */
  const press = (allocator: Allocator, on: Subnet): void => allocator.draw(request(kind, on, 9_999)).failed();

  it('one candidate is drawn where all were free lately, and more where one was not', () => {
    const on = subnet('iterative', [pool(0, 65_535)]);
    const allocator = allocatorWith(true);
    const counts: number[] = [];
    for (let n = 0; n < 60; n++) {
      if (n === 20) press(allocator, on);
      const draw = allocator.draw(request(kind, on, n));
      counts.push(draw.candidates.length);
      draw.keep(draw.candidates[0]!.address);
    }
    assert.deepEqual([counts[19], counts[20], counts[21], counts[59]], [1, 4, 2, 1]);
  });

  it('on shared leases iterative goes up while the server is alone, and by client when it is not', () => {
    const on = subnet('iterative', [pool(0, 9999)]);
    const allocator = allocatorWith(true);
    const drawn = (n: number, isAlone: boolean): number => {
      const draw = allocator.draw({ ...request(kind, on, n, 1), isAlone });
      draw.keep(draw.candidates[0]!.address);
      return first(draw);
    };
    const begin = drawn(0, true);
    const up = [1, 2, 3].map((n) => drawn(n, true));
    assert.deepEqual(
      up,
      [1, 2, 3].map((step) => (begin + step) % 10_000),
    );
    const other = allocatorWith(true, 2);
    assert.deepEqual(
      [4, 5, 6].map((n) => drawn(n, false)),
      [4, 5, 6].map((n) => first(other.draw(request(kind, on, n, 1)))),
    );
  });

  it('on shared leases the second candidates of two servers differ', () => {
    const on = subnet('iterative', [pool(0, 65_535)]);
    const [a, b] = [allocatorWith(true, 11), allocatorWith(true, 99)];
    for (const each of [a, b]) press(each, on);
    let same = 0;
    for (let n = 0; n < 500; n++) {
      const [, second] = a.draw(request(kind, on, n)).candidates;
      if (b.draw(request(kind, on, n)).candidates.some((c) => c.address === second!.address)) same++;
    }
    assert.ok(same < 5, `${same} of 500`);
  });

  it('a client that asks again is offered the same again, whatever the word', () => {
    for (const word of words) {
      const on = subnet(word, [pool(0, 999)]);
      const allocator = allocatorWith(false);
      press(allocator, on);
      const draw = allocator.draw(request(kind, on, 1));
      const kept = draw.candidates[1]!.address;
      draw.keep(kept);
      allocator.draw(request(kind, on, 2)).keep(null);
      assert.equal(allocator.draw(request(kind, on, 1)).candidates[0]!.address, kept);
    }
  });

  it('what was offered is free again after the hold time, and at once for its own client', () => {
    let now = 0;
    const allocator = allocatorWith(true, 3, () => now);
    const address = kind.address(1);
    allocator.offered(address, kind.client(1));
    assert.equal(allocator.isOfferedToOther(address, kind.client(2)), true);
    assert.equal(allocator.isOfferedToOther(address, kind.client(1)), false);
    now = defaultAllocation.offerHold;
    assert.equal(allocator.isOfferedToOther(address, kind.client(2)), false);
  });

  it('going up, a leased address costs one search, and a long row of them a few', async () => {
    /** How many of `clients` find their first candidate leased. */
    const searches = async (leased: ReadonlySet<number>, clients: number): Promise<number> => {
      const on = subnet('iterative', [pool(0, 9999)]);
      const allocator = allocatorWith(false, 3, () => 0);
      const taken = new Set(leased);
      const findFree = (_: unknown, start: Address, limit: number): Promise<Address[]> => {
        const free: Address[] = [];
        for (let i = 0; i < 10_000 && free.length < limit; i++) {
          const at = (place(start) + i) % 10_000;
          if (!taken.has(at)) free.push(kind.address(at));
        }
        return Promise.resolve(free);
      };
      const end = (draw: Draw, used: Address | null): void =>
        used === null ? draw.failed() : draw.keep(used);
      let count = 0;
      for (let n = 0; n < clients; n++) {
        const asked = request(kind, on, n, 8);
        const draw = allocator.draw(asked);
        let used = draw.candidates.find(({ address }) => !taken.has(place(address)))?.address ?? null;
        end(draw, used);
        while (used === null) {
          count++;
          const more = await allocator.drawFree({ findFree }, asked);
          used = more.candidates.find(({ address }) => !taken.has(place(address)))?.address ?? null;
          end(more, used);
        }
        assert.ok(!taken.has(place(used)));
        taken.add(place(used));
        allocator.declined(asked.client);
      }
      return count;
    };
    const scattered = new Set(Array.from({ length: 200 }, (_, i) => i * 50 + 7));
    assert.ok((await searches(scattered, 5000)) <= 100);
    const row = new Set(Array.from({ length: 4000 }, (_, i) => i));
    assert.ok((await searches(row, 1000)) <= 20);
    // Nothing is left out.
    await searches(row, 6000);
  });

  it('no pools means no candidates, and a full pool of held ones means none either', async () => {
    const allocator = allocatorWith(true);
    const none = { findFree: () => Promise.resolve([]) };
    assert.deepEqual(allocator.draw(request(kind, subnet('random', []), 1)).candidates, []);
    const draw = await allocator.drawFree(none, request(kind, subnet('random', []), 1));
    assert.deepEqual(draw.candidates, []);
    const on = subnet('iterative', [pool(0, 1)]);
    allocator.offered(kind.address(0), kind.client(8));
    allocator.offered(kind.address(1), kind.client(9));
    assert.deepEqual(allocator.draw(request(kind, on, 1)).candidates, []);
  });
}

test('the shuffle is a permutation for every size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(0xffffffff), (size, seed) => {
      const image = new Set(Array.from({ length: size }, (_, i) => shuffledIndex(i, size, seed)));
      assert.equal(image.size, size);
      assert.ok(Math.max(...image) < size);
    }),
  );
});

test('first and last address of each /24 are left out when the flag says so, in IPv4 subnets of /24 or larger', () => {
  for (const kind of kinds) {
    const on = kind.subnet('random', [kind.pool(250, 260)]);
    const draw = allocatorWith(false).draw({ ...request(kind, on, 1, 11), excludeFirstLast24: true });
    const { pools } = request(kind, on, 1);
    const found = new Set(draw.candidates.map((c) => kind.place(c.address)));
    for (let n = 0; n < 40; n++) {
      const more = allocatorWith(false, n + 1).draw({
        ...request(kind, on, n, 11),
        excludeFirstLast24: true,
      });
      for (const { address } of more.candidates) found.add(kind.place(address));
    }
    assert.equal(pools.length, 1);
    assert.equal(found.has(255) || found.has(256), kind !== addresses4, kind.name);
  }
});
