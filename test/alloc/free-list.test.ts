// Nearly full pools: what a search found is offered, shared by clients that come at once, and searched for no more than needed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Draw } from '../../src/alloc/allocator.ts';
import type { Address } from '../../src/addr/family.ts';
import { allocatorWith, kinds, request } from './kinds.ts';

for (const kind of kinds) {
  const { pool, subnet, place } = kind;
  const it = (title: string, body: () => void | Promise<void>): void =>
    void test(`${kind.name}: ${title}`, body);
  const first = (draw: Draw): number => place(draw.candidates[0]!.address);

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
    now = 1_000;
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
