// Which addresses to try for a client: candidates that travel in the same lookup as the client's own leases.
import type { Address } from '../addr/family.ts';
import type { Pool, ScopeParameters, Subnet } from '../config/snapshot.ts';
import type { AddressRange, ClientKey, LeaseStore } from '../store/lease-store.ts';
import type { Lease } from '../store/lease.ts';
import { ownerName } from '../store/lease-owner.ts';
import { createOfferMemory } from '../store/offer-memory.ts';
import { clientHash, hashIndex } from './client-hash.ts';
import { poolSpace, type PoolSpace } from './pool-space.ts';
import { shuffledIndex } from './shuffle.ts';

export interface Candidate {
  readonly address: Address;
  readonly pool: Pool;
}

export interface AllocationRequest {
  readonly subnet: Subnet;
  /** The subnet's pools that the client's classes permit, in order of configuration. */
  readonly pools: readonly Pool[];
  readonly client: ClientKey;
  /** At most this many candidates; fewer are drawn while the subnet has plenty of room. */
  readonly count: number;
  /** Kea's compatibility flag: no .0 and .255 in subnets of /24 or larger. */
  readonly excludeFirstLast24: boolean;
}

/** Addresses set aside for one client until {@link Draw.keep} says which one was used. */
export interface Draw {
  /** The first candidate is most likely free: in this subnet it lately was. */
  readonly isLikely: boolean;
  /** Best first. Distinct, inside the pools, none of them set aside for another client of this server. */
  readonly candidates: readonly Candidate[];
  /** Exactly once: the address that was offered or claimed (set aside a while longer), or null when none could be used. */
  keep(address: Address | null): void;
}

export interface Allocator {
  /** How long an offered address stays set aside. */
  readonly holdSeconds: number;
  draw(request: AllocationRequest): Draw;
  /**
   * For pools that are nearly full, when no drawn candidate was free: asks the store for free addresses, from where
   * the client's place in the pool is. One round trip whatever the use of the pool. Empty = the pools are exhausted.
   */
  drawFree<L extends Lease>(
    store: Pick<LeaseStore<L>, 'findFree'>,
    request: AllocationRequest,
  ): Promise<Draw>;
  /** True while `address` is set aside for somebody else (a requested address must not be given away under an offer). */
  isOfferedToOther(address: Address, client: ClientKey): boolean;
  /** Sets an address aside that did not come from a draw (own lease, reservation). */
  offered(address: Address, client: ClientKey): void;
}

export interface AllocatorOptions {
  /**
   * The leases are shared with other servers: `iterative` (the default word) then means a start that depends on the
   * client, the same on every server, and further candidates that differ from server to server. Ascending order
   * makes servers that share a pool offer the same address at the same moment.
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

/** What is remembered about one subnet; goes with the subnet when the configuration drops it. */
interface SubnetState {
  /** `iterative`: last address kept. */
  last: Address | null;
  /** `random`, `flq`: position in the current shuffle, and its seed. */
  position: number;
  shuffle: number;
  /** A search of these pools found nothing free; until then (milliseconds) no other is made. */
  exhausted: { readonly pools: string; readonly until: number } | null;
  /** Share of recent draws whose first candidate was not free, 0..1: tells how many candidates to draw. */
  pressure: number;
}

/** Draws from a free list ask for this many: some may be reserved, or just be offered to others. */
const freeListLength = 16;
/** Such lists looked at in a row while all their addresses are offered to others. */
const freeWindows = 8;
const triesPerCandidate = 8;
const lowPressure = 0.1;
/** Milliseconds. A pool without a free address is the one case where the search reads all of it. */
const exhaustedFor = 1_000;

/** One per server process. The random source makes its instance seed. */
export function createAllocator(options: AllocatorOptions, deps: AllocatorDeps): Allocator {
  const instance = Math.floor(deps.random() * 0x100000000) >>> 0;
  const offers = createOfferMemory(options, deps);
  const states = new WeakMap<Subnet, SubnetState>();

  const stateOf = (subnet: Subnet): SubnetState => {
    let state = states.get(subnet);
    if (!state) {
      state = {
        last: null,
        position: 0,
        shuffle: Math.floor(deps.random() * 0x100000000) >>> 0,
        pressure: 0,
        exhausted: null,
      };
      states.set(subnet, state);
    }
    return state;
  };

  const drawFrom = (request: AllocationRequest, count: number, addresses: Iterable<Candidate>): Draw => {
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
    return {
      isLikely: stateOf(subnet).pressure < lowPressure,
      candidates,
      keep(kept) {
        for (const { address } of candidates) if (address !== kept) offers.release(address, owner);
        const state = stateOf(subnet);
        if (kept === null) return;
        if (candidates.some(({ address }) => address === kept)) {
          state.pressure = state.pressure * 0.9 + (kept === candidates[0]!.address ? 0 : 0.1);
        }
        offers.hold(kept, owner);
        state.last = kept;
      },
    };
  };

  return {
    holdSeconds: options.offerHold / 1000,
    draw(request) {
      const space = poolSpace(request.pools);
      const state = stateOf(request.subnet);
      const count = Math.min(
        request.count,
        state.pressure < lowPressure ? 2 : state.pressure < 0.4 ? 4 : request.count,
      );
      return drawFrom(request, count, order(request, space, state, count * triesPerCandidate));
    },
    async drawFree(store, request) {
      const state = stateOf(request.subnet);
      state.pressure = state.pressure * 0.9 + 0.1;
      const space = poolSpace(request.pools);
      const pools = request.pools.map(({ first }) => first).join();
      const known = state.exhausted?.pools === pools && state.exhausted.until > deps.clock();
      if (space.size === 0 || known) return drawFrom(request, 0, []);
      // The client's own start: every server that hears it finds the same address, two clients seldom do.
      const place = options.sharedLeases
        ? hashIndex(clientHash(request.client), request.subnet.id, 0, space.size)
        : Math.floor(deps.random() * space.size);
      let start = space.at(place).address;
      const ranges = request.pools.map(({ first, last }) => ({ first, last })) as AddressRange<Lease>[];
      for (let window = 1; ; window++) {
        const free = await (store as Pick<LeaseStore, 'findFree'>).findFree(
          ranges,
          start,
          freeListLength,
          request.client,
        );
        state.exhausted = free.length === 0 ? { pools, until: deps.clock() + exhaustedFor } : null;
        const list = free.map((address) => space.find(address)).filter((found) => found !== null);
        const draw = drawFrom(request, request.count, list);
        // Free for the store, but offered by this server to others just now: look behind them.
        const mayHaveMore = free.length === freeListLength && window < freeWindows;
        if (draw.candidates.length > 0 || !mayHaveMore) return draw;
        start = space.at(space.indexAfter(free.at(-1)!) % space.size).address;
      }
    },
    isOfferedToOther: (address, client) => offers.isHeldByOther(address, ownerName(client)),
    offered: (address, client) => void offers.hold(address, ownerName(client)),
  };

  function order(
    request: AllocationRequest,
    space: PoolSpace,
    state: SubnetState,
    limit: number,
  ): Iterable<Candidate> {
    if (space.size === 0) return [];
    const word: ScopeParameters['allocator'] = request.subnet.parameters.allocator;
    if (word === 'random' || word === 'flq') return randomOrder(space, state, limit);
    if (word === 'iterative' && !options.sharedLeases) return ascendingOrder(space, state);
    return clientOrder(request, space, limit, instance);
  }
}

/** After the last address that was given out, pool by pool, wrapping. Bounded by the draw, which stops when it has enough. */
function* ascendingOrder(space: PoolSpace, state: SubnetState): Iterable<Candidate> {
  const start = state.last === null ? 0 : space.indexAfter(state.last);
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
