// Pools that only DHCPv6 has: larger than a number can count, and of prefixes; several associations in one message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipv6Mask, parseIpv6, parseIpv6Prefix } from '../../src/addr/ipv6.ts';
import { poolSpace } from '../../src/alloc/pool-space.ts';
import type { PoolBase } from '../../src/config/snapshot.ts';
import { createOfferMemory } from '../../src/store/offer-memory.ts';
import { addresses6, allocatorWith, client6, kinds, prefixes, request } from './kinds.ts';

const poolOf = (text: string, delegatedLength?: number): PoolBase => {
  const { first, last } = parseIpv6Prefix(text);
  return { ...addresses6.pool(0, 0), first, last, ...(delegatedLength !== undefined && { delegatedLength }) };
};

test('prefix n of a pool is its first plus n times the size of one, for every pair of lengths', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
      fc.integer({ min: 1, max: 128 }),
      fc.nat(127),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (bits, length, more, where) => {
        const delegatedLength = Math.min(128, length + more);
        const first = bits & ipv6Mask(length);
        const last = first | (ipv6Mask(128) ^ ipv6Mask(length));
        const pool = { ...poolOf('2001:db8::/32', delegatedLength), first, last };
        const space = poolSpace([pool]);
        assert.equal(space.size, 2 ** Math.min(48, delegatedLength - length));
        const index = Math.floor(where * space.size);
        const { address } = space.at(index);
        assert.equal(address, first + (BigInt(index) << BigInt(128 - delegatedLength)));
        assert.ok(address >= first && address <= last);
        assert.equal(BigInt(address) & ~ipv6Mask(delegatedLength), 0n, 'not aligned');
        assert.deepEqual(space.find(address), { address, pool });
        assert.equal(space.indexAfter(address), (index + 1) % space.size);
      },
    ),
  );
});

test('an address inside a prefix is none of the pool’s', () => {
  const space = poolSpace([poolOf('2001:db8::/32', 56)]);
  assert.ok(space.find(parseIpv6('2001:db8:0:100::')));
  assert.equal(space.find(parseIpv6('2001:db8:0:101::')), null);
  assert.equal(space.find(parseIpv6('2001:db9::')), null);
});

test('pools of different delegated length stand side by side', () => {
  const pools = [poolOf('2001:db8::/62', 64), poolOf('2001:db8:2::/47', 48)];
  const space = poolSpace(pools);
  const all = Array.from({ length: space.size }, (_, index) => space.at(index));
  assert.deepEqual(
    all.map(({ address }) => address),
    ['2001:db8::', '2001:db8:0:1::', '2001:db8:0:2::', '2001:db8:0:3::', '2001:db8:2::', '2001:db8:3::'].map(
      parseIpv6,
    ),
  );
  assert.deepEqual(
    all.map(({ pool }) => pools.indexOf(pool)),
    [0, 0, 0, 0, 1, 1],
  );
});

test('clients are spread over a /64, and an address far beyond what is counted is still of the pool', () => {
  const pool = poolOf('2001:db8::/64');
  const on = addresses6.subnet('iterative', [pool]);
  const allocator = allocatorWith(true);
  const given = new Set<bigint>();
  const sixteenths = new Set<bigint>();
  for (let n = 0; n < 2000; n++) {
    const { address } = allocator.draw(request(addresses6, on, n)).candidates[0]!;
    given.add(BigInt(address));
    sixteenths.add((BigInt(address) >> 44n) & 15n);
    assert.ok(address >= pool.first && address <= pool.last);
  }
  assert.equal(given.size, 2000);
  assert.equal(sixteenths.size, 16);
  const space = poolSpace([pool, poolOf('2001:db8:5::/64')]);
  assert.ok(space.find(pool.last));
  assert.equal(space.at(space.indexAfter(pool.last)).address, parseIpv6('2001:db8:5::'));
});

test('two associations of one message get different addresses, and each is offered its own again', () => {
  for (const [kind, type] of [
    [addresses6, 0],
    [prefixes, 2],
  ] as const) {
    const on = kind.subnet('iterative', [kind.pool(0, 3)]);
    for (const shared of [true, false]) {
      const allocator = allocatorWith(shared);
      const draws = [1, 2, 3].map((iaid) =>
        allocator.draw({ ...request(kind, on, 1, 1), client: client6(1, type, iaid) }),
      );
      const kept = draws.map((draw) => draw.candidates[0]!.address);
      draws.forEach((draw, i) => draw.keep(kept[i]!));
      assert.equal(new Set(kept).size, 3);
      for (const [i, address] of kept.entries()) {
        const again = allocator.draw({ ...request(kind, on, 1, 1), client: client6(1, type, i + 1) });
        assert.equal(again.candidates[0]!.address, address);
      }
    }
  }
});

test('addresses and prefixes of one subnet are counted up apart, and one IAID may have both', () => {
  const pools = [addresses6.pool(0, 9)];
  const pdPools = [prefixes.pool(0x100, 0x109)];
  const on = addresses6.subnet('iterative', pools);
  const allocator = allocatorWith(false);
  for (let n = 0; n < 5; n++) {
    for (const [kind, drawn, start] of [
      [addresses6, pools, 0],
      [prefixes, pdPools, 0x100],
    ] as const) {
      const draw = allocator.draw({ ...request(kind, on, n), pools: drawn });
      assert.equal(kind.place(draw.candidates[0]!.address), start + n);
      draw.keep(draw.candidates[0]!.address);
    }
  }
});

test('what is set aside is found by its address, of every kind', () => {
  for (const kind of kinds) {
    const memory = createOfferMemory({ offerHold: 1000, offerLimit: 50 }, { clock: () => 0 });
    for (let n = 0; n < 60; n++) assert.ok(memory.hold(kind.address(n), `client ${n}`, 1000, n % 2));
    assert.equal(memory.hold(kind.address(59), 'another'), false);
    assert.equal(memory.heldBy('client 59'), kind.address(59));
    assert.equal(memory.heldBy('client 3'), null, 'the oldest gave way');
    assert.deepEqual(
      memory.of(1).map(({ address }) => kind.place(address)),
      Array.from({ length: 25 }, (_, i) => 11 + 2 * i),
    );
    memory.release(kind.address(59), 'client 59');
    assert.ok(memory.hold(kind.address(59), 'another'));
  }
});
