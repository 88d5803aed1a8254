// What an allocator hands out, as its tests see it: places counted from 0, of each family and of delegated prefixes.
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import type { Address, Family } from '../../src/addr/family.ts';
import {
  createAllocator,
  defaultAllocation,
  type AllocationRequest,
  type Allocator,
} from '../../src/alloc/allocator.ts';
import type { AllocatorName, PoolBase, Subnet } from '../../src/config/snapshot.ts';
import type { ClientKey } from '../../src/store/lease-store.ts';

export interface Kind {
  readonly name: string;
  readonly family: Family;
  /** Pool of the places `first` to `last`. */
  readonly pool: (first: number, last: number) => PoolBase;
  readonly address: (place: number) => Address;
  readonly place: (address: Address) => number;
  readonly client: (n: number) => ClientKey;
  readonly subnet: (word: AllocatorName, pools: readonly PoolBase[]) => Subnet;
}

const base4 = 0x0a000000;
const base6 = parseIpv6('2001:db8::');

export const addresses4: Kind = {
  name: 'IPv4 addresses',
  family: 4,
  address: (place) => base4 + place,
  place: (address) => Number(address) - base4,
  pool: (first, last) => poolOf(base4 + first, base4 + last, last - first + 1),
  client: (n) => ({
    family: 4,
    clientId: null,
    hwaddr: Uint8Array.of(2, 0, n >>> 24, n >>> 16, n >>> 8, n),
  }),
  subnet: (word, pools) => subnetOf(4, { allocator: word }, pools),
};

export const addresses6: Kind = {
  ...kind6(128, 0),
  name: 'IPv6 addresses',
  subnet: (word, pools) => subnetOf(6, { allocator: word, pdAllocator: 'iterative' }, pools),
};

export const prefixes: Kind = {
  ...kind6(56, 2),
  name: 'delegated prefixes',
  subnet: (word, pools) => subnetOf(6, { allocator: 'iterative', pdAllocator: word }, pools),
};

export const kinds: readonly Kind[] = [addresses4, addresses6, prefixes];

function kind6(length: number, type: 0 | 2): Omit<Kind, 'name' | 'subnet'> {
  const bits = BigInt(128 - length);
  const address = (place: number): bigint => base6 + (BigInt(place) << bits);
  return {
    family: 6,
    address,
    place: (found) => Number(BigInt(found) - base6) / 2 ** Number(bits),
    pool: (first, last) => ({
      ...poolOf(address(first), address(last + 1) - 1n, BigInt(last - first + 1)),
      ...(type === 2 && { delegatedLength: length }),
    }),
    client: (n) => client6(n, type),
  };
}

export const client6 = (n: number, type: 0 | 2, iaid = 1): ClientKey => ({
  family: 6,
  type,
  iaid,
  duid: Uint8Array.of(0, 3, 0, 1, 2, 0, n >>> 24, n >>> 16, n >>> 8, n),
});

const poolOf = (first: Address, last: Address, capacity: number | bigint): PoolBase => ({
  rowId: null,
  poolId: 0,
  first,
  last,
  capacity,
  clientClasses: [],
  evaluateAdditionalClasses: [],
  options: new Map(),
  userContext: null,
});

const subnetOf = (family: Family, parameters: object, pools: readonly PoolBase[]): Subnet =>
  ({ family, id: 7, prefixLength: 8, pools, pdPools: pools, parameters }) as unknown as Subnet;

export const request = (kind: Kind, on: Subnet, n: number, count = 4): AllocationRequest => ({
  subnet: on,
  pools: on.pools,
  client: kind.client(n),
  count,
  excludeFirstLast24: false,
});

export const allocatorWith = (sharedLeases: boolean, seed = 1, clock = (): number => 0): Allocator => {
  let state = seed;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  return createAllocator({ ...defaultAllocation, sharedLeases }, { random, clock });
};
