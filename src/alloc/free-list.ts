// What is free in pools that are nearly full: found ahead of need by a search of the store, used up client by client.
import type { Address } from '../addr/family.ts';
import type { PoolBase } from '../config/snapshot.ts';
import type { ClientKey, LeaseStore } from '../store/lease-store.ts';
import type { Lease } from '../store/lease.ts';
import { preferences } from './client-hash.ts';
import { poolSpace, type Place } from './pool-space.ts';

/** Where free addresses are searched for. */
export type FreeSource<L extends Lease = Lease> = Pick<LeaseStore<L>, 'findFree'>;

/** Addresses that the store said to be free a while ago; setting one aside tells whether it still is. */
export interface FreeList {
  /** Where the last search looked, far more was taken than free: guesses would mostly fail. */
  readonly isScarce: boolean;
  /** The whole pool was searched in vain a moment ago. */
  readonly isExhausted: boolean;
  /** In the client's own order, so that clients that come at once try different ones first. */
  best(client: ClientKey, isHeldByOther: (address: Address) => boolean): Place[];
  /** Used, or leased by somebody. */
  forget(address: Address): void;
  /** Free, but of no use, for instance reserved: not put on the list again for a while. */
  avoid(address: Address): void;
  /** Share of recent draws whose first address was not free any more, 0..1. */
  pressure: number;
  /** How many draws wait for a search; whoever waits counts itself until it draws. */
  waiting: number;
  /** One search at a time: whoever comes meanwhile waits for it. `most`: addresses wanted. False: there is no more to find. */
  search<L extends Lease>(store: FreeSource<L>, client: ClientKey, most: number): Promise<boolean>;
  /** Searches before the list runs out, so that clients seldom wait for it. */
  keepFilled<L extends Lease>(store: FreeSource<L>, client: ClientKey): void;
}

export interface FreeListDeps {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Milliseconds. */
  readonly clock: () => number;
  /** What the store says is free and may be given to nobody. */
  readonly isExcluded: (address: Address) => boolean;
}

/** A search asks for this many. */
const length = 16;
const low = 8;
/** One in four: below it three of four guesses fail. */
const scarceShare = 1 / 4;
/** A pool without a free address is the one case where a search reads all of it: the next one waits this many times as long. */
const restAfterSearch = 20;
/** Milliseconds. */
const shortestRest = 100;
const longestRest = 1_000;
/** Milliseconds. Short, since another server may only have offered it to a client that takes something else. */
const avoidedFor = 1_000;

/** `pools`: at least one address. A search begins anywhere: two servers that look for the last free ones look elsewhere. */
export function createFreeList(pools: readonly PoolBase[], deps: FreeListDeps): FreeList {
  const space = poolSpace(pools);
  const ranges = pools.map(({ first, last, delegatedLength }) => ({
    first,
    last,
    ...(delegatedLength !== undefined && { delegatedLength }),
  }));
  const addresses = new Set<Address>();
  /** Until when (milliseconds), oldest first. */
  const avoided = new Map<Address, number>();
  /** Index in `space` where the next search begins. */
  let next = Math.floor(deps.random() * space.size);
  let searching: Promise<boolean> | null = null;
  let exhaustedUntil = 0;
  let isScarce = false;
  /** Addresses looked at since one was found that is new. */
  let passedInVain = 0;

  const isExhausted = (): boolean => exhaustedUntil > deps.clock();

  const isAvoided = (address: Address): boolean => {
    for (const [oldest, until] of avoided) {
      if (until > deps.clock()) break;
      avoided.delete(oldest);
    }
    return avoided.has(address);
  };

  const find = async (store: FreeSource, client: ClientKey, most: number): Promise<boolean> => {
    const begun = deps.clock();
    const asked = Math.max(length, most);
    const found = await store.findFree(ranges, space.at(next).address, asked, client);
    let passed = space.size;
    if (found.length >= asked) {
      const after = space.indexAfter(found.at(-1)!);
      passed = (after - next + space.size) % space.size || space.size;
      next = after;
    }
    isScarce = found.length < passed * scarceShare;
    const fresh = found.filter(
      (address) => !addresses.has(address) && !isAvoided(address) && !deps.isExcluded(address),
    );
    for (const address of fresh) addresses.add(address);
    passedInVain = fresh.length > 0 ? 0 : passedInVain + passed;
    if (passedInVain < space.size) return true;
    passedInVain = 0;
    const now = deps.clock();
    // What is on the list may be given back any moment.
    if (addresses.size === 0)
      exhaustedUntil = now + Math.min(longestRest, Math.max(shortestRest, restAfterSearch * (now - begun)));
    return false;
  };

  const begin = (store: FreeSource, client: ClientKey, most: number): Promise<boolean> =>
    (searching ??= find(store, client, most).finally(() => (searching = null)));

  return {
    get isScarce() {
      return isScarce;
    },
    get isExhausted() {
      return isExhausted();
    },
    best(client, isHeldByOther) {
      const free = Array.from(addresses).filter((address) => !isHeldByOther(address));
      return preferences(client, free)
        .map((address) => space.find(address))
        .filter((place) => place !== null);
    },
    forget: (address) => void addresses.delete(address),
    avoid(address) {
      addresses.delete(address);
      avoided.delete(address);
      avoided.set(address, deps.clock() + avoidedFor);
    },
    pressure: 0,
    waiting: 0,
    search: (store, client, most) => begin(store, client, most),
    keepFilled(store, client) {
      // An error tells itself to the next one who has to wait.
      if (addresses.size < low && !isExhausted())
        begin(store as FreeSource, client, length).catch(() => undefined);
    },
  };
}
