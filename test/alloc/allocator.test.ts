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

  it('a draw from the free list keeps to the pools and to the store’s answer', async () => {
    const on = subnet('iterative', [pool(0, 9), pool(100, 109)]);
    const allocator = allocatorWith(true);
    const free = [3, 105, 50].map(kind.address);
    const draw = await allocator.drawFree({ findFree: () => Promise.resolve(free) }, request(kind, on, 1));
    assert.deepEqual(
      draw.candidates.map((c) => place(c.address)).sort((x, y) => x - y),
      [3, 105],
    );
  });

  it('clients that come at once to a nearly full pool all find something, and not all with a search of their own', async () => {
    const clients = 60;
    const allocator = allocatorWith(true);
    const on = subnet('iterative', [pool(0, 6_399)]);
    let searches = 0;
    // One in a hundred is free; the answer takes a while.
    const findFree = async (_: unknown, start: unknown, limit: number): Promise<never[]> => {
      searches++;
      await new Promise(setImmediate);
      const from = Math.ceil(place(start as never) / 100);
      return Array.from({ length: limit }, (_, i) => kind.address(((from + i) % 64) * 100)) as never[];
    };
    const draws = await Promise.all(
      Array.from({ length: clients }, (_, n) => allocator.drawFree({ findFree }, request(kind, on, n))),
    );
    const drawn = draws.map(({ candidates }) => candidates.map(({ address }) => place(address)));
    assert.deepEqual(drawn.filter((addresses) => addresses.length === 0).length, 0, 'somebody goes without');
    assert.equal(new Set(drawn.flat()).size, drawn.flat().length);
    assert.ok(searches <= 10, `${searches} searches`);
  });

  /** A store in which `free` of 6,400 are free; what is drawn from it is taken. */
  const scarceStore = (free: readonly number[]) => {
    const left = new Set(free);
    const calls: number[] = [];
    const findFree = (_: unknown, start: Address, limit: number): Promise<Address[]> => {
      calls.push(limit);
      const found: Address[] = [];
      for (let i = 0; i < 6_400 && found.length < limit; i++) {
        const at = (place(start) + i) % 6_400;
        if (left.has(at)) found.push(kind.address(at));
      }
      return Promise.resolve(found);
    };
    return { left, calls, store: { findFree } };
  };
  const everyHundredth = Array.from({ length: 64 }, (_, n) => n * 100);

  it('where little is free clients are offered what was found, without a guess that fails first', async () => {
    const on = subnet('iterative', [pool(0, 6_399)]);
    const allocator = allocatorWith(true);
    const { left, calls, store } = scarceStore(everyHundredth);
    let guesses = 0;
    for (let n = 0; n < 60; n++) {
      const asked = request(kind, on, n);
      let draw = allocator.draw(asked, { store });
      if (!left.has(first(draw))) {
        guesses++;
        draw.failed();
        draw = await allocator.drawFree(store, asked);
      }
      const used = draw.candidates[0]!.address;
      assert.ok(left.delete(place(used)), 'what was found is free');
      draw.keep(used);
      await new Promise(setImmediate);
    }
    assert.equal(guesses, 1);
    assert.ok(calls.length <= 10, `${calls.length} searches`);
    // Most of the pool is free again: the order of the word says what comes.
    for (let n = 0; n < 6_400; n++) left.add(n);
    const drawn = Array.from({ length: 40 }, (_, n) => allocator.draw(request(kind, on, 100 + n), { store }));
    await new Promise(setImmediate);
    for (const draw of drawn) draw.keep(draw.candidates[0]!.address);
    const again = allocator.draw(request(kind, on, 1_000), { store });
    assert.equal(first(again), first(allocatorWith(true).draw(request(kind, on, 1_000))));
  });

  it('a client that needs none of it leaves the list of free ones as it was', async () => {
    const on = subnet('iterative', [pool(0, 6_399)]);
    const allocator = allocatorWith(true);
    const { left, calls, store } = scarceStore(everyHundredth);
    (await allocator.drawFree(store, request(kind, on, 0))).keep(null);
    for (let n = 0; n < 200; n++) {
      const draw = allocator.draw(request(kind, on, n), { store });
      assert.ok(left.has(first(draw)));
      draw.keep(null);
    }
    assert.equal(calls.length, 1);
  });

  it('what is free but of no use is passed by, in searches that grow, and not tried again at once', async () => {
    let now = 0;
    const on = subnet('iterative', [pool(0, 6_399)]);
    const allocator = allocatorWith(true, 1, () => now);
    const { calls, store } = scarceStore(Array.from({ length: 640 }, (_, n) => n * 10));
    const tried: number[] = [];
    const useless = async (n: number): Promise<void> => {
      for (let count = 4; ; count *= 2) {
        const draw = await allocator.drawFree(store, request(kind, on, n, count));
        if (draw.candidates.length === 0) return;
        tried.push(...draw.candidates.map(({ address }) => place(address)));
        draw.failed();
      }
    };
    await useless(1);
    assert.equal(tried.length, 640);
    assert.equal(new Set(tried).size, 640);
    assert.ok(calls.length <= 12, `${calls.length} searches`);
    await useless(2);
    assert.equal(tried.length, 640);
    now = 10_000;
    await useless(3);
    assert.equal(tried.length, 1280);
  });

  it('the store is asked for what the pools consist of', async () => {
    const pools = [pool(0, 9), pool(100, 109)];
    const asked: unknown[] = [];
    const findFree = (ranges: readonly unknown[]): Promise<never[]> => {
      asked.push(...ranges);
      return Promise.resolve([]);
    };
    await allocatorWith(true).drawFree({ findFree }, request(kind, subnet('iterative', pools), 1));
    assert.deepEqual(
      asked,
      pools.map(({ first, last, delegatedLength }) =>
        delegatedLength === undefined ? { first, last } : { first, last, delegatedLength },
      ),
    );
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

  it('an exhausted pool is searched once in a while, not once a packet', async () => {
    let now = 0;
    const allocator = allocatorWith(true, 3, () => now);
    const on = subnet('iterative', [pool(0, 9)]);
    let searches = 0;
    const store = { findFree: () => Promise.resolve(++searches < 3 ? [] : [kind.address(1)]) };
    for (let n = 0; n < 50; n++)
      assert.deepEqual((await allocator.drawFree(store, request(kind, on, n))).candidates, []);
    assert.equal(searches, 1);
    now = 1000;
    await allocator.drawFree(store, request(kind, on, 1));
    now = 2000;
    assert.equal((await allocator.drawFree(store, request(kind, on, 1))).candidates.length, 1);
  });

  it('clients that may use different pools take turns without a search each time', async () => {
    const pools = [pool(0, 9), pool(20, 29)];
    const on = subnet('iterative', pools);
    const allocator = allocatorWith(true);
    let searches = 0;
    const findFree = (ranges: readonly { first: unknown }[]): Promise<never[]> => {
      searches++;
      const start = ranges[0]!.first === pools[0]!.first ? 0 : 20;
      return Promise.resolve(Array.from({ length: 10 }, (_, n) => kind.address(start + n)) as never[]);
    };
    for (let n = 0; n < 6; n++) {
      const draw = await allocator.drawFree(
        { findFree },
        { ...request(kind, on, n), pools: [pools[n % 2]!] },
      );
      assert.equal(draw.candidates[0]!.pool, pools[n % 2]);
      draw.keep(draw.candidates[0]!.address);
    }
    assert.equal(searches, 2);
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
