// Which addresses, or prefixes, to try for a client: candidates that travel in the same lookup as the client's own leases.
import type { Address } from '../addr/family.ts';
import type { AllocatorName, PoolBase, Subnet } from '../config/snapshot.ts';
import type { ClientKey } from '../store/lease-store.ts';
import type { Lease } from '../store/lease.ts';
import { ownerName } from '../store/lease-owner.ts';
import { createOfferMemory } from '../store/offer-memory.ts';
import { clientHash, hashIndex } from './client-hash.ts';
import { createFreeList, type FreeList, type FreeSource } from './free-list.ts';
import { poolSpace, type Place, type PoolSpace } from './pool-space.ts';
import { shuffledIndex } from './shuffle.ts';

/** An address; of a pool of prefixes, the first address of the prefix. */
export type Candidate = Place;

export interface AllocationRequest {
  readonly subnet: Subnet;
  /** The subnet's pools that the client's classes permit, in order of configuration: all of addresses, or all of prefixes. */
  readonly pools: readonly PoolBase[];
  readonly client: ClientKey;
  /** At most this many candidates; fewer are drawn while the subnet has plenty of room. */
  readonly count: number;
  /** No other server offers addresses of the subnet: `iterative` then goes up, as on leases of its own. */
  readonly isAlone?: boolean;
  /** Kea's compatibility flag: no .0 and .255 in subnets of /24 or larger. */
  readonly excludeFirstLast24: boolean;
}

/** Addresses set aside for one client until {@link Draw.keep} says which one was used, or {@link Draw.failed} that none could be. */
export interface Draw {
  /** The first candidate is most likely free: in this subnet it lately was. */
  readonly isLikely: boolean;
  /** The candidate that the store had reserved for this server; what does not become of it the store is to be told. */
  readonly reserved: Address | null;
  /** Best first. Distinct, inside the pools, none of them set aside for another client of this server. */
  readonly candidates: readonly Candidate[];
  /** Exactly once, or `failed`: the address that was offered or claimed (set aside a while longer), or null when none was needed. */
  keep(address: Address | null): void;
  /** None could be used: they are leased, offered by others, or reserved. */
  failed(): void;
}

/** What a draw may take addresses from besides the order that the allocator's word says. */
export interface DrawSources<L extends Lease> {
  /** For the list of free addresses, where the pools are nearly full. */
  readonly store?: FreeSource<L>;
  /** An address that the store reserved for this server ({@link LeaseStore.takeReserved}), asked where that does as well as any. */
  readonly reserve?: (() => Address | null) | undefined;
}

export interface Allocator {
  /** How long an offered address stays set aside. */
  readonly holdSeconds: number;
  draw<L extends Lease>(request: AllocationRequest, sources?: DrawSources<L>): Draw;
  /**
   * For pools that are nearly full, when no drawn candidate was free: takes up to `count` from a list of addresses that
   * the store found to be free, away from where other servers look. Empty = the pools are exhausted.
   */
  drawFree<L extends Lease>(store: FreeSource<L>, request: AllocationRequest): Promise<Draw>;
  /** True while `address` is set aside for somebody else (a requested address must not be given away under an offer). */
  isOfferedToOther(address: Address, client: ClientKey): boolean;
  /** The client took another server's offer: what it was offered here, if it is still set aside, no longer is. */
  declined(client: ClientKey): Address | null;
  /** Sets an address aside that did not come from a draw (own lease, reservation). */
  offered(address: Address, client: ClientKey): void;
}

export interface AllocatorOptions {
  /**
   * The leases are shared with other servers: `iterative` (the default word) then means a start that depends on the
   * client, the same on every server, and further candidates that differ from server to server. Ascending order
   * makes servers that share a pool offer the same address at the same moment. A server that is alone goes up: neighbours
   * share pages of the database's indexes, which takes a third off what a lease costs it.
   */
  readonly sharedLeases: boolean;
  /** Milliseconds that an offered address stays set aside. */
  readonly offerHold: number;
  /** Offers remembered at most. */
  readonly offerLimit: number;
}

export interface AllocatorDeps {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Milliseconds. */
  readonly clock: () => number;
}

export const defaultAllocation: Omit<AllocatorOptions, 'sharedLeases'> = {
  offerHold: 10_000,
  offerLimit: 65_536,
};

/** Where candidates come from: the order that the allocator's word says, or a list of free addresses. */
interface Rated {
  /** Share of recent draws whose first candidate was not free, 0..1: tells how many candidates to draw. */
  pressure: number;
}

/** What is remembered about one subnet's addresses, or its prefixes; goes with the subnet when the configuration drops it. */
interface SubnetState extends Rated {
  /** Where `iterative` goes on: the first candidate of the latest draw, or what was found where all seemed taken. */
  last: Address | null;
  /** `random`, `flq`: position in the current shuffle, and its seed. */
  position: number;
  shuffle: number;
  /** Of each selection of the subnet's pools that clients may use, by their first addresses; made when guesses failed. */
  readonly free: Map<string, FreeList>;
}

/** Classes and hints select the pools; more selections at once are not worth remembering. */
const mostFreeLists = 16;
/** At most, while others take what they find. */
const searchesPerDraw = 8;
const triesPerCandidate = 8;
const lowPressure = 0.1;
/** Four in ten of the latest draws found their first candidate taken: where `iterative` is, everything may be. */
const highPressure = 0.4;
/** Below it one candidate will do: more than twenty draws ago one was not free. */
const leastPressure = 0.01;

/** One per server process. The random source makes its instance seed. */
export function createAllocator(options: AllocatorOptions, deps: AllocatorDeps): Allocator {
  const instance = Math.floor(deps.random() * 0x100000000) >>> 0;
  const offers = createOfferMemory(options, deps);
  const states = {
    addresses: new WeakMap<Subnet, SubnetState>(),
    prefixes: new WeakMap<Subnet, SubnetState>(),
  };

  const stateOf = (request: AllocationRequest): SubnetState => {
    const ofKind = drawsPrefixes(request) ? states.prefixes : states.addresses;
    let state = ofKind.get(request.subnet);
    if (!state) {
      state = {
        last: null,
        position: 0,
        shuffle: Math.floor(deps.random() * 0x100000000) >>> 0,
        pressure: 0,
        free: new Map(),
      };
      ofKind.set(request.subnet, state);
    }
    return state;
  };

  const drawFrom = (
    request: AllocationRequest,
    source: Rated,
    count: number,
    addresses: Iterable<Candidate>,
    reserved: Address | null = null,
  ): Draw => {
    const { subnet, client } = request;
    const owner = ownerName(client);
    const candidates: Candidate[] = [];
    for (const candidate of addresses) {
      const { address } = candidate;
      if (request.excludeFirstLast24 && isFirstOrLast24(subnet, address)) continue;
      if (candidates.some((other) => other.address === address)) continue;
      if (!offers.hold(address, owner)) continue;
      candidates.push(candidate);
      if (candidates.length === count) break;
    }
    const drawnAt = deps.clock();
    return {
      isLikely: reserved !== null || source.pressure < lowPressure,
      reserved,
      candidates,
      keep(kept) {
        for (const { address } of candidates) if (address !== kept) offers.release(address, owner);
        if (kept === null) return;
        if (candidates.some(({ address }) => address === kept)) rate(source, kept === candidates[0]!.address);
        // The only candidate was set aside just now.
        const isHeld = candidates.length === 1 && candidates[0]!.address === kept;
        if (!isHeld || deps.clock() - drawnAt > options.offerHold / 10) offers.hold(kept, owner);
      },
      failed() {
        for (const { address } of candidates) offers.release(address, owner);
        rate(source, false);
      },
    };
  };

  const drawFromList = (request: AllocationRequest, list: FreeList, most: number): Draw => {
    const owner = ownerName(request.client);
    const found = list.best(request.client, (address) => offers.isHeldByOther(address, owner));
    // Whoever waits for the same search shall find something too.
    const share = Math.max(1, Math.floor(found.length / (list.waiting + 1)));
    const draw = drawFrom(request, list, Math.min(most, share), found);
    return {
      ...draw,
      keep(kept) {
        draw.keep(kept);
        forgetUsed(list, draw, kept);
        // Going up would meet one leased address after the other.
        const state = stateOf(request);
        if (kept !== null && state.pressure >= highPressure) state.last = kept;
      },
      failed() {
        draw.failed();
        for (const { address } of draw.candidates) list.avoid(address);
      },
    };
  };

  return {
    holdSeconds: options.offerHold / 1000,
    draw(request, { store, reserve } = {}) {
      const space = poolSpace(request.pools);
      const state = stateOf(request);
      const count = Math.min(request.count, candidatesAt(state.pressure));
      const offered = offers.heldBy(ownerName(request.client));
      const again = offered === null ? null : space.find(offered);
      if (!again && reserve && options.sharedLeases && wordOf(request) === 'iterative') {
        const reserved = reserve();
        const place = reserved === null ? null : space.find(reserved);
        const isExcluded =
          place && request.excludeFirstLast24 && isFirstOrLast24(request.subnet, place.address);
        if (place && !isExcluded) return drawFrom(request, state, 1, [place], place.address);
      }
      const list = state.free.size === 0 ? undefined : state.free.get(nameOf(request.pools));
      if (!again && list?.isScarce) {
        const drawn = drawFromList(request, list, Math.min(request.count, candidatesAt(list.pressure)));
        if (store) list.keepFilled(store, request.client);
        if (drawn.candidates.length > 0) return drawn;
      }
      // A client that asks again is offered the same again: no second address is withheld from others.
      const addresses = order(request, space, state, count * triesPerCandidate);
      if (again) return drawFrom(request, state, count, startingWith(again, addresses));
      const before = state.last;
      const draw = drawFrom(request, state, count, addresses);
      const drawn = draw.candidates[0]?.address;
      if (drawn === undefined) return draw;
      state.last = drawn;
      return {
        ...draw,
        keep(kept) {
          draw.keep(kept);
          for (const list of state.free.values()) forgetUsed(list, draw, kept);
          // Behind later draws lie addresses that are leased by now.
          if (kept === null && state.last === drawn) state.last = before;
        },
        failed() {
          draw.failed();
          for (const list of state.free.values())
            for (const { address } of draw.candidates) list.forget(address);
        },
      };
    },
    async drawFree(store, request) {
      const state = stateOf(request);
      if (poolSpace(request.pools).size === 0) return drawFrom(request, state, 0, []);
      const list = freeListOf(state, request);
      // A search of many that wait for it may be used up by those before this one: there is more behind it.
      for (let searches = 0, isMore = true; ; searches++) {
        const drawn = drawFromList(request, list, request.count);
        isMore &&= !list.isExhausted && searches < searchesPerDraw;
        if (drawn.candidates.length > 0 || !isMore) {
          list.keepFilled(store, request.client);
          return drawn;
        }
        list.waiting++;
        try {
          isMore = await list.search(store, request.client, request.count);
        } finally {
          list.waiting--;
        }
      }
    },
    declined(client) {
      const owner = ownerName(client);
      const address = offers.heldBy(owner);
      if (address !== null) offers.release(address, owner);
      return address;
    },
    isOfferedToOther: (address, client) => offers.isHeldByOther(address, ownerName(client)),
    offered: (address, client) => void offers.hold(address, ownerName(client)),
  };

  function freeListOf(
    state: SubnetState,
    { pools, subnet, excludeFirstLast24 }: AllocationRequest,
  ): FreeList {
    const name = nameOf(pools);
    let list = state.free.get(name);
    if (!list) {
      list = createFreeList(pools, {
        ...deps,
        isExcluded: (address) => excludeFirstLast24 && isFirstOrLast24(subnet, address),
      });
      if (state.free.size >= mostFreeLists) state.free.clear();
      state.free.set(name, list);
    }
    return list;
  }

  function order(
    request: AllocationRequest,
    space: PoolSpace,
    state: SubnetState,
    limit: number,
  ): Iterable<Candidate> {
    if (space.size === 0) return [];
    const word = wordOf(request);
    if (word === 'random' || word === 'flq') return randomOrder(space, state, limit);
    if (word === 'iterative' && (request.isAlone === true || !options.sharedLeases)) {
      // Elsewhere than before: what a server gave out before it was started anew is leased.
      return ascendingOrder(space, state, options.sharedLeases ? Math.floor(deps.random() * space.size) : 0);
    }
    return clientOrder(request, space, limit, instance);
  }
}

function rate(source: Rated, wasFree: boolean): void {
  source.pressure = source.pressure * 0.9 + (wasFree ? 0 : 0.1);
}

/** Each candidate is set aside, looked up and given back: no more of them than are likely to be needed. */
function candidatesAt(pressure: number): number {
  if (pressure < leastPressure) return 1;
  if (pressure < lowPressure) return 2;
  return pressure < highPressure ? 4 : Infinity;
}

const drawsPrefixes = ({ pools }: AllocationRequest): boolean => pools[0]?.delegatedLength !== undefined;

function wordOf(request: AllocationRequest): AllocatorName {
  const { allocator, pdAllocator } = request.subnet.parameters;
  return drawsPrefixes(request) ? pdAllocator : allocator;
}

const nameOf = (pools: readonly PoolBase[]): string => pools.map(({ first }) => first).join();

/** Takes off the list what the draw used, and what it tried before that in vain. */
function forgetUsed(list: FreeList, { candidates }: Draw, kept: Address | null): void {
  const used = candidates.findIndex(({ address }) => address === kept);
  for (const { address } of candidates.slice(0, used + 1)) list.forget(address);
}

function* startingWith(first: Candidate, rest: Iterable<Candidate>): Iterable<Candidate> {
  yield first;
  yield* rest;
}

/** After the last one, pool by pool, wrapping; `first`: the index where it begins. Bounded by the draw, which stops when it has enough. */
function* ascendingOrder(space: PoolSpace, state: SubnetState, first: number): Iterable<Candidate> {
  const start = state.last === null ? first : space.indexAfter(state.last);
  for (let i = 0; i < space.size; i++) yield space.at((start + i) % space.size);
}

/** Every address once, in an order that nobody can guess; then a new shuffle. */
function* randomOrder(space: PoolSpace, state: SubnetState, limit: number): Iterable<Candidate> {
  for (let i = 0; i < limit; i++) {
    if (state.position >= space.size) {
      state.position = 0;
      state.shuffle = (state.shuffle + 0x9e3779b9) >>> 0;
    }
    yield space.at(shuffledIndex(state.position++, space.size, state.shuffle));
  }
}

/**
 * The first candidate depends on the client alone: whichever server hears it offers the same address, and two clients
 * seldom share one. Further candidates depend on the server too: servers that met once do not meet again.
 */
function* clientOrder(
  request: AllocationRequest,
  space: PoolSpace,
  limit: number,
  instance: number,
): Iterable<Candidate> {
  const hash = clientHash(request.client);
  for (let i = 0; i < limit; i++) {
    yield space.at(hashIndex(hash, request.subnet.id, i === 0 ? 0 : (instance + i) >>> 0, space.size));
  }
}

/** .0 and .255 of a subnet of /24 or larger: old hosts take them for network and broadcast addresses. */
function isFirstOrLast24(subnet: Subnet, address: Address): boolean {
  if (subnet.family !== 4 || subnet.prefixLength > 24) return false;
  const host = Number(address) & 0xff;
  return host === 0 || host === 255;
}
